import Foundation
import Testing

@testable import MJPEGSource

/// The file to measure with.
private let measuredPath = ProcessInfo.processInfo.environment["RTSP_INDEXING_FILE"]

/// How fast frames are found in a large file; for an optimized build, with the path of a file in `RTSP_INDEXING_FILE`.
@Suite(.serialized, .enabled(if: measuredPath != nil))
struct IndexingSpeedTests {
    @Test func `indexing a file`() throws {
        let path = try #require(measuredPath)
        for _ in 0..<3 {
            var file: MJPEGFile?
            let time = try ContinuousClock().measure { file = try MJPEGFile(path: path) }
            let index = try #require(file)
            report("\(index.frameCount) frames of a \(index.kind) file", byteCount: try OpenFile(path: path).byteCount, time)
            #expect(index.frameCount > 0)
        }
    }

    @Test(arguments: [1460, 65_536])
    func `cutting a stream`(chunk: Int) throws {
        let bytes = try OpenFile(path: try #require(measuredPath)).read(200_000_000, at: 0)
        var splitter = MJPEGStreamSplitter()
        var count = 0
        let time = ContinuousClock().measure {
            for start in stride(from: 0, to: bytes.count, by: chunk) {
                count += splitter.append(bytes.span.extracting(start..<min(start + chunk, bytes.count))).count
            }
            count += splitter.finish().count
        }
        report("\(count) frames of a stream, \(chunk) bytes at a time", byteCount: bytes.count, time)
        #expect(count > 0)
    }

    private func report(_ what: String, byteCount: Int, _ time: Duration) {
        let speed = Double(byteCount) / 1e6 / (time / .seconds(1))
        print("\(what): \(time), \(Int(speed)) MB/s; the process has had at most \(Self.residentKilobytes ?? 0) kB")
    }

    /// The most memory the process has had.
    private static var residentKilobytes: Int? {
        let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line.flatMap { Int($0.filter(\.isNumber)) }
    }
}
