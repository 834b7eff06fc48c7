#if Player
    import ArgumentParser

    @main
    struct PlayerCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "rtsp-player")
        func run() async throws { print(PackageResources.index_html.count) }
    }
#else
    import ArgumentParser
    import Foundation

    /// What is built without the web server.
    @main
    struct PlayerCommand: ParsableCommand {
        func run() throws {
            FileHandle.standardError.write(
                Data("rtsp-player was built without its web server: swift run --traits default,Player rtsp-player\n".utf8))
            throw ExitCode(69)
        }
    }
#endif
