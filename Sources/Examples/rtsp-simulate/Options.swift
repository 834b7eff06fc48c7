import ArgumentParser
import RTPTransport
import RTSPKit
import RTSPTestKit

/// A play by hand: what is shown, to whom, and what they do.
struct PlayOptions: ParsableArguments {
    @Option(help: "Everything random follows from it.")
    var seed: UInt64 = 1
    @Option(help: "udp, tcp, or auto, which begins with UDP and falls back to TCP.")
    var transport: ClientConfiguration.TransportChoice = .udp
    @Flag(help: "Speak the course dialect.")
    var lab = false
    @Option(help: "How many frames there are.")
    var frames = 10
    @Option(help: "Frames per second.")
    var fps = 10
    @Option(help: "Bytes of picture data in a frame.")
    var size = 3000
    @Flag(help: "Live media, from the start on, instead of stored.")
    var live = false
    @Option(help: "How many watch; each comes 50 ms after the one before.")
    var viewers = 1
    @Option(help: "Milliseconds that frames are held back; without it, as the path needs.")
    var buffer: Int?
    @Option(help: ArgumentHelp("Pause so long after PLAY, and play again. Repeatable.", valueName: "AT:FOR"))
    var pause: [TimePair] = []
    @Option(help: ArgumentHelp("Jump to a place in the movie so long after PLAY. Repeatable.", valueName: "AT:TO"))
    var seek: [TimePair] = []
    @Option(help: ArgumentHelp("How they leave: teardown, disconnect or power.", valueName: "HOW[@AT]"))
    var leave = Leaving(argument: "teardown") ?? Leaving(command: .tearDown)
    @Option(
        help: ArgumentHelp(
            "What breaks for the first viewer: reset or blackhole, at a time from the start or after so many messages.",
            valueName: "WHAT@TIME[:FOR]|WHAT@message:N"))
    var fault: PlannedFault?
    @Option(name: .customLong("answer-time"), help: "Milliseconds that the server's owner takes to answer.")
    var answerTime = Milliseconds(.zero)
    @Option(name: .customLong("session-timeout"), help: "Seconds that the server keeps sessions without a sign of life.")
    var sessionTimeout = 10

    mutating func validate() throws {
        guard (1...100_000).contains(frames) else { throw ValidationError("--frames must be 1 to 100000") }
        guard (1...1000).contains(fps) else { throw ValidationError("--fps must be 1 to 1000") }
        guard (1...1_000_000).contains(size) else { throw ValidationError("--size must be 1 to 1000000") }
        guard (1...100).contains(viewers) else { throw ValidationError("--viewers must be 1 to 100") }
        if let buffer, !(0...60_000).contains(buffer) { throw ValidationError("--buffer must be 0 to 60000") }
        guard (1...3600).contains(sessionTimeout) else { throw ValidationError("--session-timeout must be 1 to 3600") }
    }

    /// The play without its network, whose delay is needed to know when PLAY is possible.
    func scenario(delay: Duration) -> Scenario {
        var scenario = Scenario(empty: seed)
        scenario.answerTime = answerTime.duration
        scenario.sessionTimeout = .seconds(sessionTimeout)
        scenario.media["/movie"] =
            live
            ? .live(frames: frames, framesPerSecond: fps, size: size)
            : .stored(frames: frames, framesPerSecond: fps, size: size)
        for number in 0..<viewers {
            var viewer = viewer(from: .milliseconds(50) * number, delay: delay)
            if number == 0 { viewer.breakdown = fault?.breakdown }
            scenario.viewers.append(viewer)
        }
        return scenario
    }

    private func viewer(from start: Duration, delay: Duration) -> Scenario.Viewer {
        // Connecting, OPTIONS, DESCRIBE and SETUP, each there and back.
        let play = start + delay * 9 + answerTime.duration * 3 + .milliseconds(120)
        var acts = [Scenario.Act(.connect, at: start), Scenario.Act(.play(nil), at: play)]
        for pair in pause {
            acts.append(.init(.pause, at: play + pair.first))
            acts.append(.init(.play(nil), at: play + pair.first + pair.second))
        }
        for pair in seek {
            acts.append(.init(.play(NormalPlayTimeRange(start: .time(pair.second))), at: play + pair.first))
        }
        let pauses = pause.reduce(Duration.zero) { $0 + $1.second }
        let end = play + .seconds(frames) / fps * (seek.count + 1) + pauses + delay * 2 + .seconds(1)
        acts.append(.init(leave.command, at: leave.time ?? end))
        var viewer = Scenario.Viewer(path: "/movie", acts: acts)
        viewer.transport = lab ? .udp : transport
        viewer.dialect = lab ? .lab : .standard
        if let buffer { viewer.playout = .fixed(.milliseconds(buffer)) }
        return viewer
    }
}

/// What the network does.
struct NetworkOptions: ParsableArguments {
    @Option(help: "Milliseconds from one host to another.")
    var delay = Milliseconds(.milliseconds(20))
    @Option(help: "Milliseconds that a datagram may take longer.")
    var jitter = Milliseconds(.zero)
    @Option(help: "Percent of datagrams that are lost.")
    var loss = Percent(0)
    @Option(
        help: ArgumentHelp("Percent of datagrams that begin a burst of losses, and its mean length.", valueName: "PERCENT:LENGTH")
    )
    var burst: Burst?
    @Option(help: "Percent of datagrams that take one delay longer, and so are overtaken.")
    var reorder = Percent(0)
    @Option(help: "Percent of datagrams that arrive twice.")
    var duplicate = Percent(0)
    @Option(help: "Percent of datagrams that arrive with a bit changed.")
    var corrupt = Percent(0)
    @Option(help: "Kilobits per second that the path carries.")
    var rate: Int?
    @Option(help: "The longest IP packet, in bytes; longer datagrams are lost.")
    var mtu: Int?
    @Option(help: ArgumentHelp("How many bytes of a connection come at a time.", valueName: "N[-M]"))
    var pieces: Pieces?

    mutating func validate() throws {
        if let rate, !(1...100_000_000).contains(rate) { throw ValidationError("--rate must be 1 to 100000000") }
        if let mtu, !(68...65_535).contains(mtu) { throw ValidationError("--mtu must be 68 to 65535") }
    }

    var conditions: NetworkConditions {
        var conditions = NetworkConditions(
            delay: delay.duration, jitter: jitter.duration, loss: loss.share, reordering: reorder.share)
        conditions.bursts = burst?.bursts
        conditions.duplication = duplicate.share
        conditions.corruption = corrupt.share
        conditions.rate = rate.map { $0 * 125 }
        // The headers of IP and UDP take 28 bytes.
        conditions.maximumDatagram = mtu.map { $0 - 28 }
        conditions.pieces = pieces?.range
        return conditions
    }
}

/// Where scenarios come from other than from the options above, which then have no effect.
struct SourceOptions: ParsableArguments {
    @Option(name: .customLong("scenario-seed"), help: "The whole scenario that is drawn from this seed, as --seeds runs it.")
    var scenarioSeed: UInt64?
    @Flag(help: "A whole scenario, drawn anew each time.")
    var random = false
    @Option(help: ArgumentHelp("Run the scenarios of all these seeds and report the failures.", valueName: "A..B"))
    var seeds: SeedRange?
    @Option(help: "With --seeds: how many run at a time; as many as there are processors.")
    var jobs: Int?
    @Flag(name: .customLong("fail-fast"), help: "With --seeds: stop at the first failure.")
    var failFast = false
    @Option(help: ArgumentHelp("Draw a transcript or a flight record, run it again, and compare.", valueName: "FILE"))
    var replay: String?

    mutating func validate() throws {
        if let jobs, !(1...1024).contains(jobs) { throw ValidationError("--jobs must be 1 to 1024") }
    }
}

/// How a transcript is shown.
struct OutputOptions: ParsableArguments {
    /// What can be left out.
    enum Part: String, ExpressibleByArgument, CaseIterable {
        case ladder, frames, packets, rtcp, notes
    }

    @Option(help: ArgumentHelp("Write the ladder as a picture.", valueName: "FILE"))
    var svg: String?
    @Option(help: ArgumentHelp("Write the transcript, which --replay reads.", valueName: "FILE"))
    var transcript: String?
    @Option(help: "Characters in a line.")
    var width = 110
    @Flag(help: "Nothing but ASCII.")
    var ascii = false
    @Flag(name: .customLong("control-only"), help: "Requests and responses only, and what people do.")
    var controlOnly = false
    @Option(help: "Leave something out. Repeatable.")
    var hide: [Part] = []
    @Flag(name: .customLong("every-frame"), help: "A line for every frame, however alike they are.")
    var everyFrame = false

    mutating func validate() throws {
        guard (60...1000).contains(width) else { throw ValidationError("--width must be 60 to 1000") }
    }

    /// Prints and writes the ladder.
    func show(_ transcript: Transcript) throws(SimulateFailure) {
        let diagram = LadderDiagram(transcript, options: ladder)
        if !hide.contains(.ladder) { say(diagram.text(width: width, ascii: ascii)) }
        if let svg { try save(diagram.svg, to: svg) }
    }

    private var ladder: LadderDiagram.Options {
        var options = controlOnly ? LadderDiagram.Options.controlOnly : LadderDiagram.Options()
        if hide.contains(.frames) { options.showsFrames = false }
        if hide.contains(.packets) { options.showsLostPackets = false }
        if hide.contains(.rtcp) { options.showsReports = false }
        if hide.contains(.notes) { options.showsNotes = false }
        options.foldsFrames = !everyFrame
        return options
    }
}
