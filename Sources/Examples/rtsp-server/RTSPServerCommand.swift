public import ArgumentParser
import JPEGCoding
public import Logging
import MJPEGSource
public import RTPTransport
import RTSPKit
import RTSPNIO
import ServiceLifecycle
import UnixSignals

@main
struct RTSPServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rtsp-server",
        abstract: "Serves Motion JPEG over RTSP: files, folders, a camera on standard input, a test pattern.",
        discussion: """
            A MEDIA is [name=]path[@fps]: a lab-format file, a file of concatenated JPEGs, a folder of JPEG files, or - for \
            JPEGs on standard input (live). The kind is recognised by content. Standard RTSP and the course dialect are \
            served on the same port.

            Exit status: 0 stopped by a signal; 64 usage; 66 a medium is missing, unreadable or empty; 69 the address or \
            port cannot be had.
            """)

    @Argument(help: "What to offer, each under its file name unless named.")
    var media: [String] = []
    @Option(help: "A live test pattern: name[=WxH@fps]. Repeatable.")
    var pattern: [String] = []
    @Option(help: "A file played over and over, live, the same picture for everyone: [name=]path[@fps]. Repeatable.")
    var live: [String] = []
    @Option(help: "Offer every media file in this folder, also those added later.")
    var root: String?
    @Option(help: "The TCP port.")
    var port: Int = 8554
    @Option(help: "The address to listen on.")
    var bind: String = "0.0.0.0"
    @Option(help: "Frames per second of files, which have no timing of their own.")
    var fps: Double = 25
    @Flag(help: "Start stored media again at its end.")
    var loop = false
    @Option(name: .customLong("rtp-ports"), help: "The server's UDP ports, A-B; by default any free ones.")
    var rtpPorts: String?
    @Option(help: "How many threads serve connections; by default one for each core.")
    var threads: Int?
    @Option(help: "How a frame's datagrams leave: PACKETS/MILLISECONDS, so many at a time and so long between, or burst.")
    var pacing: PacingChoice = .init(pacing: Pacing())
    @Flag(
        name: .customLong("no-offload"), help: "Hand datagrams to the system one by one, also where it could cut them up itself.")
    var noOffload = false
    @Option(name: .customLong("lab-fps"), help: "Frames per second for clients of the course dialect.")
    var labFPS: Double = 20
    @Option(
        name: .customLong("lab-fragments"),
        help: "How frames over 20468 bytes reach clients of the course dialect: frame-sequence, packet-sequence, always, never.")
    var labFragments: LabFragmentation = .frameSequence
    @Option(help: "Whether pictures that RFC 2435 cannot carry are coded anew: auto, off.")
    var convert: ConversionChoice = .auto
    @Option(name: .customLong("conversion-threads"), help: "How many threads code pictures anew.")
    var conversionThreads: Int?
    @Flag(help: "Let clients ask for variants: rtsp://host/name?scale=1/2&quality=50&maxBitRate=2M&adapt=loss")
    var adapt = false
    @Flag(name: .customLong("adapt-to-loss"), help: "Lower the quality of what is sent while its readers lose packets.")
    var adaptToLoss = false
    @Flag(name: .customLong("restart-aligned"), help: "Begin packets at restart markers, where pictures have them.")
    var restartAligned = false
    @Option(help: "When quantization tables are sent: auto, every-frame, every=N.")
    var tables: TablesChoice = .init(quantization: .automatic)
    @Option(name: .customLong("max-sessions"), help: "How many sessions there may be at once.")
    var maxSessions: Int = 10_000
    @Option(
        name: .customLong("record-flights"),
        help: "Write what went into each connection into a file in this folder; after 1000 files no more are written.")
    var recordFlights: String?
    @Flag(help: "Say nothing of sessions that begin and end.")
    var quiet = false
    @Option(name: .customLong("log-level"), help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel: Logger.Level = .warning

    mutating func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port must be 0 to 65535") }
        guard (0.1...1000).contains(fps) else { throw ValidationError("--fps must be 0.1 to 1000") }
        guard (0.1...1000).contains(labFPS) else { throw ValidationError("--lab-fps must be 0.1 to 1000") }
        guard (1...256).contains(conversionThreads ?? 1) else { throw ValidationError("--conversion-threads must be 1 to 256") }
        if convert == .off, adapt || adaptToLoss { throw ValidationError("--adapt and --adapt-to-loss need --convert auto") }
        guard (1...1024).contains(threads ?? 1) else { throw ValidationError("--threads must be 1 to 1024") }
        guard maxSessions > 0 else { throw ValidationError("--max-sessions must be at least 1") }
        guard !media.isEmpty || !pattern.isEmpty || !live.isEmpty || root != nil else {
            throw ValidationError("nothing to offer: name a MEDIA, --root, --live or --pattern")
        }
    }

    func run() async throws {
        do {
            try await serve()
        } catch let failure as ServerFailure {
            complain("\(failure)")
            throw ExitCode(failure.status)
        }
    }

    private func serve() async throws {
        let flights = try recordFlights.map { try FlightFolder(path: $0) }
        let server = RTSPServer(configuration: try serverConfiguration(flights))
        let offers = try Offers(command: self, server: server)
        let url = "rtsp://\(displayHost)"
        var logger = Logger(label: "rtsp-server")
        logger.logLevel = logLevel
        let group = ServiceGroup(
            services: [
                ServerService(server: server) { port in
                    for name in offers.names { say("offering \(url):\(port)/\(name.urlPath)") }
                    say("ready on port \(port)")
                }
            ] + offers.cameras.map(CameraService.init),
            gracefulShutdownSignals: [.sigint, .sigterm], logger: logger)
        offers.startReading()
        do {
            try await group.run()
        } catch let error as RTSPError {
            throw ServerFailure.unavailable("\(error)")
        }
        flights?.finish()
        if let line = ConversionLog.line(server.conversions) { say(line) }
        if let line = DeliveryLog.line(server.delivery) { say(line) }
        say("stopped")
    }

    private var displayHost: String {
        bind == "0.0.0.0" || bind == "::" ? "127.0.0.1" : bind.contains(":") ? "[\(bind)]" : bind
    }

    private func serverConfiguration(_ flights: FlightFolder?) throws -> RTSPServer.Configuration {
        var logger = Logger(label: "rtsp-server")
        logger.logLevel = logLevel
        var configuration = RTSPServer.Configuration(host: bind, port: port, logger: logger)
        configuration.maximumSessions = maxSessions
        configuration.eventLoopCount = threads
        configuration.pacing = pacing.pacing
        if noOffload { configuration.segmentationOffload = false }
        configuration.lab = LabConfiguration(framesPerSecond: labFPS, fragmentation: labFragments)
        if let rtpPorts {
            let bounds = rtpPorts.split(separator: "-").compactMap { UInt16($0) }
            guard bounds.count == 2, bounds[0] < bounds[1] else {
                throw ServerFailure.usage("--rtp-ports: expected A-B with A below B")
            }
            configuration.mediaPorts = bounds[0]...bounds[1]
            // Each event loop takes a pair of its own.
            configuration.eventLoopCount = max(1, min(configuration.eventLoops, (Int(bounds[1]) - Int(bounds[0]) + 1) / 2))
        }
        if let flights {
            configuration.flightRecording = FlightRecording()
            configuration.onFlight = { flights.write($1, of: $0) }
        }
        configuration.jpeg.alignsToRestartIntervals = restartAligned
        configuration.jpeg.quantization = tables.quantization
        if convert == .auto {
            configuration.converter = TurboJPEGConverter()
            if let conversionThreads { configuration.conversionThreads = conversionThreads }
            configuration.adaptation = Adaptation(honoursQueries: adapt, followsLoss: adaptToLoss)
            configuration.onConversion = { say(ConversionLog.line($0, $1)) }
        }
        configuration.onEvent = { [quiet] peer, event in
            if quiet, SessionLog.isOfEveryDay(event) { return }
            if let line = SessionLog.line(peer, event) { say(line) }
        }
        return configuration
    }
}

/// Whether pictures are converted.
enum ConversionChoice: String, ExpressibleByArgument {
    case auto, off
}

/// When quantization tables are sent, as the command line says it.
struct TablesChoice: ExpressibleByArgument {
    let quantization: JPEGPacketizer.Options.Quantization

    init(quantization: JPEGPacketizer.Options.Quantization) { self.quantization = quantization }

    init?(argument: String) {
        guard let quantization = JPEGPacketizer.Options.Quantization(parsing: argument) else { return nil }
        self.quantization = quantization
    }

    var defaultValueDescription: String { "auto" }
}

/// How datagrams are spread over time, as the command line says it.
struct PacingChoice: ExpressibleByArgument {
    let pacing: Pacing

    init(pacing: Pacing) { self.pacing = pacing }

    init?(argument: String) {
        if argument == "burst" {
            pacing = .burst
            return
        }
        let parts = argument.split(separator: "/", maxSplits: 1)
        guard parts.count == 2, let packets = Int(parts[0]), packets > 0, let milliseconds = Double(parts[1]),
            (0.1...1000).contains(milliseconds)
        else { return nil }
        pacing = Pacing(packetsPerChunk: packets, interval: .seconds(milliseconds / 1000))
    }

    var defaultValueDescription: String {
        "\(pacing.packetsPerChunk)/\(pacing.interval / .milliseconds(1))"
    }
}

extension LabFragmentation: ExpressibleByArgument {}
extension Logger.Level: @retroactive ExpressibleByArgument {}

/// Prints a line at once, also into a pipe.
func say(_ line: String) { StandardStream.output(line + "\n") }

/// Prints a line on standard error.
func complain(_ line: String) { StandardStream.errors("rtsp-server: \(line)\n") }

/// Runs the server until a graceful shutdown.
private struct ServerService: Service {
    let server: RTSPServer
    let listening: @Sendable (Int) -> Void

    func run() async throws { try await server.run(listening: listening) }
}

/// Draws until a graceful shutdown.
private struct CameraService: Service {
    let camera: PatternCamera

    func run() async throws {
        await cancelWhenGracefulShutdown { await camera.run() }
    }
}
