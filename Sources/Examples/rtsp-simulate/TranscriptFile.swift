import Foundation
import RTSPKit

/// A transcript or a flight record on disk.
struct TranscriptFile {
    var path: String

    func transcript() throws(SimulateFailure) -> Transcript {
        guard let data = FileManager.default.contents(atPath: path) else { throw .cannotRead("\(path): cannot be read") }
        do {
            return try Transcript(parsing: String(decoding: data, as: UTF8.self), start: .now)
        } catch {
            throw .noTranscript("\(path): \(error)")
        }
    }

    func write(_ transcript: Transcript) throws(SimulateFailure) { try save(transcript.text, to: path) }
}

/// Writes a whole file, or nothing.
func save(_ text: String, to path: String) throws(SimulateFailure) {
    do {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
        throw .cannotWrite("\(path): cannot be written")
    }
}
