import ArgumentParser
import RTSPKit
import RTSPNIO

struct DescribeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe", abstract: "Says what is at a URL, in plain words and as the server wrote it.")

    @Argument(help: "rtsp://host[:port]/path")
    var url: String

    func run() async throws {
        do {
            let (description, raw) = try await RTSPClient.describe(url)
            for line in Self.words(description) { say(line) }
            say("")
            say(String(decoding: raw, as: UTF8.self))
        } catch {
            throw ClientExit(error).leave()
        }
    }

    private static func words(_ description: SessionDescription) -> [String] {
        var lines = [description.sessionName ?? "(without a name)"]
        if case .npt(let range) = description.range ?? description.media.first?.range {
            lines.append(range.end.map { "stored, \(format($0 / .seconds(1), 2)) s long" } ?? "live")
        }
        for (index, media) in description.media.enumerated() {
            let map = media.formats.first.flatMap { UInt8($0) }.flatMap { media.rtpMaps[$0] }
            var words = "stream \(index): \(media.kind)"
            if let map { words += ", \(map.encodingName), clock \(map.clockRate) Hz" }
            if let size = media.pictureSize { words += ", \(size.width)x\(size.height)" }
            if let rate = media.framerate { words += ", \(format(rate, 2)) frames a second" }
            if media.jpegPayloadType == nil { words += " (not JPEG: cannot be played here)" }
            lines.append(words)
        }
        return lines
    }
}
