#if Player
    import Foundation
    import Hummingbird
    import Logging
    import NIOCore
    import PlayerModel
    import ServiceLifecycle
    import Synchronization
    import UnixSignals

    /// The web server, from start to end.
    struct PlayerServer {
        /// The port cannot be had.
        struct Unavailable: Error, CustomStringConvertible {
            let description: String
        }

        private let command: PlayerCommand
        private let sessions: PlayerSessions
        private let logger: Logger

        init(command: PlayerCommand) {
            self.command = command
            var configuration = PlayerSession.Configuration()
            configuration.buffer = command.buffer.map { .milliseconds($0) }
            sessions = PlayerSessions(configuration: configuration)
            var logger = Logger(label: "rtsp-player", factory: { StreamLogHandler.standardError(label: $0) })
            logger.logLevel = command.logLevel
            self.logger = logger
        }

        /// Serves until a signal comes.
        /// - Throws: ``Unavailable``.
        func run() async throws {
            let listening = Listening()
            let (bind, allowed) = (command.bind, command.allowHost)
            let application = Application(
                responder: PlayerResponder(listening: listening, streams: command.urls, sessions: sessions, logger: logger),
                configuration: .init(address: .hostname(command.bind, port: command.port)),
                onServerRunning: { channel in
                    let port = channel.localAddress?.port ?? 0
                    listening.begin(RequestGuard(port: port, bind: bind, allowedHosts: allowed))
                    Self.say("rtsp-player: http://\(Self.displayed(bind)):\(port)/")
                }, logger: logger)
            // The last one stops first: the sessions, and with them the streams that the web server would wait for.
            let group = ServiceGroup(
                services: [application, SessionsService(sessions: sessions)], gracefulShutdownSignals: [.sigint, .sigterm],
                logger: logger)
            do {
                try await group.run()
            } catch {
                guard listening.hasBegun else {
                    throw Unavailable(description: "\(command.bind), port \(command.port), cannot be had: \(Self.words(error))")
                }
                throw error
            }
        }

        private static func displayed(_ bind: String) -> String {
            bind == "0.0.0.0" || bind == "::" ? "127.0.0.1" : bind.contains(":") ? "[\(bind)]" : bind
        }

        private static func words(_ error: any Error) -> String {
            (error as? IOError).map { unsafe String(cString: strerror($0.errnoCode)) } ?? "\(error)"
        }

        /// Prints a line at once, also into a pipe.
        private static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
    }

    /// What is known once the server listens.
    final class Listening: Sendable {
        private let state = Mutex<RequestGuard?>(nil)

        func begin(_ requests: RequestGuard) { state.withLock { $0 = requests } }

        /// Who may ask; `nil` before the port is known.
        var requests: RequestGuard? { state.withLock { $0 } }
        var hasBegun: Bool { requests != nil }
    }

    /// Ends all sessions when the player is to stop.
    private struct SessionsService: Service {
        let sessions: PlayerSessions

        /// How long a stop may take.
        private static let patience = Duration.milliseconds(2500)

        func run() async throws {
            try? await gracefulShutdown()
            // A server that does not answer TEARDOWN, or a browser that reads no more, holds nobody up.
            Task.detached {
                try? await Task.sleep(for: Self.patience)
                exit(0)
            }
            await sessions.end()
        }
    }
#endif
