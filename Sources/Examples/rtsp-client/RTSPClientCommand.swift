import ArgumentParser
import Foundation
import RTSPNIO

@main
struct RTSPClientCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rtsp-client",
        abstract: "Asks RTSP servers what they have, and plays it.",
        discussion: """
            Exit status: 0 at least one whole frame arrived and the session ended as asked; 64 usage; 65 the presentation has no \
            JPEG video, or a frame does not fit the recording; 66 no such presentation; 68 no connection; 69 the server refused; \
            73 a file cannot be written; 74 the connection broke; 75 no answer or no media in time; 76 the server does not keep \
            to the protocol; 77 the server wants credentials.
            """,
        subcommands: [DescribeCommand.self, PlayCommand.self, ReceiveCommand.self])
}

/// A failure with its exit status (the numbers are those of sysexits.h).
struct ClientExit: Error {
    var status: Int32
    var message: String

    init(_ status: Int32, _ message: String) {
        self.status = status
        self.message = message
    }

    init(_ error: any Error) {
        switch error {
        case let exit as ClientExit: self = exit
        case let error as RTSPError: self.init(Self.status(of: error.code), error.description)
        default: self.init(70, "\(error)")
        }
    }

    private static func status(of code: RTSPError.Code) -> Int32 {
        switch code {
        case .invalidURL: 64
        case .unsupportedMedia: 65
        case .notFound: 66
        case .cannotConnect: 68
        case .refused, .unsupportedTransport, .portsUnavailable: 69
        case .connectionLost, .closed: 74
        case .timedOut, .noMedia: 75
        case .protocolViolation: 76
        case .unauthorized: 77
        default: 70
        }
    }

    /// Says what happened in one line and ends the program.
    func leave() -> ExitCode {
        complain(message)
        return ExitCode(status)
    }
}

/// Prints a line at once, also into a pipe.
func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

/// Prints a line on standard error.
func complain(_ line: String) {
    let oneLine = line.split(whereSeparator: \.isNewline).joined(separator: " ")
    FileHandle.standardError.write(Data("rtsp-client: \(oneLine)\n".utf8))
}
