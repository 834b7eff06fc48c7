internal import MJPEGSource
public import RTPTransport
public import RTSPKit

/// Runs the machines of a transcript again: fresh ones are handed what the old ones were, when they were.
///
/// ```swift
/// let replay = TranscriptReplay(of: try Transcript(parsing: text, start: .now))
/// for difference in replay.differences { print(difference) }
/// ```
///
/// Where a transcript does not hold the media that a server played, stand-ins take their places: the conversation is the same,
/// packets and what is counted in them are not. Compare ``Comparison/conversation`` then.
public struct TranscriptReplay: Sendable {
    /// What of a machine's outputs and events is compared with the transcript.
    public enum Comparison: Sendable, Hashable {
        /// Everything, bit for bit: for transcripts that hold everything, as those of a ``Simulation`` do.
        case everything
        /// What was sent on the control connection, and which streams were opened and closed. The sequence number in `RTP-Info`
        /// does not count: it tells how many packets there were before.
        case conversation
        /// Nothing.
        case nothing
    }

    /// The first place where a machine did something else than it had done.
    public struct Difference: Sendable, Hashable, CustomStringConvertible {
        /// Who did it.
        public var machine: Transcript.Machine
        /// What the transcript has in this place; `nil` where it has nothing more.
        public var recorded: Transcript.Entry?
        /// What the fresh machine did; `nil` where it did nothing more.
        public var replayed: Transcript.Entry?
        /// How many outputs, or events, of the machine were the same before.
        public var index: Int

        /// For people: both, as the text of a transcript has them.
        public var description: String {
            "\(machine) differs after \(index) that are the same:\n  recorded \(Self.text(recorded))\n  replayed \(Self.text(replayed))"
        }

        private static func text(_ entry: Transcript.Entry?) -> String {
            guard let line = entry?.text else { return "nothing more" }
            return line.utf8.count > 600 ? "\(line.prefix(600))…" : line
        }
    }

    /// The transcript as it went this time: the same machines and inputs, with the outputs and events that they led to.
    public private(set) var transcript: Transcript
    /// The first differences: at most one in the outputs and one in the events of each machine.
    public private(set) var differences: [Difference] = []
    /// What clients told, in order.
    public private(set) var clientEvents: [Transcript.Machine: [ClientEvent]] = [:]
    /// What servers' connections told, in order.
    public private(set) var serverEvents: [Transcript.Machine: [ServerEvent]] = [:]

    private let recorded: Transcript
    private let presentations: [String: Presentation]
    private var clients: [Transcript.Machine: ClientConnection] = [:]
    private var servers: [Transcript.Machine: ServerConnection] = [:]
    private var lives: [Int: ReplayedLive] = [:]
    private var transports: [Transcript.Machine: TranscriptTransport] = [:]
    /// The synchronization sources of live presentations that are known by their outlines.
    private var sources: [LivePresentationID: UInt32] = [:]

    /// Runs the machines of `recorded`, from its first entry to its last.
    /// - Parameters:
    ///   - recorded: what to run. Times further away than 31 years from its start count as that.
    ///   - presentations: what stood at the server's paths; what is not here is made of the transcript's outlines.
    ///   - comparison: what is compared.
    public init(
        of recorded: Transcript, presentations: [String: Presentation] = [:], comparing comparison: Comparison = .everything
    ) {
        self.recorded = recorded
        self.presentations = presentations
        transcript = Transcript(start: recorded.start)
        transcript.participants = recorded.participants
        transcript.presentations = recorded.presentations
        for entry in recorded.presentations {
            if case .live(let description) = entry.outline { sources[description.id] = description.ssrc }
        }
        for entry in recorded.entries { replay(entry) }
        guard comparison != .nothing else { return }
        for participant in recorded.participants { compare(participant.machine, comparison) }
    }

    /// The frames that a client has shown, in order.
    public func frames(of machine: Transcript.Machine) -> [PlayoutFrame] {
        (clientEvents[machine] ?? []).compactMap { if case .frame(let frame) = $0 { frame } else { nil } }
    }

    // MARK: Running

    private func instant(_ time: Duration) -> ContinuousClock.Instant {
        let limit = NormalPlayTimeRange.maximumTime
        return recorded.start + min(max(time, .zero - limit), limit)
    }

    private mutating func replay(_ entry: Transcript.Entry) {
        guard case .input(let input) = entry.what else {
            if case .note = entry.what { transcript.entries.append(entry) }
            return
        }
        begin(entry.machine)
        transcript.entries.append(entry)
        let now = instant(entry.time)
        switch entry.machine.role {
        case .client:
            guard var client = clients[entry.machine] else { return }
            var transport = transports[entry.machine] ?? TranscriptTransport()
            let events = client.take(input, at: now, via: &transport)
            clients[entry.machine] = client
            clientEvents[entry.machine, default: []] += events
            finish(entry, transport, events.map(\.summary))
        case .server: replayServer(input, entry, at: now)
        case .live:
            guard case .capture(let image, let time) = input else { return }
            lives[entry.machine.number]?.capture(MJPEGFrame(image: image, presentationTime: time), at: now)
        }
    }

    private mutating func replayServer(_ input: Transcript.Input, _ entry: Transcript.Entry, at now: ContinuousClock.Instant) {
        var transport = transports[entry.machine] ?? TranscriptTransport()
        switch input {
        case .blocked(let streams):
            transport.blockedStreams = streams
            transports[entry.machine] = transport
        case .room(let stream, let batches):
            transport.room[stream] = batches
            transports[entry.machine] = transport
        default:
            guard var server = servers[entry.machine] else { return }
            let media = media(for: input, at: now, entry.time)
            let events = server.take(input, media: media, at: now, via: &transport)
            servers[entry.machine] = server
            serverEvents[entry.machine, default: []] += events
            finish(entry, transport, events.map(\.summary))
        }
    }

    private mutating func finish(_ entry: Transcript.Entry, _ transport: TranscriptTransport, _ events: [String]) {
        var transport = transport
        for output in transport.takeOutputs() {
            transcript.entries.append(Transcript.Entry(.output(output), to: entry.machine, at: entry.time))
        }
        for event in events { transcript.entries.append(Transcript.Entry(.event(event), to: entry.machine, at: entry.time)) }
        transports[entry.machine] = transport
    }

    /// Makes the machine where it has not been made.
    private mutating func begin(_ machine: Transcript.Machine) {
        guard clients[machine] == nil, servers[machine] == nil, lives[machine.number] == nil || machine.role != .live,
            let participant = recorded.participants.first(where: { $0.machine == machine })
        else { return }
        let now = instant(participant.time)
        switch participant.setup {
        case .client(let configuration, let goal, let dialect):
            clients[machine] = ClientConnection(configuration: configuration, goal: goal, dialect: dialect, at: now)
        case .server(let configuration, let peer):
            servers[machine] = ServerConnection(peer: peer, configuration: configuration, at: now)
        case .live(let setup): lives[machine.number] = ReplayedLive(setup)
        }
    }

    // MARK: Media

    private mutating func media(
        for input: Transcript.Input, at now: ContinuousClock.Instant, _ time: Duration
    ) -> Transcript.Media? {
        switch input {
        case .found(let path, _):
            if let presentation = presentations[path] { return .presentation(presentation) }
            let known =
                recorded.presentations.last { $0.path == path && $0.time <= time }
                ?? recorded.presentations.first { $0.path == path }
            if let known { return .presentation(known.outline.standIn) }
            return nil
        case .joined(let live):
            begin(Transcript.Machine(.live, live))
            return lives[live]?.snapshot(at: now)
        case .deliver(let live): return lives[live]?.newest
        case .finish(let live):
            begin(Transcript.Machine(.live, live))
            return lives[live]?.goodbye(at: now)
        case .outlinedJoin(let outline):
            // Of which presentation, only the connection knows; its packets say no more of it than this.
            return .snapshot(outline.standIn(ssrc: sources.values.min() ?? 0))
        case .outlinedFrame(let outline, let live, let report):
            return .frame(outline.standIn(ssrc: sources[live] ?? 0, report: report), of: live)
        case .outlinedFinish(let live, let goodbye): return .goodbye(goodbye, of: live)
        default: return nil
        }
    }

    // MARK: Comparing

    private mutating func compare(_ machine: Transcript.Machine, _ comparison: Comparison) {
        let isOutput = { (entry: Transcript.Entry) in if case .output = entry.what { true } else { false } }
        let isEvent = { (entry: Transcript.Entry) in if case .event = entry.what { true } else { false } }
        let isConversation = { (entry: Transcript.Entry) in
            if case .output(let output) = entry.what { output.isConversation } else { false }
        }
        for isKind in comparison == .everything ? [isOutput, isEvent] : [isConversation] {
            let matters = { (entry: Transcript.Entry) in entry.machine == machine && isKind(entry) }
            let (old, new) = (recorded.entries.filter(matters), transcript.entries.filter(matters))
            let same = zip(old, new).prefix { old, new in
                comparison == .everything ? old == new : old.withoutSequenceNumbers == new.withoutSequenceNumbers
            }.count
            guard same < max(old.count, new.count) else { continue }
            differences.append(
                Difference(
                    machine: machine, recorded: same < old.count ? old[same] : nil,
                    replayed: same < new.count ? new[same] : nil, index: same))
        }
    }
}

extension Transcript.Entry {
    /// The entry with the sequence numbers of `RTP-Info` (RFC 2326 section 12.33) left out of what was sent.
    fileprivate var withoutSequenceNumbers: Transcript.Entry {
        guard case .output(.bytes(let bytes)) = what else { return self }
        let name = Array(";seq=".utf8)
        var kept: [UInt8] = []
        var isNumber = false
        for byte in bytes {
            isNumber = isNumber && (48...57).contains(byte)
            if !isNumber { kept.append(byte) }
            if byte == name.last, kept.suffix(name.count) == name[...] { isNumber = true }
        }
        var entry = self
        entry.what = .output(.bytes(kept))
        return entry
    }
}

/// A live presentation that runs again.
private struct ReplayedLive: Sendable {
    private var presentation: LivePresentation
    /// The newest frame.
    private(set) var newest: Transcript.Media?

    init(_ setup: Transcript.LiveSetup) {
        var generator = SeededGenerator(seed: setup.seed)
        presentation = LivePresentation(
            id: setup.id, name: setup.name, framesPerSecond: setup.framesPerSecond, packetSize: setup.packetSize,
            canonicalName: setup.canonicalName, wallClock: setup.wallClock, reportInterval: setup.reportInterval,
            jpeg: setup.jpeg, using: &generator)
    }

    mutating func capture(_ frame: MJPEGFrame, at now: ContinuousClock.Instant) {
        guard let live = try? presentation.packetize(frame, at: now) else { return }
        newest = .frame(live, of: presentation.description.id)
    }

    mutating func snapshot(at now: ContinuousClock.Instant) -> Transcript.Media { .snapshot(presentation.snapshot(at: now)) }

    mutating func goodbye(at now: ContinuousClock.Instant) -> Transcript.Media {
        .goodbye(presentation.goodbye(at: now), of: presentation.description.id)
    }
}
