internal import ArgumentParser
internal import Foundation
internal import JPEGCoding
internal import TestScene

/// Writes the two movies that the examples serve.
@main struct SampleMedia: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sample-media",
        abstract: "Writes movie.Mjpeg and sample_1280x720.Mjpeg, where they are not there yet.")

    @Argument(help: "The folder to write into; it is made if it is not there.")
    var directory: String

    func run() throws {
        let folder = URL(fileURLWithPath: directory, isDirectory: true)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for movie in [SampleMovie.course, .plain] {
            let file = folder.appendingPathComponent(movie.name)
            if FileManager.default.fileExists(atPath: file.path) {
                print("\(file.path): there already")
                continue
            }
            let contents = try movie.contents()
            try Data(contents).write(to: file, options: .atomic)  // to a temporary file first, then renamed
            print("\(file.path): \(movie.summary), \(contents.count) bytes")
        }
    }
}
