public import RTPTransport

/// How much of a connection's flight is kept.
public struct FlightRecording: Sendable, Hashable {
    /// Bytes that the conversation may take, from its beginning; what comes after that is kept with the media.
    public var conversationBytes: Int
    /// Bytes that packets, and the passing of time, may take; the oldest go first.
    public var mediaBytes: Int
    /// Whether credentials are replaced by `*`.
    public var redactsCredentials: Bool

    /// A recording; what is kept of each entry counts with its bytes and 64 more.
    public init(conversationBytes: Int = 1 << 20, mediaBytes: Int = 4 << 20, redactsCredentials: Bool = true) {
        self.conversationBytes = conversationBytes
        self.mediaBytes = mediaBytes
        self.redactsCredentials = redactsCredentials
    }
}

/// Records what goes into one connection, in bounded memory, as a transcript that can be replayed.
///
/// The conversation is kept from its beginning, packets and the passing of time in a ring. What has been dropped is counted, and a
/// note stands in its place. What the connection said on the control connection and what it told its owner is kept for people; the
/// packets that it sent are not.
public struct FlightRecorder: Sendable {
    /// What belongs to one door, or to a piece of it.
    fileprivate struct Step: Sendable {
        var number: Int
        var time: Duration
        var whats: [Transcript.What]
        /// Where the first message or packet begins in the bytes that stand here.
        var border: Int?
        var cost: Int

        init(_ whats: [Transcript.What], border: Int? = nil, number: Int, time: Duration) {
            self.number = number
            self.time = time
            self.whats = whats
            self.border = border
            cost = whats.reduce(0) { $0 + 64 + $1.byteCount }
        }
    }

    /// The machine that is recorded.
    public let machine: Transcript.Machine
    /// Steps that are not kept any more.
    public private(set) var droppedCount = 0
    private let recording: FlightRecording
    @StoredInstant private var start: ContinuousClock.Instant
    private let setup: Transcript.Setup
    private var presentations: [Transcript.PresentationEntry] = []
    private var conversation: [Step] = []
    private var conversationCost = 0
    /// The step at which the conversation's budget was used up.
    private var fullSince: Int?
    private var ring: [Step] = []
    private var ringStart = 0
    private var ringCost = 0
    /// Whether bytes of the control connection have been dropped.
    private var hasDroppedBytes = false
    private var nextNumber = 0
    private var framing = FlightFraming()
    /// The path that the owner was asked for last, and when.
    private var asked: (path: String, time: Duration)?

    /// A recorder of a client that was made at `now`.
    public init(
        client configuration: ClientConfiguration, goal: ClientConnection.Goal, dialect: ControlDialect,
        recording: FlightRecording = FlightRecording(), at now: ContinuousClock.Instant
    ) {
        self.init(
            Transcript.Machine(.client, 1), .client(configuration, goal: goal, dialect: dialect), recording: recording, at: now)
    }

    /// A recorder of a server's connection that was accepted at `now` from `peer`.
    public init(
        server configuration: ServerConnection.Configuration, peer: String, recording: FlightRecording = FlightRecording(),
        at now: ContinuousClock.Instant
    ) {
        self.init(Transcript.Machine(.server, 1), .server(configuration, peer: peer), recording: recording, at: now)
    }

    private init(
        _ machine: Transcript.Machine, _ setup: Transcript.Setup, recording: FlightRecording, at now: ContinuousClock.Instant
    ) {
        self.machine = machine
        self.setup = setup
        self.recording = recording
        start = now
    }

    // MARK: Doors

    /// A client's door was opened with `input`, which led to this.
    public mutating func record(
        _ input: Transcript.Input, at now: ContinuousClock.Instant, outputs: [Transcript.Output], events: [ClientEvent]
    ) {
        var told: [Transcript.What] = []
        var isMedia = true
        for event in events {
            switch event {
            case .dialogue: continue
            case .frame, .incompleteFrame: break
            default: isMedia = false
            }
            told.append(.event(event.summary))
        }
        record([], input, Self.kept(outputs) + told, isMedia: isMedia, at: now)
    }

    /// A server's door was opened with `input`, which led to this.
    /// - Parameter refusing: which streams took no more packets, each after so many batches.
    public mutating func record(
        _ input: Transcript.Input, at now: ContinuousClock.Instant, outputs: [Transcript.Output], events: [ServerEvent],
        refusing: [StreamID: Int] = [:]
    ) {
        for case .ask(let question) in events {
            if let place = question.place { asked = (place, start.duration(to: now)) }
        }
        let rooms = refusing.sorted { $0.key.rawValue < $1.key.rawValue }
            .map { Transcript.What.input(.room($0.key, batches: $0.value)) }
        let told = events.map { Transcript.What.event($0.summary) }
        record(rooms, input, Self.kept(outputs) + told, isMedia: events.isEmpty, at: now)
    }

    /// The input that an owner's answer is; what it says of a presentation is remembered.
    public mutating func input(for answer: ServerAnswer) -> Transcript.Input {
        switch answer {
        case .found(let presentation, let identity):
            let (path, time) = asked ?? ("", .zero)
            let outline = Transcript.PresentationOutline(presentation)
            if fullSince == nil, presentations.last(where: { $0.path == path })?.outline != outline {
                presentations.append(.init(outline, at: path, from: time))
                conversationCost += 128 + path.utf8.count + presentation.name.utf8.count
            }
            return .found(path: path, identity)
        case .joined(let snapshot): return .outlinedJoin(Transcript.SnapshotOutline(snapshot))
        case .refused(let status): return .refused(status)
        }
    }

    private static func kept(_ outputs: [Transcript.Output]) -> [Transcript.What] {
        outputs.filter(\.isConversation).map { .output($0) }
    }

    // MARK: Keeping

    private mutating func record(
        _ before: [Transcript.What], _ input: Transcript.Input, _ after: [Transcript.What], isMedia: Bool,
        at now: ContinuousClock.Instant
    ) {
        let time = start.duration(to: now)
        let saysSomething = after.contains { if case .output = $0 { true } else { false } } || !isMedia
        if input == .connected { framing = FlightFraming() }
        guard case .bytes(let bytes) = input else {
            let step = makeStep(before + [.input(input)] + after, at: time)
            keep(step, inConversation: saysSomething || !input.isMedia)
            return
        }
        let parts = framing.split(bytes)
        let last = parts.lastIndex { !$0.isMedia } ?? parts.indices.last
        for (index, part) in parts.enumerated() {
            let piece = Transcript.What.input(.bytes(Array(part.bytes)))
            // What packets lead to may be worth keeping where they are not.
            let isApart = part.isMedia && saysSomething
            let whats = index == last ? before + [piece] + (isApart ? [] : after) : [piece]
            keep(makeStep(whats, border: part.border, at: time), inConversation: !part.isMedia)
            if index == last, isApart { keep(makeStep(after, at: time), inConversation: true) }
        }
    }

    private mutating func makeStep(_ whats: [Transcript.What], border: Int? = nil, at time: Duration) -> Step {
        defer { nextNumber += 1 }
        return Step(whats, border: border, number: nextNumber, time: time)
    }

    private mutating func keep(_ step: Step, inConversation: Bool) {
        if inConversation, fullSince == nil {
            if conversationCost + step.cost <= recording.conversationBytes {
                conversationCost += step.cost
                conversation.append(step)
                return
            }
            fullSince = step.number
        }
        ring.append(step)
        ringCost += step.cost
        while ringCost > recording.mediaBytes, ringStart < ring.count {
            ringCost -= ring[ringStart].cost
            if ring[ringStart].holdsBytes { hasDroppedBytes = true }
            ring[ringStart].whats = []
            ringStart += 1
            droppedCount += 1
        }
        if ringStart > 256, ringStart * 2 > ring.count {
            ring.removeFirst(ringStart)
            ringStart = 0
        }
    }

    // MARK: The transcript

    /// What has been recorded so far.
    public var transcript: Transcript {
        var transcript = Transcript(start: start)
        transcript.participants = [Transcript.Participant(machine, setup, at: .zero)]
        transcript.presentations = presentations
        var next = 0
        for step in steps {
            if step.number > next { transcript.entries.append(note("\(step.number - next) dropped here", at: step.time)) }
            if let fullSince, next <= fullSince, step.number >= fullSince {
                let text = "the conversation has taken \(conversationCost) bytes: from here on the oldest go first"
                transcript.entries.append(note(text, at: step.time))
            }
            next = step.number + 1
            transcript.entries += step.whats.map { Transcript.Entry($0, to: machine, at: step.time) }
        }
        if next < nextNumber {
            let time = transcript.entries.last?.time ?? .zero
            transcript.entries.append(note("\(nextNumber - next) dropped here", at: time))
        }
        return recording.redactsCredentials ? transcript.redacted() : transcript
    }

    private func note(_ text: String, at time: Duration) -> Transcript.Entry {
        Transcript.Entry(.note(text), to: machine, at: time)
    }

    /// All that is kept, in order, without what follows a gap in the bytes of the control connection up to the next border.
    private var steps: [Step] {
        var kept: [Step] = []
        var isCut = hasDroppedBytes
        for var step in ring[ringStart...] {
            if isCut, step.holdsBytes {
                guard let border = step.border else { continue }
                step.dropBytes(border)
                isCut = false
            }
            kept.append(step)
        }
        var all: [Step] = []
        all.reserveCapacity(conversation.count + kept.count)
        var index = 0
        for step in conversation {
            while index < kept.count, kept[index].number < step.number {
                all.append(kept[index])
                index += 1
            }
            all.append(step)
        }
        return all + kept[index...]
    }
}

extension FlightRecorder.Step {
    fileprivate var holdsBytes: Bool {
        whats.contains { if case .input(.bytes) = $0 { true } else { false } }
    }

    /// Leaves out the first `count` bytes of what came on the control connection.
    fileprivate mutating func dropBytes(_ count: Int) {
        whats = whats.map { what in
            guard case .input(.bytes(let bytes)) = what else { return what }
            return .input(.bytes(Array(bytes.dropFirst(count))))
        }
    }
}

extension Transcript.Input {
    /// Whether it is a packet, or nothing but the passing of time.
    fileprivate var isMedia: Bool {
        switch self {
        case .rtp, .rtcp, .report, .advance, .transportReady, .mediaReady, .outlinedFrame, .room, .blocked, .capture, .deliver:
            true
        default: false
        }
    }
}

extension Transcript.What {
    /// About how much memory it takes.
    fileprivate var byteCount: Int {
        switch self {
        case .input(.bytes(let bytes)), .input(.rtp(let bytes)), .input(.rtcp(let bytes)), .input(.report(let bytes, _)),
            .input(.capture(let bytes, _)), .input(.outlinedFinish(_, let bytes)), .output(.bytes(let bytes)),
            .output(.report(let bytes, _)):
            bytes.count
        case .input(.outlinedJoin(let outline)): outline.report.count + 64
        case .input(.outlinedFrame(_, _, let report)): (report?.count ?? 0) + 64
        case .input(.found(let path, let identity)): path.utf8.count + identity.id.utf8.count
        case .output(.batch(let batch, _)): batch.bytes.count
        case .event(let text), .note(let text): text.utf8.count
        default: 0
        }
    }
}

extension Transcript {
    /// The transcript without the credentials in it; lengths stay what they are.
    fileprivate func redacted() -> Transcript {
        var transcript = self
        transcript.participants = participants.map { participant in
            guard case .client(var configuration, let goal, let dialect) = participant.setup else { return participant }
            configuration.url = FlightRedaction.redacted(configuration.url)
            return Participant(participant.machine, .client(configuration, goal: goal, dialect: dialect), at: participant.time)
        }
        for index in entries.indices {
            guard case .event(let text) = entries[index].what else { continue }
            transcript.entries[index].what = .event(FlightRedaction.redacted(text))
        }
        // Once as if nothing were missing, once as if something began behind every gap: whichever is true, it is hidden.
        transcript.hide { $0 == .input(.connected) }
        transcript.hide { what in
            if case .note = what { true } else { what == .input(.connected) }
        }
        return transcript
    }

    /// Hides credentials in both directions of the control connection, which begins anew where `isBeginning` says so.
    private mutating func hide(_ isBeginning: (What) -> Bool) {
        var (hears, says): ([UInt8], [UInt8]) = ([], [])
        var since = entries.startIndex
        for index in entries.indices {
            if isBeginning(entries[index].what) {
                hide(since..<index, hears, says)
                (since, hears, says) = (index, [], [])
            }
            switch entries[index].what {
            case .input(.bytes(let bytes)): hears += bytes
            case .output(.bytes(let bytes)): says += bytes
            default: break
            }
        }
        hide(since..<entries.endIndex, hears, says)
    }

    private mutating func hide(_ range: Range<Int>, _ hears: [UInt8], _ says: [UInt8]) {
        var hears = FlightRedaction.redacted(stream: hears)[...]
        var says = FlightRedaction.redacted(stream: says)[...]
        for index in range {
            switch entries[index].what {
            case .input(.bytes(let bytes)):
                entries[index].what = .input(.bytes(Array(hears.prefix(bytes.count))))
                hears = hears.dropFirst(bytes.count)
            case .output(.bytes(let bytes)):
                entries[index].what = .output(.bytes(Array(says.prefix(bytes.count))))
                says = says.dropFirst(bytes.count)
            default: break
            }
        }
    }
}
