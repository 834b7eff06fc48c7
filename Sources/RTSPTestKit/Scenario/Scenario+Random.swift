internal import RTPTransport
internal import RTSPKit

/// Scenarios drawn from a seed.
extension Scenario {
    /// Draws a scenario: one to five viewers of stored and live media, by datagrams and on the control connection, who pause, jump
    /// and leave in all manner of ways, on a network that may do anything, with a fault at any moment or message.
    public init(seed: UInt64) {
        self.init(empty: seed)
        var dice = SeededGenerator(seed: seed)
        network = Self.network(&dice)
        packetSize = dice.chance(0.3) ? Int.random(in: 100...400, using: &dice) : 1400
        answerTime = dice.chance(0.2) ? .milliseconds(Int.random(in: 1...60, using: &dice)) : .zero
        for number in 0..<Int.random(in: 1...3, using: &dice) { media["/\(number)"] = Self.medium(&dice) }
        for _ in 0..<Int.random(in: 1...5, using: &dice) { viewers.append(viewer(&dice)) }
    }

    private static func network(_ dice: inout SeededGenerator) -> NetworkConditions {
        var network = NetworkConditions(delay: .microseconds(Int.random(in: 0...80_000, using: &dice)))
        if dice.chance(0.3) { network.pieces = 1...Int.random(in: 20...3000, using: &dice) }
        if dice.chance(0.02) { network.pieces = 1...1 }
        // A third of all networks are perfect: there every frame must arrive.
        guard dice.chance(0.67) else { return network }
        if dice.chance(0.5) {
            network.jitter = .microseconds(Int.random(in: 0...30_000, using: &dice))
            network.jitterKind = dice.chance(0.5) ? .uniform : .normalInOrder
        }
        if dice.chance(0.6) { network.loss = Double.random(in: 0...0.08, using: &dice) }
        if dice.chance(0.2) {
            network.bursts = .init(
                probability: Double.random(in: 0...0.03, using: &dice), length: Double.random(in: 1...12, using: &dice))
        }
        if dice.chance(0.3) { network.reordering = Double.random(in: 0...0.1, using: &dice) }
        if dice.chance(0.3) { network.duplication = Double.random(in: 0...0.05, using: &dice) }
        network.displacement = .microseconds(Int.random(in: 0...60_000, using: &dice))
        if dice.chance(0.1) { network.corruption = Double.random(in: 0...0.05, using: &dice) }
        if dice.chance(0.15) {
            network.rate = Int.random(in: 20_000...400_000, using: &dice)
            network.queue = Int.random(in: 4_000...100_000, using: &dice)
        }
        if dice.chance(0.05) {
            network.maximumDatagram = Int.random(in: 300...1500, using: &dice)
            network.oversize = dice.chance(0.5) ? .dropped : .refused
        }
        if dice.chance(0.03) { network.loss = 1 }
        return network
    }

    private static func medium(_ dice: inout SeededGenerator) -> Medium {
        let rate = Int.random(in: 5...30, using: &dice)
        let size = dice.chance(0.85) ? Int.random(in: 20...2000, using: &dice) : Int.random(in: 2000...9000, using: &dice)
        return dice.chance(0.3)
            ? .live(frames: Int.random(in: 10...40, using: &dice), framesPerSecond: rate, size: size)
            : .stored(frames: Int.random(in: 1...20, using: &dice), framesPerSecond: rate, size: size)
    }

    private func viewer(_ dice: inout SeededGenerator) -> Viewer {
        let path = paths.randomElement(using: &dice) ?? "/"
        let length = media[path]?.duration ?? .zero
        var viewer = Viewer(path: path, acts: [])
        viewer.transport = [.udp, .udp, .tcp, .tcp, .auto].randomElement(using: &dice) ?? .udp
        if dice.chance(0.12) {
            viewer.dialect = .lab
            viewer.transport = .udp
        }
        if dice.chance(0.5) { viewer.playout = .fixed(.milliseconds(Int.random(in: 0...300, using: &dice))) }
        var time = Duration.milliseconds(Int.random(in: 0...400, using: &dice))
        viewer.acts.append(Act(.connect, at: time))
        // OPTIONS, DESCRIBE and SETUP, each there and back, and perhaps not quite.
        time += network.delay * 9 + answerTime * 3 + .milliseconds(dice.chance(0.05) ? 0 : 150)
        viewer.acts.append(Act(.play(dice.chance(0.2) ? Self.range(of: length, &dice) : nil), at: time))
        for _ in 0..<Int.random(in: 0...3, using: &dice) {
            time += .milliseconds(Int.random(in: 1...900, using: &dice))
            viewer.acts += Self.interlude(of: length, &dice, &time)
        }
        time += dice.chance(0.6) ? length + .seconds(2) : .milliseconds(Int.random(in: 0...800, using: &dice))
        // A client of the course dialect connects anew when it is disconnected.
        let endings: [Simulation.Command] = viewer.dialect == .lab ? [.losePower] : [.disconnect, .losePower]
        let ending = dice.chance(0.7) ? nil : endings.randomElement(using: &dice)
        viewer.acts.append(Act(ending ?? .tearDown, at: time))
        if dice.chance(0.25) { viewer.breakdown = Self.breakdown(before: time, &dice) }
        return viewer
    }

    private static func interlude(
        of length: Duration, _ dice: inout SeededGenerator, _ time: inout Duration
    ) -> [Act] {
        switch Int.random(in: 0..<10, using: &dice) {
        case 0..<4:
            let begins = time
            time += .milliseconds(Int.random(in: 0...1500, using: &dice))
            return [Act(.pause, at: begins), Act(.play(dice.chance(0.3) ? range(of: length, &dice) : nil), at: time)]
        case 4..<8: return [Act(.play(range(of: length, &dice)), at: time)]
        case 8:
            let begins = time
            time += .milliseconds(Int.random(in: 0...3000, using: &dice))
            return [Act(.stopReading, at: begins), Act(.goOnReading, at: time)]
        default: return [Act(.play(nil), at: time)]
        }
    }

    private static func range(of length: Duration, _ dice: inout SeededGenerator) -> NormalPlayTimeRange {
        let start = length * Double.random(in: 0...1.05, using: &dice)
        let end = dice.chance(0.3) ? start + length * Double.random(in: 0...1, using: &dice) : nil
        // The wire has milliseconds.
        return NormalPlayTimeRange(start: .time(rounded(start)), end: end.map(rounded))
    }

    private static func rounded(_ time: Duration) -> Duration { .milliseconds(Int(time / .milliseconds(1))) }

    private static func breakdown(before end: Duration, _ dice: inout SeededGenerator) -> Breakdown {
        let isReset = dice.chance(0.5)
        let moment: Breakdown.Moment =
            dice.chance(0.6)
            ? .message(Int.random(in: 1...40, using: &dice))
            : .time(end * Double.random(in: 0...1, using: &dice))
        let ends = dice.chance(0.6) ? end * Double.random(in: 0...1, using: &dice) : nil
        return Breakdown(isReset ? .reset : .blackhole, at: moment, ends: isReset ? nil : ends)
    }
}

extension SeededGenerator {
    /// True with a probability of `share`.
    mutating func chance(_ share: Double) -> Bool { Double.random(in: 0..<1, using: &self) < share }
}
