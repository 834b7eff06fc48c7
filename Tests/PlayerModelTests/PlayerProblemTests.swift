import RTSPKit
import RTSPNIO
import Testing

@testable import PlayerModel

@Suite struct PlayerProblemTests {
    private static let setup = PlayerSetup(url: "rtsp://camera.example:8554/yard%20east", transport: .auto)

    private static let codes: [(RTSPError.Code, PlayerProblem.Code)] = [
        (.invalidURL, .badAddress), (.cannotBind, .other), (.portsUnavailable, .portsUnavailable), (.refused, .refused),
        (.notFound, .notFound), (.unsupportedMedia, .noJPEG), (.unsupportedTransport, .transportRefused), (.timedOut, .noAnswer),
        (.noMedia, .noMedia), (.connectionLost, .lost), (.protocolViolation, .protocol), (.unauthorized, .unauthorized),
        (.alreadyOffered, .other), (.closed, .lost), (.invalidState, .other),
    ]

    @Test func `every failure of the client has a code of ours`() {
        for (code, expected) in Self.codes {
            #expect(PlayerProblem(RTSPError(code: code, message: "m"), of: Self.setup).code == expected)
        }
    }

    @Test(arguments: [
        ("connection refused (errno: 111)", PlayerProblem.Code.serverRefused), ("connectTimeout(5)", .noAnswer),
        ("No route to host", .noAnswer), ("Network is unreachable", .noAnswer), ("unknownHost", .hostUnknown),
        ("SocketAddressError.unknown(host: x): getaddrinfo", .hostUnknown), ("something new", .serverRefused),
    ])
    func `why there is no connection is told apart`(_ words: String, _ expected: PlayerProblem.Code) {
        struct Cause: Error, CustomStringConvertible { var description: String }
        let error = RTSPError(code: .cannotConnect, message: "cannot connect", underlying: Cause(description: words))
        #expect(PlayerProblem(error, of: Self.setup).code == expected)
    }

    private static let kinds: [(ClientFailure.Kind, PlayerProblem.Code)] = [
        (.refused(.describe, .notFound), .notFound), (.refused(.describe, .unauthorized), .unauthorized),
        (.refused(.setup, .methodNotValidInThisState), .refused), (.unsupportedMedia, .noJPEG),
        (.unsupportedTransport, .transportRefused), (.timedOut(.setup), .noAnswer), (.noMedia, .noMedia),
        (.protocolViolation, .protocol), (.connectionLost, .lost),
    ]

    @Test func `every end of a session has a code of ours`() {
        for (kind, expected) in Self.kinds {
            #expect(PlayerProblem(ClientFailure(kind, "d"), of: Self.setup).code == expected)
        }
    }

    @Test(arguments: PlayerProblem.Code.allCases, ["", "a reason"])
    func `every problem has a message and an advice in whole sentences`(_ code: PlayerProblem.Code, _ detail: String) {
        let problem = PlayerProblem(code, of: Self.setup, detail: detail)
        #expect(problem.message.hasSuffix(".") && !problem.message.contains(".."))
        #expect(problem.advice.hasSuffix(".") && problem.advice.count > 20)
        #expect(
            problem.message.first?.isUppercase == true || problem.message.hasPrefix("camera") || problem.message.hasPrefix("“"))
    }

    @Test func `a problem names the host or the stream`() {
        #expect(PlayerProblem(.notFound, of: Self.setup).message == "camera.example has no stream “yard east”.")
        #expect(PlayerProblem(.serverRefused, of: Self.setup).message == "Nothing listens at camera.example, port 8554.")
    }

    @Test func `without packets over UDP alone the advice is TCP`() {
        var setup = Self.setup
        setup.transport = .udp
        #expect(PlayerProblem(.noMedia, of: setup).advice.contains("TCP"))
        #expect(!PlayerProblem(.noMedia, of: Self.setup).advice.contains("TCP"))
    }

    @Test func `a hostile name comes out bounded and on one line`() {
        let name = "x%0A%1B<b>" + String(repeating: "y", count: 5000)
        let problem = PlayerProblem(.notFound, of: .init(url: "rtsp://h/\(name)"), detail: "a\nb")
        #expect(problem.message.count < 300)
        #expect(!problem.message.contains { $0.isNewline })
    }
}
