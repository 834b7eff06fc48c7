public import RTSPKit
internal import RTSPNIO

/// What went wrong, in plain words, and what to do about it.
public struct PlayerProblem: Encodable, Hashable, Sendable, Error {
    /// What kind of problem it is.
    public enum Code: String, Encodable, Hashable, Sendable, CaseIterable {
        case badAddress, serverRefused, hostUnknown, noAnswer, notFound, unauthorized, noJPEG, noMedia, transportRefused, lost
        case `protocol`, refused, portsUnavailable, other
    }

    /// What kind of problem it is.
    public var code: Code
    /// What happened.
    public var message: String
    /// What to do.
    public var advice: String

    /// A problem of this kind with `setup`; `detail` is what the client or the server said of it.
    public init(_ code: Code, of setup: PlayerSetup, detail: String = "") {
        let place = Place(setup)
        self.code = code
        message = Self.message(code, place, PlainText.line(detail))
        advice = Self.advice(code, place)
    }

    /// The problem that `error` is.
    public init(_ error: any Error, of setup: PlayerSetup) {
        guard let error = error as? RTSPError else {
            self = (error as? PlayerProblem) ?? PlayerProblem(.other, of: setup, detail: "\(error)")
            return
        }
        self.init(Self.code(of: error), of: setup, detail: error.description)
    }

    /// Where a problem is: as the address has it, made fit to be shown.
    private struct Place {
        var host: String
        var port: String
        var stream: String
        var transport: ClientConfiguration.TransportChoice

        init(_ setup: PlayerSetup) {
            let url = try? RTSPURL(parsing: setup.url)
            host = PlainText.line(url?.host ?? "the server", limit: 100)
            port = url.map { "\($0.port)" } ?? "554"
            let path = url?.decodedPath?.joined(separator: "/") ?? url?.path ?? ""
            stream = PlainText.line(path.isEmpty ? "/" : path, limit: 200)
            transport = setup.transport
        }
    }

    /// The problem that a client's `failure` is.
    public init(_ failure: ClientFailure, of setup: PlayerSetup) {
        self.init(Self.code(of: failure.kind), of: setup, detail: failure.description)
    }

    /// What is wrong with the address of `setup`, read as `url`; `nil` where nothing is.
    static func ofAddress(_ setup: PlayerSetup, _ url: RTSPURL?) -> PlayerProblem? {
        guard let url else {
            let isOther = setup.url.contains("://") && !setup.url.lowercased().hasPrefix("rtsp")
            return PlayerProblem(.badAddress, of: setup, detail: isOther ? "it does not begin with rtsp://" : "")
        }
        guard url.scheme == "rtsp" else {
            return PlayerProblem(.badAddress, of: setup, detail: "\(url.scheme):// is not spoken here")
        }
        guard url.user == nil, url.password == nil else {
            return PlayerProblem(
                .badAddress, of: setup, detail: "it has a user name or a password in it, and this player cannot log in")
        }
        return nil
    }

    // MARK: Which

    static func code(of kind: ClientFailure.Kind) -> Code {
        switch kind {
        case .refused(_, .notFound): .notFound
        case .refused(_, .unauthorized): .unauthorized
        case .refused: .refused
        case .unsupportedMedia: .noJPEG
        case .unsupportedTransport: .transportRefused
        case .timedOut: .noAnswer
        case .noMedia: .noMedia
        case .protocolViolation: .protocol
        case .connectionLost: .lost
        }
    }

    static func code(of error: RTSPError) -> Code {
        switch error.code {
        case .invalidURL: .badAddress
        case .cannotConnect: connectCode(error)
        case .notFound: .notFound
        case .unauthorized: .unauthorized
        case .unsupportedMedia: .noJPEG
        case .noMedia: .noMedia
        case .unsupportedTransport: .transportRefused
        case .connectionLost, .closed: .lost
        case .timedOut: .noAnswer
        case .protocolViolation: .protocol
        case .refused: .refused
        case .portsUnavailable: .portsUnavailable
        default: .other
        }
    }

    /// Why no connection could be made: told apart by what the system said.
    private static func connectCode(_ error: RTSPError) -> Code {
        let words = error.description.lowercased()
        if words.contains("refused") { return .serverRefused }
        let unanswered = ["timeout", "timed out", "unreachable", "no route", "is down"]
        if unanswered.contains(where: words.contains) { return .noAnswer }
        let unknown = ["dns", "resolve", "unknownhost", "nodename", "name or service", "getaddrinfo", "no address"]
        return unknown.contains(where: words.contains) ? .hostUnknown : .serverRefused
    }

    // MARK: In words

    private static func message(_ code: Code, _ place: Place, _ detail: String) -> String {
        let said = detail.isEmpty ? "" : " (\(detail))"
        return switch code {
        case .badAddress:
            detail.isEmpty ? "This is not an address of a stream." : "This is not an address of a stream: \(detail)."
        case .serverRefused: "Nothing listens at \(place.host), port \(place.port)."
        case .hostUnknown: "There is no host \(place.host)."
        case .noAnswer: "\(place.host), port \(place.port), does not answer."
        case .notFound: "\(place.host) has no stream “\(place.stream)”."
        case .unauthorized: "\(place.host) wants a user name and a password for “\(place.stream)”."
        case .noJPEG: "“\(place.stream)” at \(place.host) has no JPEG video\(said)."
        case .noMedia: "\(place.host) says that it plays “\(place.stream)”, but no pictures arrive."
        case .transportRefused: "\(place.host) does not send by \(name(of: place.transport))."
        case .lost: "The server went away: the connection to \(place.host) broke."
        case .protocol: "\(place.host), port \(place.port), does not keep to the protocol\(said)."
        case .refused: "\(place.host) refused\(said)."
        case .portsUnavailable: "No pair of UDP ports is free on this machine."
        case .other: detail.isEmpty ? "Something went wrong with \(place.host)." : "Something went wrong: \(detail)."
        }
    }

    private static func name(of transport: ClientConfiguration.TransportChoice) -> String {
        switch transport {
        case .auto: "UDP or TCP"
        case .udp: "UDP"
        case .tcp: "TCP"
        }
    }

    private static func advice(_ code: Code, _ place: Place) -> String {
        switch code {
        case .badAddress: "Write it as rtsp://host:port/stream, without a user name and a password."
        case .serverRefused: "Start the server there, or check the host and the port in the address; then try again."
        case .hostUnknown: "Check the name for typing errors, or write the server's number, such as 192.168.1.20."
        case .noAnswer: "Check that the machine is on and that no firewall lies between; then try again."
        case .notFound: "Check the name of the stream, capital letters included, against what the server offers."
        case .unauthorized: "This player cannot log in yet: ask for a stream that is open to everybody."
        case .noJPEG: "This player shows Motion JPEG only: choose another stream, or let the server offer this one as JPEG."
        case .noMedia:
            place.transport == .udp
                ? "A firewall may hold back UDP: choose the transport TCP and set up again."
                : "Look at the server's messages: its source may be empty or have stopped; then try again."
        case .transportRefused: "Choose another transport, or Auto, and set up again."
        case .lost: "Check that the server still runs; then try again."
        case .protocol: "Check that the port is that of an RTSP server, and whether it wants the course dialect."
        case .refused: "The dialogue below shows what the server answered; try again later or choose another stream."
        case .portsUnavailable: "End programs that hold many ports, or choose the transport TCP."
        case .other: "Try again; the dialogue below shows how far it came."
        }
    }
}
