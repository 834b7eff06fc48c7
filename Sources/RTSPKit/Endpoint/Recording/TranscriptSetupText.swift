public import RTPTransport

/// What machines are made of, as fields of a line.
extension Transcript.Participant {
    func write(to writer: inout TranscriptWriter, start: ContinuousClock.Instant) {
        writer.write("machine \(machine)")
        writer.field("at", time)
        switch setup {
        case .client(let configuration, let goal, let dialect):
            writer.field("setup", "client")
            writer.field("goal", goal == .describe ? "describe" : "set-up")
            writer.field("dialect", dialect == .lab ? "lab" : "standard")
            configuration.write(to: &writer)
        case .server(let configuration, let peer):
            writer.field("setup", "server")
            writer.field("peer", quoting: peer)
            configuration.write(to: &writer, start: start)
        case .live(let setup):
            writer.field("setup", "live")
            setup.write(to: &writer, start: start)
        }
        writer.endLine()
    }

    init(_ line: inout TranscriptLine, start: ContinuousClock.Instant) throws(TranscriptParseError) {
        guard let name = line.takeWord(), let machine = Transcript.Machine(named: name) else {
            throw line.error(.malformedMachine)
        }
        let time = try line.take("at", TranscriptValue.duration) ?? .zero
        switch try line.take("setup", TranscriptValue.text) ?? machine.role.rawValue {
        case "client":
            let goal = try line.take("goal") { Self.goals[$0] } ?? .setUp
            let dialect = try line.take("dialect") { Self.dialects[$0] } ?? .standard
            self.init(machine, .client(try ClientConfiguration(&line), goal: goal, dialect: dialect), at: time)
        case "server":
            let peer = try line.take("peer", TranscriptValue.text) ?? ""
            self.init(machine, .server(try ServerConnection.Configuration(&line, start: start), peer: peer), at: time)
        case "live":
            self.init(machine, .live(try Transcript.LiveSetup(&line, start: start)), at: time)
        default: throw line.error(.malformedField("setup"))
        }
    }

    private static let goals: [String: ClientConnection.Goal] = ["describe": .describe, "set-up": .setUp]
    private static let dialects: [String: ControlDialect] = ["standard": .standard, "lab": .lab]
}

extension Transcript.Machine {
    /// The machine of this name, as ``description`` has it.
    init?(named name: String) {
        let parts = name.split(separator: ".", maxSplits: 1)
        guard parts.count == 2, let role = Role(rawValue: String(parts[0])), let number = Int(parts[1]) else { return nil }
        self.init(role, number)
    }
}

extension ClientConfiguration {
    fileprivate func write(to writer: inout TranscriptWriter) {
        writer.field("url", quoting: url)
        writer.field("transport", transport.rawValue)
        if let clientPorts { writer.field("ports", clientPorts) }
        writer.field("agent", quoting: userAgent)
        writer.field("ssrc", ssrc)
        writer.field("playout-initial", playout.initial)
        writer.field("playout-floor", playout.floor)
        writer.field("playout-ceiling", playout.ceiling)
        writer.field("request-timeout", requestTimeout)
        writer.field("datagram-patience", datagramPatience)
        writer.field("report-interval", reportInterval)
        if let labFramesPerSecond { writer.field("lab-fps", labFramesPerSecond) }
        writer.field("dialogue", tellsDialogue ? "yes" : "no")
        if concealment != .none { writer.field("conceal", concealment.rawValue) }
        limits.write(to: &writer)
    }

    fileprivate init(_ line: inout TranscriptLine) throws(TranscriptParseError) {
        self.init(
            url: try line.require("url", TranscriptValue.text), ssrc: try line.require("ssrc", TranscriptValue.integer))
        try line.update(&transport, "transport") { TransportChoice(rawValue: $0) }
        clientPorts = try line.take("ports") { PortPair(parsing: $0) }
        try line.update(&userAgent, "agent", TranscriptValue.text)
        playout = PlayoutDelay(
            initial: try line.take("playout-initial", TranscriptValue.duration) ?? playout.initial,
            floor: try line.take("playout-floor", TranscriptValue.duration) ?? playout.floor,
            ceiling: try line.take("playout-ceiling", TranscriptValue.duration) ?? playout.ceiling)
        try line.update(&requestTimeout, "request-timeout", TranscriptValue.duration)
        try line.update(&datagramPatience, "datagram-patience", TranscriptValue.duration)
        try line.update(&reportInterval, "report-interval", TranscriptValue.duration)
        labFramesPerSecond = try line.take("lab-fps", TranscriptValue.real)
        try line.update(&tellsDialogue, "dialogue", TranscriptValue.flag)
        try line.update(&concealment, "conceal") { JPEGConcealment(rawValue: $0) }
        try limits.update(&line)
    }
}

extension ServerConnection.Configuration {
    fileprivate func write(to writer: inout TranscriptWriter, start: ContinuousClock.Instant) {
        writer.field("server", quoting: serverName)
        writer.field("session-timeout", sessionTimeout)
        if let mediaPorts { writer.field("ports", mediaPorts) }
        writer.field("packet-size", packetSize)
        writer.field("report-interval", reportInterval)
        writer.field("cname", quoting: canonicalName)
        jpeg.write(to: &writer)
        wallClock.write(to: &writer, start: start)
        if honoursVariants { writer.field("variants", "yes") }
        if liveStartDelay != .zero { writer.field("live-start-delay", liveStartDelay) }
        writer.field("lab-fps", lab.framesPerSecond)
        writer.field("lab-fragments", lab.fragmentation.rawValue)
        limits.write(to: &writer)
    }

    fileprivate init(_ line: inout TranscriptLine, start: ContinuousClock.Instant) throws(TranscriptParseError) {
        self.init(wallClock: try WallClock(&line, start: start))
        try line.update(&serverName, "server", TranscriptValue.text)
        try line.update(&sessionTimeout, "session-timeout", TranscriptValue.duration)
        mediaPorts = try line.take("ports") { PortPair(parsing: $0) }
        try line.update(&packetSize, "packet-size", TranscriptValue.integer)
        try line.update(&reportInterval, "report-interval", TranscriptValue.duration)
        try line.update(&canonicalName, "cname", TranscriptValue.text)
        try jpeg.update(&line)
        try line.update(&honoursVariants, "variants", TranscriptValue.flag)
        try line.update(&liveStartDelay, "live-start-delay", TranscriptValue.duration)
        try line.update(&lab.framesPerSecond, "lab-fps", TranscriptValue.real)
        try line.update(&lab.fragmentation, "lab-fragments") { LabFragmentation(rawValue: $0) }
        try limits.update(&line)
    }
}

extension Transcript.LiveSetup {
    fileprivate func write(to writer: inout TranscriptWriter, start: ContinuousClock.Instant) {
        writer.field("id", id.rawValue)
        writer.field("name", quoting: name)
        if let framesPerSecond { writer.field("fps", framesPerSecond) }
        writer.field("packet-size", packetSize)
        writer.field("cname", quoting: canonicalName)
        writer.field("report-interval", reportInterval)
        jpeg.write(to: &writer)
        wallClock.write(to: &writer, start: start)
        writer.field("seed", seed)
    }

    fileprivate init(_ line: inout TranscriptLine, start: ContinuousClock.Instant) throws(TranscriptParseError) {
        self.init(
            id: LivePresentationID(rawValue: try line.require("id", TranscriptValue.integer)),
            name: try line.require("name", TranscriptValue.text),
            framesPerSecond: try line.take("fps", TranscriptValue.real),
            canonicalName: try line.take("cname", TranscriptValue.text) ?? "swift-rtsp",
            wallClock: try WallClock(&line, start: start),
            seed: try line.require("seed", TranscriptValue.integer))
        try line.update(&packetSize, "packet-size", TranscriptValue.integer)
        try line.update(&reportInterval, "report-interval", TranscriptValue.duration)
        try jpeg.update(&line)
    }
}

extension JPEGPacketizer.Options {
    /// Only what differs from the defaults: flights from before there was a choice read as they were.
    fileprivate func write(to writer: inout TranscriptWriter) {
        switch quantization {
        case .automatic: break
        case .everyFrame: writer.field("tables", "every-frame")
        case .every(let frames): writer.field("tables", "every=\(max(1, frames))")
        }
        if alignsToRestartIntervals { writer.field("restart-aligned", "yes") }
        switch headerExtension {
        case .whereNeeded: break
        case .always: writer.field("header-extension", "always")
        case .never: writer.field("header-extension", "never")
        }
    }

    fileprivate mutating func update(_ line: inout TranscriptLine) throws(TranscriptParseError) {
        try line.update(&quantization, "tables") { Quantization(parsing: $0) }
        try line.update(&alignsToRestartIntervals, "restart-aligned", TranscriptValue.flag)
        try line.update(&headerExtension, "header-extension") { ["always": .always, "never": .never][$0] }
    }
}

extension JPEGPacketizer.Options.Quantization {
    /// Reads `auto`, `every-frame` and `every=10`; `nil` where it is none of them.
    public init?(parsing text: String) {
        switch text {
        case "auto": self = .automatic
        case "every-frame": self = .everyFrame
        default:
            guard text.hasPrefix("every="), let frames = Int(text.dropFirst(6)), frames > 0 else { return nil }
            self = .every(frames: frames)
        }
    }
}

extension WallClock {
    fileprivate func write(to writer: inout TranscriptWriter, start: ContinuousClock.Instant) {
        writer.field("clock", start.duration(to: instant))
        writer.field("ntp", ntp.rawValue)
    }

    fileprivate init(_ line: inout TranscriptLine, start: ContinuousClock.Instant) throws(TranscriptParseError) {
        let offset = try line.take("clock", TranscriptValue.duration) ?? .zero
        let ntp: UInt64 = try line.take("ntp", TranscriptValue.integer) ?? 0
        self.init(instant: start + offset, ntp: NTPTimestamp(rawValue: ntp))
    }
}

extension EndpointLimits {
    fileprivate func write(to writer: inout TranscriptWriter) {
        writer.field("start-line", parser.startLine)
        writer.field("header-bytes", parser.headerBytes)
        writer.field("header-count", parser.headerCount)
        writer.field("body", parser.body)
        writer.field("junk", parser.junk)
        writer.field("message-time", messageTime)
        writer.field("idle-time", idleTime)
        writer.field("answer-time", answerTime)
        writer.field("pending-bytes", pendingBytes)
        writer.field("sessions", sessionsPerConnection)
        writer.field("maximum-lag", maximumLag)
        writer.field("media-time", mediaTime)
    }

    fileprivate mutating func update(_ line: inout TranscriptLine) throws(TranscriptParseError) {
        try line.update(&parser.startLine, "start-line", TranscriptValue.integer)
        try line.update(&parser.headerBytes, "header-bytes", TranscriptValue.integer)
        try line.update(&parser.headerCount, "header-count", TranscriptValue.integer)
        try line.update(&parser.body, "body", TranscriptValue.integer)
        try line.update(&parser.junk, "junk", TranscriptValue.integer)
        try line.update(&messageTime, "message-time", TranscriptValue.duration)
        try line.update(&idleTime, "idle-time", TranscriptValue.duration)
        try line.update(&answerTime, "answer-time", TranscriptValue.duration)
        try line.update(&pendingBytes, "pending-bytes", TranscriptValue.integer)
        try line.update(&sessionsPerConnection, "sessions", TranscriptValue.integer)
        try line.update(&maximumLag, "maximum-lag", TranscriptValue.duration)
        try line.update(&mediaTime, "media-time", TranscriptValue.duration)
    }
}
