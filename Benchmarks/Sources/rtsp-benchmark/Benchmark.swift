import Foundation
import MJPEGSource

/// Measures how fast clips are packetized, put together again, converted and indexed, beside GStreamer where it is wanted.
@main struct Benchmark {
    static let usage = """
        usage: rtsp-benchmark [--runs N] [--frames N] [--gstreamer] [--json] MEDIA ...

        MEDIA is a file of JPEGs, or a folder of them. Each figure is the median of N runs (5), with the smallest and the largest,
        per second of processor time: what else the machine does matters little. --frames takes only the first N frames (75).
        --gstreamer runs GStreamer's elements on the same frames, and jpegtran, where they are installed, and prints ratios.
        """

    static func main() {
        do {
            let options = try Options(CommandLine.arguments.dropFirst())
            var reports: [Report] = []
            for path in options.media { reports.append(try report(on: path, options)) }
            if options.json {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
                say(String(decoding: try encoder.encode(reports), as: UTF8.self))
            }
        } catch let problem as Problem {
            say("rtsp-benchmark: \(problem.description)", to: .standardError)
            exit(problem.status)
        } catch {
            say("rtsp-benchmark: \(error)", to: .standardError)
            exit(66)
        }
    }

    private static func report(on path: String, _ options: Options) throws -> Report {
        let clip = try Clip(path: path, maximumFrameCount: options.frames)
        let folder = try ScratchFolder()
        defer { folder.remove() }
        var report = Report(clip: clip, processor: Processor.name)
        if !options.json { say(report.heading) }
        func add(_ figure: Figure?) {
            guard let figure else { return }
            report.figures.append(figure)
            if !options.json { say(figure.line) }
        }
        let work = try Workloads(clip: clip, folder: folder, runs: options.runs)
        add(try work.indexing())
        add(try work.packetizing())
        add(try work.repacketizing())
        add(try work.interleaving())
        add(try work.reordering())
        add(try work.depacketizing())
        add(try work.recoding())
        add(try work.resampling())
        add(try work.reencoding())
        add(try work.halving())
        if options.gstreamer {
            let foreign = ForeignWorkloads(clip: clip, folder: folder, runs: options.runs)
            for figure in try foreign.figures(comparableWith: report.figures) { add(figure.compared(with: report.figures)) }
        }
        return report
    }
}

/// Writes a line at once, also into a pipe.
func say(_ line: String, to file: FileHandle = .standardOutput) { file.write(Data((line + "\n").utf8)) }

/// What the command line asks for.
struct Options {
    var runs = 5
    var frames = 75
    var json = false
    var gstreamer = false
    var media: [String] = []

    init(_ arguments: some Sequence<String>) throws {
        var rest = Array(arguments)[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--json": json = true
            case "--gstreamer": gstreamer = true
            case "--runs", "--frames":
                guard let number = rest.popFirst().flatMap({ Int($0) }), number > 0 else {
                    throw Problem(status: 64, description: "\(argument) wants a number above 0\n\(Benchmark.usage)")
                }
                if argument == "--runs" { runs = number } else { frames = number }
            case let option where option.hasPrefix("-"):
                throw Problem(status: 64, description: "there is no \(option)\n\(Benchmark.usage)")
            default: media.append(argument)
            }
        }
        guard !media.isEmpty else { throw Problem(status: 64, description: "no media\n\(Benchmark.usage)") }
    }
}

/// Why nothing can be measured, and the exit status that says so.
struct Problem: Error, CustomStringConvertible {
    var status: Int32
    var description: String
}

/// The frames that everything is measured with.
struct Clip {
    let path: String
    let frames: [[UInt8]]
    let frameCountOfFile: Int

    init(path: String, maximumFrameCount: Int) throws {
        let file = try MJPEGFile(path: path)
        self.path = path
        frameCountOfFile = file.frameCount
        frames = try (0..<min(file.frameCount, maximumFrameCount)).map { try file.frame(at: $0).image }
    }

    var byteCount: Int { frames.reduce(0) { $0 + $1.count } }
}

/// A folder that is gone when the benchmark is.
struct ScratchFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory
            .appending(path: "rtsp-benchmark-\(ProcessInfo.processInfo.processIdentifier)-\(UInt32.random(in: 0...UInt32.max))")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    func remove() { try? FileManager.default.removeItem(at: url) }
}
