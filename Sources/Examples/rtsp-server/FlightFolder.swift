import Dispatch
import RTSPKit
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Writes the flights of connections into a folder, one file each, on a thread of its own.
final class FlightFolder: Sendable {
    /// How many files one run of the server writes.
    static let maximumFiles = 1000

    private let folder: URL
    private let queue = DispatchQueue(label: "flights")
    private let count = Mutex(0)

    /// Takes `path` for the folder, and makes it where it is missing.
    init(path: String) throws {
        folder = URL(fileURLWithPath: path, isDirectory: true)
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw ServerFailure.usage("--record-flights: \(path) is no folder and cannot be made one")
        }
    }

    /// Writes a flight; the caller does not wait for it.
    func write(_ flight: Transcript, of peer: String) {
        let number = count.withLock { count in
            count += 1
            return count
        }
        guard number <= Self.maximumFiles else {
            if number == Self.maximumFiles + 1 { complain("\(Self.maximumFiles) flights are written, and no more will be") }
            return
        }
        let file = folder.appendingPathComponent(Self.name(number, peer: peer, at: Date()))
        queue.async {
            do {
                try Data(flight.text.utf8).write(to: file, options: .atomic)
            } catch {
                complain("cannot write \(file.path): \(error)")
            }
        }
    }

    /// Waits until everything is written.
    func finish() { queue.sync {} }

    /// For example `20261127T072512Z-0001-192.0.2.1-50112.flight`. Nothing in it can lead out of the folder.
    static func name(_ number: Int, peer: String, at date: Date) -> String {
        let time = date.ISO8601Format().filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
        let who = peer.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == ".") ? $0 : "-" }
        return "\(time)-\(String(number).padded(to: 4))-\(String(who.prefix(64))).flight"
    }
}
