import Dispatch
import Foundation

/// The same work done by other programs, on the same frames.
///
/// What a program needs to start, and GStreamer to read the files, is taken off: each pipeline runs with few frames and with
/// many, and without the element in question.
struct ForeignWorkloads {
    let clip: Clip
    let folder: ScratchFolder
    let runs: Int

    /// Some elements of GStreamer's.
    private struct Pipeline {
        var name: String
        /// The figure of ours that they compare with.
        var comparable: String
        var elements: String
        /// What comes before them, whose time is taken off.
        var without = ""
        /// Frames enough to be measured.
        var frameCount: Int
        /// Whether they work on packets.
        var isOfPackets: Bool { elements.contains("rtpjpegpay") }
    }

    private var pipelines: [Pipeline] {
        let scale = "video/x-raw,width=(int)\(size.width / 2),height=(int)\(size.height / 2)"
        return [
            Pipeline(
                name: "GStreamer rtpjpegpay", comparable: "packetizing", elements: "rtpjpegpay mtu=1412 !", frameCount: 4000),
            Pipeline(
                name: "GStreamer rtpjpegdepay", comparable: "depacketizing",
                elements: "rtpjpegpay mtu=1412 ! rtpjpegdepay !", without: "rtpjpegpay mtu=1412 !", frameCount: 4000),
            Pipeline(
                name: "GStreamer jpegdec ! jpegenc", comparable: "re-encoding, quality 50",
                elements: "jpegdec ! jpegenc quality=50 !", frameCount: 300),
            Pipeline(
                name: "GStreamer jpegdec ! videoscale ! jpegenc", comparable: "re-encoding at half size, quality 50",
                elements: "jpegdec ! videoscale n-threads=1 ! \(scale) ! jpegenc quality=50 !", frameCount: 300),
        ]
    }

    private var size: (width: Int, height: Int) {
        let report = Report(clip: clip, processor: "")
        return (report.width ?? 2, report.height ?? 2)
    }

    /// What compares with these figures of ours; nothing where the programs are not installed.
    func figures(comparableWith ours: [Figure]) throws -> [Figure] {
        var figures: [Figure] = []
        let names = ours.map(\.name)
        if let launch = Program("gst-launch-1.0") {
            for (index, frame) in clip.frames.enumerated() {
                try Data(frame).write(to: folder.url.appending(path: String(format: "frame%05d.jpg", index)))
            }
            for pipeline in pipelines {
                // GStreamer cannot put blocks in order, and drops frames that need it.
                guard names.contains(pipeline.comparable), names.contains("packetizing") || !pipeline.isOfPackets else {
                    continue
                }
                do {
                    let rates = try (0..<runs).map { _ in try rate(of: pipeline, launch) }
                    if let figure = Figure(pipeline.name, unit: "frames/s", rates: rates, comparable: pipeline.comparable) {
                        figures.append(figure)
                    }
                } catch {
                    say("  \(pipeline.name) cannot do it with these frames: \(error)", to: .standardError)
                }
            }
        }
        if names.contains(Self.recoding), let figure = try jpegtran() { figures.append(figure) }
        return figures
    }

    private static let recoding = "re-coding without loss"

    /// Frames in a second of processor time.
    private func rate(of pipeline: Pipeline, _ launch: Program) throws -> Double {
        let with = try secondsOfFrame(pipeline.elements, pipeline.frameCount, launch)
        let without = try secondsOfFrame(pipeline.without, pipeline.frameCount, launch)
        return 1 / max(with - without, 1e-9)
    }

    /// The processor's time for one frame, reading included.
    private func secondsOfFrame(_ elements: String, _ frameCount: Int, _ launch: Program) throws -> Double {
        let (few, many) = (20, 20 + frameCount)
        let times = try [few, many].map { count in
            let start = Processor.secondsOfChildren
            let files = folder.url.path(percentEncoded: false) + "/frame%05d.jpg"
            let source =
                "multifilesrc location=\(files) start-index=0 stop-index=\(clip.frames.count - 1) loop=true num-buffers=\(count) "
                + "caps=image/jpeg,framerate=25/1 ! jpegparse ! "
            try launch.run(["-q"] + (source + elements + " fakesink sync=false").split(separator: " ").map(String.init))
            return Processor.secondsOfChildren - start
        }
        return (times[1] - times[0]) / Double(many - few)
    }

    /// One process for each picture, less what it needs for the smallest.
    private func jpegtran() throws -> Figure? {
        guard let program = Program("jpegtran") else { return nil }
        let frames = try Workloads.optimized(clip, folder).prefix(20)
        guard !frames.isEmpty else { return nil }
        let (input, output) = (folder.url.appending(path: "in.jpg"), folder.url.appending(path: "out.jpg"))
        func seconds(_ images: some Collection<[UInt8]>) throws -> Double {
            var total = 0.0
            for image in images {
                try Data(image).write(to: input)
                let start = Processor.secondsOfChildren
                try program.run([
                    "-copy", "none", "-outfile", output.path(percentEncoded: false), input.path(percentEncoded: false),
                ])
                total += Processor.secondsOfChildren - start
            }
            return total / Double(images.count)
        }
        let small = folder.url.appending(path: "small.jpg")
        try Data(frames[frames.startIndex]).write(to: input)
        try program.run(["-crop", "16x16+0+0", "-outfile", small.path(percentEncoded: false), input.path(percentEncoded: false)])
        let smallest = [UInt8](try Data(contentsOf: small))
        let rates = try (0..<runs).map { _ in
            1 / max(try seconds(frames) - seconds([[UInt8]](repeating: smallest, count: frames.count)), 1e-9)
        }
        return Figure("jpegtran", unit: "frames/s", rates: rates, comparable: Self.recoding)
    }
}

/// A program that is installed.
struct Program {
    private let url: URL

    /// `nil` where no folder of `PATH` has it.
    init?(_ name: String) {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let paths = folders.map { "\($0)/\(name)" }
        guard let path = paths.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else { return nil }
        url = URL(filePath: path)
    }

    /// Runs it to its end.
    func run(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = url
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let hasEnded = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in hasEnded.signal() }
        try process.run()
        if hasEnded.wait(timeout: .now() + .seconds(120)) == .timedOut { process.terminate() }
        process.waitUntilExit()
        guard process.terminationStatus == 0, process.terminationReason == .exit else {
            throw Problem(status: 1, description: "\(url.lastPathComponent) failed: \(arguments.joined(separator: " "))")
        }
    }
}
