internal import Foundation

/// A temporary folder of a session's own, which goes when the session does.
final class SessionFolder: Sendable {
    let url: URL

    init(id: String) throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("rtsp-player-\(id)", isDirectory: true)
        try FileManager.default.createDirectory(
            at: url, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    }

    deinit { try? FileManager.default.removeItem(at: url) }
}
