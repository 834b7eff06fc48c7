import MJPEGSource
import RTPTransport
import RTSPKit
import RTSPTestKit

/// A client and a server's connection, joined in virtual time, all of whose doors are written down.
struct RecordedPair {
    private enum Parcel {
        case toServer(Transcript.Input)
        case toClient(Transcript.Input)
    }

    static let client = Transcript.Machine(.client, 1)
    static let server = Transcript.Machine(.server, 1)
    static let live = Transcript.Machine(.live, 1)
    static let liveSetup = Transcript.LiveSetup(
        id: LivePresentationID(rawValue: 5), name: "camera", framesPerSecond: 20, canonicalName: "camera",
        wallClock: WallClock(instant: start, ntp: NTPTimestamp(rawValue: 1 << 40)), seed: 99)
    static let start = ContinuousClock.now

    private(set) var transcript = Transcript(start: start)
    private(set) var frames: [PlayoutFrame] = []
    private(set) var now = start
    private var client: ClientConnection
    private var server: ServerConnection
    private var camera: LivePresentation
    private var presentations: [String: Presentation]
    private var underway: [(parcel: Parcel, arrival: ContinuousClock.Instant)] = []
    private var clientRoute: MediaRoute?
    private var serverRoutes: [StreamID: MediaRoute] = [:]
    private var blocked: Set<StreamID> = []
    private var hasBlocked = false
    private var newest: LiveFrame?
    private let loss: Double
    private var generator = SeededGenerator(seed: 3)

    init(
        _ transport: ClientConfiguration.TransportChoice, dialect: ControlDialect = .standard, path: String = "movie",
        loss: Double = 0
    ) {
        var generator = SeededGenerator(seed: Self.liveSetup.seed)
        let setup = Self.liveSetup
        camera = LivePresentation(
            id: setup.id, name: setup.name, framesPerSecond: setup.framesPerSecond, packetSize: setup.packetSize,
            canonicalName: setup.canonicalName, wallClock: setup.wallClock, reportInterval: setup.reportInterval,
            using: &generator)
        presentations = Self.stored
        presentations["/camera"] = .live(camera.description)
        self.loss = loss
        let clientSetup = ClientConfiguration(
            url: dialect == .lab ? path : "rtsp://host/\(path)", transport: transport,
            clientPorts: PortPair(rtp: 5000, rtcp: 5001), ssrc: 0x1234_5678)
        let serverSetup = ServerConnection.Configuration(
            mediaPorts: PortPair(rtp: 6000, rtcp: 6001), wallClock: setup.wallClock)
        client = ClientConnection(configuration: clientSetup, goal: .setUp, dialect: dialect, at: now)
        server = ServerConnection(peer: "192.0.2.1", configuration: serverSetup, at: now)
        transcript.participants = [
            .init(Self.client, .client(clientSetup, goal: .setUp, dialect: dialect), at: .zero),
            .init(Self.server, .server(serverSetup, peer: "192.0.2.1"), at: .zero), .init(Self.live, .live(setup), at: .zero),
        ]
        transcript.presentations = presentations.sorted { $0.key < $1.key }.map {
            .init(.init($0.value), at: $0.key, from: .zero)
        }
    }

    static var stored: [String: Presentation] {
        ["/movie": .stored(StoredPresentation(name: "movie", source: FrameList(count: 100, size: 4000)))]
    }

    // MARK: What happens

    mutating func tell(_ input: Transcript.Input) { enterClient(input) }

    mutating func block(_ isBlocked: Bool) {
        blocked = isBlocked ? Set(serverRoutes.keys) : []
        write(.input(.blocked(blocked)), Self.server)
        if !isBlocked { enterServer(.transportReady) }
    }

    mutating func capture(_ index: Int) {
        let image = SyntheticPicture(scanBytes: 3000, seed: UInt64(index)).bytes
        write(.input(.capture(image, presentationTime: .zero)), Self.live)
        newest = try? camera.packetize(MJPEGFrame(image: image, presentationTime: .zero), at: now)
        guard let newest else { return }
        enterServer(.deliver(live: 1), .frame(newest, of: Self.liveSetup.id))
    }

    mutating func finishLive() {
        enterServer(.finish(live: 1), .goodbye(camera.goodbye(at: now), of: Self.liveSetup.id))
    }

    mutating func run(for duration: Duration) {
        let end = now + duration
        while true {
            let moments = [underway.first?.arrival, client.deadline, blocked.isEmpty ? server.deadline : nil]
            guard let next = moments.compactMap({ $0 }).min(), next <= end else { break }
            now = max(now, next)
            if let first = underway.first, first.arrival <= now {
                underway.removeFirst()
                switch first.parcel {
                case .toServer(let input): enterServer(input)
                case .toClient(let input): enterClient(input)
                }
                continue
            }
            if client.deadline.map({ $0 <= now }) ?? false { enterClient(.advance) }
            if blocked.isEmpty, server.deadline.map({ $0 <= now }) ?? false { enterServer(.advance) }
        }
        now = end
    }

    private mutating func write(_ what: Transcript.What, _ machine: Transcript.Machine) {
        transcript.entries.append(.init(what, to: machine, at: Self.start.duration(to: now)))
    }

    private mutating func send(_ parcel: Parcel) { underway.append((parcel, now + .milliseconds(1))) }

    private mutating func sendDatagram(_ input: Transcript.Input) {
        guard Double.random(in: 0..<1, using: &generator) >= loss else { return write(.note("a datagram lost"), Self.client) }
        send(.toClient(input))
    }

    // MARK: Doors

    private mutating func enterClient(_ input: Transcript.Input) {
        var transport = TranscriptTransport()
        let events = client.take(input, at: now, via: &transport)
        write(.input(input), Self.client)
        for output in transport.takeOutputs() {
            write(.output(output), Self.client)
            switch output {
            case .bytes(let bytes): send(.toServer(.bytes(bytes)))
            case .close: send(.toServer(.connectionClosed))
            case .open(_, let route): clientRoute = route
            case .closeStream: clientRoute = nil
            case .batch: break
            case .report(let report, _):
                switch clientRoute {
                case .interleaved(let channels):
                    let frame = InterleavedFrame(channel: channels.rtcp ?? 1, payload: report)
                    send(.toServer(.bytes(RTSPSerializer.bytes(of: frame))))
                case .datagrams: if let stream = serverRoutes.keys.first { send(.toServer(.report(report, stream))) }
                case nil: break
                }
            }
        }
        for event in events {
            write(.event(event.summary), Self.client)
            if case .frame(let frame) = event { frames.append(frame) }
        }
    }

    private mutating func enterServer(_ input: Transcript.Input, _ media: Transcript.Media? = nil) {
        var transport = TranscriptTransport()
        transport.blockedStreams = blocked
        let events = server.take(input, media: media, at: now, via: &transport)
        write(.input(input), Self.server)
        for output in transport.takeOutputs() {
            write(.output(output), Self.server)
            carryOut(output)
        }
        for event in events { write(.event(event.summary), Self.server) }
        for event in events { answer(event) }
    }

    private mutating func answer(_ event: ServerEvent) {
        switch event {
        case .ask(.find(let path, _, _)):
            let identity = SessionIdentity(using: &generator)
            guard let presentation = presentations[path] else { return enterServer(.refused(.notFound)) }
            enterServer(.found(path: path, identity), .presentation(presentation))
        case .ask(.join): enterServer(.joined(live: 1), .snapshot(camera.snapshot(at: now)))
        default: break
        }
    }

    private mutating func carryOut(_ output: Transcript.Output) {
        switch output {
        case .bytes(let bytes): send(.toClient(.bytes(bytes)))
        case .close: send(.toClient(.connectionClosed))
        case .open(let stream, let route): serverRoutes[stream] = route
        case .closeStream(let stream): serverRoutes[stream] = nil
        case .batch(let batch, let stream):
            switch serverRoutes[stream] {
            case .interleaved(let channels): send(.toClient(.bytes(batch.interleaved(channel: channels.rtp))))
            case .datagrams:
                for index in 0..<batch.count { sendDatagram(.rtp(Array(batch.bytes[batch.range(ofPacketAt: index)]))) }
            case nil: break
            }
        case .report(let report, let stream):
            switch serverRoutes[stream] {
            case .interleaved(let channels):
                send(.toClient(.bytes(RTSPSerializer.bytes(of: InterleavedFrame(channel: channels.rtcp ?? 1, payload: report)))))
            case .datagrams: sendDatagram(.rtcp(report))
            case nil: break
            }
        }
    }
}
