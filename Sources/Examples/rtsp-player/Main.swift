#if Player
    public import ArgumentParser
    import Foundation
    public import Logging
    import RTSPKit

    @main
    struct PlayerCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rtsp-player",
            abstract: "Plays RTSP streams in the browser: a local web page with Setup, Play, Pause and Teardown.",
            discussion: """
                A URL is a stream to offer on the page; the first one is filled in. Only this machine can reach the page unless \
                --bind says otherwise.

                Exit status: 0 stopped by a signal; 64 usage; 69 the port cannot be had.
                """)

        @Argument(help: "rtsp://host[:port]/path")
        var urls: [String] = []
        @Option(help: "The TCP port of the page; 0 takes any.")
        var port: Int = 8080
        @Option(help: "The address to listen on.")
        var bind: String = "127.0.0.1"
        @Option(
            name: .customLong("allow-host"), parsing: .singleValue,
            help: "Another name by which browsers reach this machine. Repeatable.")
        var allowHost: [String] = []
        @Option(help: "Milliseconds that frames are held back; without it the delay follows the network's jitter.")
        var buffer: Int?
        @Option(name: .customLong("log-level"), help: "trace, debug, info, notice, warning, error or critical.")
        var logLevel: Logger.Level = .warning

        mutating func validate() throws {
            guard (0...65_535).contains(port) else { throw ValidationError("--port must be 0 to 65535") }
            if let buffer, !(0...60_000).contains(buffer) { throw ValidationError("--buffer must be 0 to 60000") }
            guard !bind.isEmpty else { throw ValidationError("--bind needs an address") }
            for url in urls {
                guard let parsed = try? RTSPURL(parsing: url), parsed.scheme == "rtsp" else {
                    throw ValidationError("\(url) is not an rtsp:// URL")
                }
                guard parsed.user == nil, parsed.password == nil else {
                    throw ValidationError("a URL has a user name or a password in it, and this player cannot log in")
                }
            }
        }

        func run() async throws {
            do {
                try await PlayerServer(command: self).run()
            } catch let failure as PlayerServer.Unavailable {
                FileHandle.standardError.write(Data("rtsp-player: \(failure)\n".utf8))
                throw ExitCode(69)
            }
        }
    }

    extension Logger.Level: @retroactive ExpressibleByArgument {}
#else
    import ArgumentParser
    import Foundation

    /// What is built without the web server.
    @main
    struct PlayerCommand: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "rtsp-player")

        func run() throws {
            FileHandle.standardError.write(
                Data("rtsp-player was built without its web server: swift run --traits default,Player rtsp-player\n".utf8))
            throw ExitCode(69)
        }
    }
#endif
