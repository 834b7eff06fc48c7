import Foundation
import RTPTransport

/// One thing measured: so much per second of processor time.
struct Figure: Codable {
    var name: String
    var unit: String
    var median: Double
    var least: Double
    var most: Double
    var runs: Int
    /// The same in the other unit that people think in, where there is one: frames.
    var framesPerSecond: Double?
    /// For other programs: which of our figures does the same work, and how many times theirs it is.
    var comparable: String?
    var ratio: Double?

    /// A figure of several runs, none of which may be missing.
    init?(_ name: String, unit: String, rates: [Double], framesPerUnit: Double? = nil, comparable: String? = nil) {
        let sorted = rates.sorted()
        guard let least = sorted.first, let most = sorted.last else { return nil }
        (self.name, self.unit, self.comparable) = (name, unit, comparable)
        (self.least, self.most, runs) = (least, most, rates.count)
        median = sorted[sorted.count / 2]
        framesPerSecond = framesPerUnit.map { $0 * sorted[sorted.count / 2] }
    }

    /// With the ratio to ours filled in.
    func compared(with ours: [Figure]) -> Figure {
        var figure = self
        guard let own = ours.first(where: { $0.name == comparable }) else { return figure }
        let ownRate = own.framesPerSecond ?? own.median
        figure.ratio = ownRate / (framesPerSecond ?? median)
        return figure
    }

    /// For people.
    var line: String {
        func text(_ value: Double) -> String { String(format: value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value) }
        func padded(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(width - text.count, 0)) + text
        }
        var line = "  " + name + String(repeating: " ", count: max(44 - name.count, 1))
        line += padded(text(median), 8) + " " + unit + "  (\(text(least)) to \(text(most)))"
        if let framesPerSecond { line += ", \(text(framesPerSecond)) frames/s" }
        if let ratio, let comparable { line += "; \(comparable) here: \(text(ratio)) times that" }
        return line
    }
}

/// Everything measured with one clip.
struct Report: Codable {
    var media: String
    var frames: Int
    var bytes: Int
    var width: Int?
    var height: Int?
    var sampling: String?
    var processor: String
    var figures: [Figure] = []

    init(clip: Clip, processor: String) {
        media = clip.path
        frames = clip.frames.count
        bytes = clip.byteCount
        self.processor = processor
        guard let header = clip.frames.first.flatMap({ try? JPEGImageHeader(scanning: $0.span) }) else { return }
        (width, height, sampling) = (header.width, header.height, header.sampling.reduced.description)
    }

    /// For people.
    var heading: String {
        let size = width.flatMap { width in height.map { ", \(width)x\($0)" } } ?? ""
        let average = bytes / max(frames, 1)
        return "\(media): \(frames) frames\(size)\(sampling.map { " " + $0 } ?? ""), \(average) bytes each; \(processor)"
    }
}
