import RTPTransport
import RTSPKit
import RTSPTestKit
import Testing

@Suite struct LadderDiagramTests {
    private func frames(_ diagram: LadderDiagram) -> [LadderDiagram.Row] { diagram.rows.filter { $0.kind == .frame } }

    // MARK: Fates

    @Test func `Each frame is one arrow that tells when it was shown`() {
        let diagram = LadderDiagram(Scenario.short().transcript)
        #expect(
            frames(diagram).map(\.label) == [
                "frame 1 · 3 packets · shown at 0.390", "frame 2 · 3 packets · shown at 0.490",
                "frame 3 · 3 packets · shown at 0.590",
            ])
        #expect(frames(diagram).map(\.sent) == [320, 420, 520].map { .milliseconds($0) })
        #expect(frames(diagram).map(\.arrived) == [340, 440, 540].map { .milliseconds($0) })
        #expect(diagram.columns.map(\.title) == ["client", "server"])
        #expect(diagram.columns.map(\.host) == ["198.51.100.1", "192.0.2.1"])
        #expect(diagram.rows.allSatisfy { !$0.isTrouble })
    }

    @Test func `A frame that lacks a packet is incomplete, and the packet ends on its way`() {
        let diagram = LadderDiagram(.byHand())
        #expect(
            frames(diagram).map(\.label) == [
                "frame 1 · 3 packets", "frame 2 · 3 packets · incomplete: packet 2 of 3 lost",
                "frame 3 · 2 packets · lost, all 2 packets",
            ])
        #expect(frames(diagram).map(\.ending) == [.arrived, .arrived, .lost])
        #expect(frames(diagram).map(\.isTrouble) == [false, true, true])
        let packets = diagram.rows.filter { $0.kind == .packet }
        #expect(packets.map(\.label) == ["packet 2 of 3 · sequence 2 · 20 bytes"])
        #expect(packets.map(\.ending) == [.lost])
    }

    @Test func `Copies and changed packets are told`() {
        var transcript = Transcript.byHand()
        let sent = Transcript.packets(2, firstNumber: 10, timestamp: 400)
        var changed = sent[1]
        changed[19] ^= 1
        transcript.send(400, sent, arriving: [0, 0])
        transcript.add(420, Transcript.client, .input(.rtp(changed)))
        transcript.add(430, Transcript.client, .input(.rtp(Array(repeating: 0, count: 30))))
        transcript.add(2000, Transcript.client, .input(.advance))
        let diagram = LadderDiagram(transcript)
        #expect(frames(diagram).last?.label == "frame 4 · 2 packets · not shown: packet 2 of 2 changed on the way")
        #expect(frames(diagram).last?.details == ["came twice: 1 of 2"])
        let packet = diagram.rows.last { $0.kind == .packet }
        #expect(packet?.label == "a datagram that nobody sent so: changed on the way")
        #expect(packet?.arrived == .milliseconds(430))
    }

    @Test func `What was sent shortly before the end is underway, not lost`() {
        var transcript = Transcript.byHand()
        transcript.send(495, Transcript.packets(1, firstNumber: 10, timestamp: 400), arriving: [])
        #expect(frames(LadderDiagram(transcript)).last?.ending == .underway)
        transcript.add(600, Transcript.client, .input(.advance))
        #expect(frames(LadderDiagram(transcript)).last?.ending == .lost)
    }

    @Test func `Frames that a command overtakes are dropped by it, not late`() {
        var scenario = Scenario.short(frames: 10)
        scenario.viewers[0].playout = .fixed(.milliseconds(300))
        let jump = NormalPlayTimeRange(start: .time(.milliseconds(800)))
        scenario.viewers[0].acts.insert(.init(.play(jump), at: .milliseconds(650)), at: 2)
        let labels = frames(LadderDiagram(scenario.transcript)).map(\.label)
        #expect(labels.first == "frame 1 · 3 packets · shown at 0.640")
        #expect(labels.contains("frame 3 · 3 packets · whole, dropped at PLAY"))
        #expect(!labels.contains { $0.contains("late") })
    }

    // MARK: Agreement with the simulation

    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `The diagram of any scenario agrees with what happened in it`(seed: UInt64) throws {
        let scenario = Scenario(seed: seed)
        let outcome = scenario.run(records: true)
        var options = LadderDiagram.Options()
        (options.foldsFrames, options.maximumRows) = (false, .max)
        let diagram = LadderDiagram(try #require(outcome.transcript), options: options)
        #expect(complaint(aboutXML: diagram.svg) == nil)
        // Whose messages are whose shows in the sessions that they name.
        var sessions: Set<Substring> = []
        for (index, id) in outcome.simulation.clientIDs.enumerated() {
            let client = outcome.simulation[id]
            let shown = frames(diagram).filter { $0.to == index && $0.label.contains("shown at") }
            #expect(scenario.network.corruption > 0 || shown.count == client.frames.count)
            let mine = diagram.rows.filter { $0.from == index || $0.to == index }
            let named = Set(mine.flatMap(\.details).filter { $0.hasPrefix("Session: ") }.map { $0.prefix(15) })
            #expect(named.isDisjoint(with: sessions))
            sessions.formUnion(named)
        }
        // Nobody is made up: clients, and one server.
        #expect(diagram.columns.count == scenario.viewers.count + 1)
    }

    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func `As many packets are lost in the diagram as in the network`(seed: UInt64) throws {
        var scenario = Scenario.short(frames: 30, seed: seed)
        scenario.network.loss = 0.3
        let outcome = scenario.run(records: true)
        var options = LadderDiagram.Options()
        options.foldsFrames = false
        let diagram = LadderDiagram(try #require(outcome.transcript), options: options)
        let client = outcome.simulation[outcome.simulation.clientIDs[0]]
        let lost = outcome.simulation.network.datagrams(to: try #require(client.mediaAddress)).lostCount
        let whole = frames(diagram).count { $0.ending == .lost } * 3
        // A run of two packets is one arrow.
        let single = diagram.rows.filter { $0.kind == .packet }.reduce(0) { $0 + ($1.label.hasPrefix("packets") ? 2 : 1) }
        #expect(lost > 0)
        #expect(whole + single == lost)
    }

    // MARK: One side

    @Test func `The inputs of a client are enough for requests, replies and the fates of frames`() {
        var scenario = Scenario.short(frames: 5)
        let both = LadderDiagram(scenario.transcript)
        let one = LadderDiagram(scenario.transcript.only(.client, inputsOnly: true))
        #expect(frames(one).map(\.label) == frames(both).map(\.label))
        #expect(frames(one).allSatisfy { $0.sent == nil })
        #expect(one.rows.filter { $0.kind == .message }.map(\.label) == both.rows.filter { $0.kind == .message }.map(\.label))
        #expect(one.columns.map(\.isImplied) == [false, true])
        scenario.viewers[0].transport = .tcp
        let interleaved = LadderDiagram(scenario.transcript.only(.client, inputsOnly: true))
        #expect(frames(interleaved).map(\.label) == frames(both).map(\.label))
    }

    @Test func `A client alone knows which of its frames are incomplete`() {
        var scenario = Scenario.short(frames: 12, seed: 2)
        scenario.network.loss = 0.25
        let transcript = scenario.transcript
        let one = frames(LadderDiagram(transcript.only(.client, inputsOnly: true))).map(\.label)
        let truth = frames(LadderDiagram(transcript)).filter { $0.label.contains("incomplete") }
        #expect(!truth.isEmpty)
        #expect(one.count { $0.contains("incomplete") } == truth.count)
        #expect(one.allSatisfy { $0.contains("incomplete") || $0.contains("shown at") })
    }

    @Test func `A server alone speaks with a client that is implied, and nothing is called lost`() {
        let diagram = LadderDiagram(Scenario.short().transcript.only(.server))
        #expect(diagram.columns.map(\.title) == ["client", "server"])
        #expect(diagram.columns.map(\.isImplied) == [true, false])
        #expect(diagram.columns[0].host == "198.51.100.1")
        #expect(frames(diagram).map(\.label) == ["frame 1 · 3 packets", "frame 2 · 3 packets", "frame 3 · 3 packets"])
        #expect(diagram.rows.allSatisfy { !$0.isTrouble })
        #expect(diagram.rows.filter { $0.kind == .message }.map(\.label).first == "OPTIONS rtsp://192.0.2.1/movie RTSP/1.0")
    }

    @Test func `The course dialect is read from either side`() {
        var scenario = Scenario.short()
        scenario.viewers[0].dialect = .lab
        let transcript = scenario.transcript
        let both = LadderDiagram(transcript).rows.filter { $0.kind == .message }.map(\.label)
        #expect(both.first == "SETUP movie RTSP/1.0")
        #expect(LadderDiagram(transcript.only(.client)).rows.filter { $0.kind == .message }.map(\.label) == both)
    }

    // MARK: Bounds

    @Test func `Frames that fared alike are folded, and none is forgotten`() {
        let transcript = Scenario.short(frames: 40).transcript
        let folds = frames(LadderDiagram(transcript)).filter { $0.label.hasPrefix("…") }
        let lines = frames(LadderDiagram(transcript)).filter { !$0.label.hasPrefix("…") }
        let folded = folds.compactMap { Int($0.label.split(separator: " ")[1]) }.reduce(0, +)
        #expect(lines.count < 20)
        #expect(folds.allSatisfy { $0.label.hasSuffix("all shown") })
        #expect(lines.count + folded == 40)
        var options = LadderDiagram.Options()
        options.foldsFrames = false
        #expect(frames(LadderDiagram(transcript, options: options)).count == 40)
    }

    @Test func `A record of the client alone is folded in its place, and not over a pause`() {
        var scenario = Scenario.short(frames: 40)
        scenario.viewers[0].acts.insert(
            contentsOf: [.init(.pause, at: .milliseconds(2050)), .init(.play(nil), at: .milliseconds(4000))], at: 2)
        scenario.viewers[0].acts[4].time = .seconds(9)
        let rows = LadderDiagram(scenario.transcript.only(.client)).rows
        #expect(rows.map(\.time) == rows.map(\.time).sorted())
        let folds = rows.filter { $0.label.hasPrefix("…") }
        #expect(folds.count == 2)
        #expect(folds.allSatisfy { $0.time > .zero })
        let paused = rows.first { $0.label.hasPrefix("PAUSE") }?.time
        #expect(folds.map { $0.time < paused ?? .zero } == [true, false])
    }

    @Test func `A long diagram ends with how much is missing`() {
        var options = LadderDiagram.Options()
        let all = LadderDiagram(Scenario.short().transcript).rows.count
        options.maximumRows = 5
        let diagram = LadderDiagram(Scenario.short().transcript, options: options)
        #expect(diagram.rows.count == 5)
        #expect(diagram.omittedRowCount == all - 5)
        #expect(diagram.text().hasSuffix("… \(all - 5) lines more\n"))
        #expect(diagram.svg.contains("… \(all - 5) lines more"))
    }

    @Test func `What is not wanted is left out`() {
        let transcript = Scenario.short().transcript
        let kinds = Set(LadderDiagram(transcript, options: .controlOnly).rows.map(\.kind))
        #expect(kinds == [.message, .note])
        var options = LadderDiagram.Options()
        options.showsNotes = false
        #expect(Set(LadderDiagram(transcript, options: options).rows.map(\.kind)) == [.message, .frame, .report])
    }
}
