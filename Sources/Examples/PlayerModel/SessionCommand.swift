internal import Foundation
internal import RTSPKit

/// What a tab asks of its session.
public enum SessionCommand: Hashable, Sendable {
    /// Connect to the server and set the presentation up.
    case setup(PlayerSetup)
    /// Play, or go on after a pause.
    case play
    /// Halt, keeping the position.
    case pause
    /// Go to this position, exact to the frame.
    case seek(to: Duration)
    /// End the RTSP session.
    case teardown
    /// Whether stored media begins again at its end.
    case loop(Bool)
    /// Begin or end a recording.
    case record(Bool)
    /// Try again what failed, or what is being waited for, at once.
    case retry
    /// The tab is going.
    case close
}

/// Why a command is not carried out; nothing has changed.
public enum CommandRefusal: Error, Hashable, Sendable {
    /// There is no such command, or its body makes no sense.
    case badRequest(String)
    /// The state does not allow it.
    case notPossibleNow(String)
}

extension SessionCommand {
    private struct Body: Decodable {
        var url: String?
        var transport: String?
        var lab: Bool?
        var to: Double?
        var on: Bool?
    }

    /// Reads a command from its name and its JSON body.
    /// - Throws: ``CommandRefusal/badRequest(_:)``.
    public init(name: String, body bytes: [UInt8]) throws(CommandRefusal) {
        let body: Body
        do {
            body = try JSONDecoder().decode(Body.self, from: Data(bytes))
        } catch {
            throw .badRequest("The body of \(PlainText.line(name, limit: 20)) is not the JSON that it should be.")
        }
        switch name {
        case "setup": self = .setup(try Self.setup(body))
        case "play": self = .play
        case "pause": self = .pause
        case "seek": self = .seek(to: try Self.position(body))
        case "teardown": self = .teardown
        case "loop": self = .loop(try Self.isOn(body, name))
        case "record": self = .record(try Self.isOn(body, name))
        case "retry": self = .retry
        case "close": self = .close
        default: throw .badRequest("There is no command \(PlainText.line(name, limit: 20)).")
        }
    }

    private static func setup(_ body: Body) throws(CommandRefusal) -> PlayerSetup {
        guard let url = body.url else { throw .badRequest("setup needs a url.") }
        guard let transport = ClientConfiguration.TransportChoice(rawValue: body.transport ?? "auto") else {
            throw .badRequest("The transport is auto, udp or tcp.")
        }
        return PlayerSetup(url: url, transport: transport, isLab: body.lab ?? false)
    }

    private static func position(_ body: Body) throws(CommandRefusal) -> Duration {
        guard let seconds = body.to, (0...1e7).contains(seconds) else {
            throw .badRequest("seek needs a position in seconds: to, 0 or more.")
        }
        return .seconds(seconds)
    }

    private static func isOn(_ body: Body, _ name: String) throws(CommandRefusal) -> Bool {
        guard let on = body.on else { throw .badRequest("\(name) needs on: true or false.") }
        return on
    }
}
