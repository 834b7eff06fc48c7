import Foundation
import RTPTransport

/// JPEG files of all kinds, by name.
enum Pictures {
    /// Those that `Scripts/make-jpeg-fixtures` has drawn, 61 by 43 pixels.
    static let small: [String: [UInt8]] = files(in: URL(filePath: #filePath).appending(path: "../../Fixtures"), prefix: "")

    /// Larger ones from beside the repository, on machines that have them: photographs of 320 by 240 pixels and more, and broken files.
    static let large: [String: [UInt8]] = files(
        in: ProcessInfo.processInfo.environment["RTSP_SHARED_MEDIA"].map { URL(filePath: $0).appending(path: "jpeg") }
            ?? URL(filePath: #filePath).appending(path: "../../../../../shared/media/jpeg"), prefix: "large_")

    /// All of them.
    static let all = small.merging(large) { first, _ in first }

    /// Those of all that are carried in a way that `condition` names, sorted by name.
    static func names(where condition: (JPEGCarriage) -> Bool) -> [String] {
        all.filter { condition(JPEGCarriage(of: $0.value.span)) }.map(\.key).sorted()
    }

    /// The names that end so, of both kinds.
    static func names(_ endings: String...) -> [String] {
        all.keys.filter { name in endings.contains { name == $0 || name == "large_" + $0 } }.sorted()
    }

    private static func files(in folder: URL, prefix: String) -> [String: [UInt8]] {
        let folder = folder.standardizedFileURL
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
        var result: [String: [UInt8]] = [:]
        for name in names where name.hasSuffix(".jpg") {
            result[prefix + name.dropLast(4)] = (try? Data(contentsOf: folder.appending(path: name))).map(Array.init)
        }
        return result
    }
}

extension [UInt8] {
    /// How RFC 2435 carries this file.
    var carriage: JPEGCarriage { JPEGCarriage(of: span) }

    /// What a packetizer sees of it.
    func header() throws -> JPEGImageHeader { try JPEGImageHeader(scanning: span) }
}
