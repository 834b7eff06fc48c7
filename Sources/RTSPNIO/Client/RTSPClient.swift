public import Logging
internal import NIOCore
internal import NIOPosix
public import RTPTransport
public import RTSPKit

/// An RTSP client on real sockets.
///
/// ```swift
/// try await RTSPClient.withPresentation(at: "rtsp://host:8554/movie") { presentation in
///     try await presentation.play(from: .seconds(10)) { frames in
///         for try await frame in frames { show(frame.image) }
///     }
/// }
/// ```
///
/// Scopes instead of handles: leaving one, however it is left, ends what it began.
public enum RTSPClient {
    /// How a client is set up.
    public struct Configuration: Sendable {
        /// The standard, or the course dialect.
        public var dialect: ControlDialect
        /// Which transport media shall take.
        public var transport: ClientConfiguration.TransportChoice
        /// How long frames are held back to even out their arrival.
        public var playout: PlayoutDelay
        /// The local UDP port for the course dialect; 0 lets the system choose.
        public var labPort: UInt16
        /// Frames per second to show a presentation of the course dialect at; `nil` shows frames as they arrive.
        public var labFramesPerSecond: Double?
        /// Where local RTP and RTCP ports are taken from; `nil` lets the system choose.
        public var mediaPorts: ClosedRange<UInt16>?
        /// How long to wait for a connection, and for the answer to a request.
        public var timeout: Duration
        /// How long to wait for datagrams before media is asked for on the control connection.
        public var datagramPatience: Duration
        /// The event loops that serve the sockets; `nil` for those that all of the process shares.
        public var eventLoops: EventLoops?
        /// How many frames may wait for a slow consumer; beyond that the oldest are lost. With 0 the sequence of frames brings none,
        /// only its end: whoever takes frames from ``onEvent`` alone saves the way to a task, and memory is used again at once.
        public var waitingFrames: Int
        /// Who we are: the `User-Agent` header.
        public var userAgent: String
        /// What the server may cost.
        public var limits: EndpointLimits
        /// Whether requests and replies are told as ``RTSPKit/ClientEvent/dialogue(_:)``.
        public var tellsDialogue = false
        /// What stands in for the parts of a picture that never came, where the server begins packets at restart intervals.
        public var concealment: JPEGConcealment = .none
        /// Where diagnostics go; silent unless set.
        public var logger: Logger
        /// Called for every event, on an event loop: return soon, never block.
        public var onEvent: (@Sendable (ClientEvent) -> Void)?
        /// How much of what goes into the connection is recorded; `nil` records nothing.
        public var flightRecording: FlightRecording?
        /// Given the flight once, when a connection that stood is over, before the call that made it returns; on an event loop:
        /// return soon, never block.
        public var onFlight: (@Sendable (Transcript) -> Void)?

        /// A configuration; the defaults suit most servers.
        public init(
            dialect: ControlDialect = .standard, transport: ClientConfiguration.TransportChoice = .auto,
            playout: PlayoutDelay = .adaptive, timeout: Duration = .seconds(5), waitingFrames: Int = 8,
            userAgent: String = "swift-rtsp",
            logger: Logger = Logger(label: "rtsp-client", factory: { _ in SwiftLogNoOpLogHandler() })
        ) {
            self.dialect = dialect
            self.transport = transport
            self.playout = playout
            labPort = 0
            self.timeout = timeout
            datagramPatience = .seconds(3)
            self.waitingFrames = waitingFrames
            self.userAgent = userAgent
            limits = .default
            self.logger = logger
        }
    }

    /// Asks what is at `url`.
    /// - Returns: the description and its bytes as they came.
    /// - Throws: ``RTSPError``.
    public static func describe(
        _ url: String, configuration: Configuration = Configuration()
    ) async throws -> (description: SessionDescription, raw: [UInt8]) {
        try await withDriver(at: url, goal: .describe, configuration: configuration) { driver in
            try await driver.waitUntilDescribed()
        }
    }

    /// Connects, sets up the JPEG stream at `url`, runs `body`, and tears the session down, however `body` ends.
    /// - Throws: ``RTSPError``, what `body` throws, or `CancellationError` where the task was cancelled on the way to it.
    public static func withPresentation<Result: Sendable>(
        at url: String, configuration: Configuration = Configuration(),
        _ body: (RTSPPresentation) async throws -> Result
    ) async throws -> Result {
        try await withDriver(at: url, goal: .setUp, configuration: configuration) { driver in
            let presentation = RTSPPresentation(url: url, try await driver.waitUntilReady(), driver: driver)
            return try await body(presentation)
        }
    }

    private static func withDriver<Result: Sendable>(
        at url: String, goal: ClientConnection.Goal, configuration: Configuration,
        _ body: (ClientDriverReference) async throws -> Result
    ) async throws -> Result {
        let target = try RTSPTarget(url, dialect: configuration.dialect)
        let driver = try await ClientDriverReference.open(target, goal: goal, configuration: configuration)
        do {
            let result = try await body(driver)
            await driver.tearDown()
            return result
        } catch {
            await driver.tearDown()
            throw error
        }
    }
}

/// Where a client connects to.
struct RTSPTarget: Sendable {
    let host: String
    let port: Int
    /// What is asked for: the URL without credentials; in the course dialect the bare file name.
    let url: String

    init(_ text: String, dialect: ControlDialect) throws(RTSPError) {
        do {
            let parsed = try RTSPURL(parsing: text)
            guard parsed.scheme == "rtsp" else {
                throw RTSPError(code: .invalidURL, message: "\(parsed.scheme):// is not supported")
            }
            host = parsed.host
            port = Int(parsed.port)
            switch dialect {
            case .standard: url = parsed.absoluteString
            case .lab: url = parsed.decodedPath?.last ?? ""
            }
        } catch let error as RTSPError {
            throw error
        } catch {
            throw RTSPError(code: .invalidURL, message: "\(text) is not an RTSP URL", underlying: error)
        }
        if dialect == .lab, url.isEmpty {
            throw RTSPError(code: .invalidURL, message: "the course dialect needs a file name in the URL")
        }
    }
}
