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

    /// GStreamer's elements with the figure of ours that each compares with.
    private var pipelines: [(name: String, comparable: [String], elements: String, without: String)] {
        let scale = "video/x-raw,width=(int)\(size.width / 2),height=(int)\(size.height / 2)"
        return [
            ("GStreamer rtpjpegpay", ["packetizing", "packetizing, blocks put in order"], "rtpjpegpay mtu=1412 !", ""),
            ("GStreamer rtpjpegdepay", ["depacketizing"], "rtpjpegpay mtu=1412 ! rtpjpegdepay !", "rtpjpegpay mtu=1412 !"),
            ("GStreamer jpegdec ! jpegenc", ["re-encoding, quality 50"], "jpegdec ! jpegenc quality=50 !", ""),
            (
                "GStreamer jpegdec ! videoscale ! jpegenc", ["re-encoding at half size, quality 50"],
                "jpegdec ! videoscale n-threads=1 ! \(scale) ! jpegenc quality=50 !", ""
            ),
        ]
    }

    private var size: (width: Int, height: Int) {
        let report = Report(clip: clip, processor: "")
        return (report.width ?? 2, report.height ?? 2)
    }

    func figures() throws -> [Figure] {
        var figures: [Figure] = []
        if let launch = Program("gst-launch-1.0") {
            for (index, frame) in clip.frames.enumerated() {
                try Data(frame).write(to: folder.url.appending(path: String(format: "frame%05d.jpg", index)))
            }
            for pipeline in pipelines {
                guard
                    let rates = try? (0..<runs).map({ _ in
                        1
                            / max(
                                try secondsOfFrame(pipeline.elements, launch) - secondsOfFrame(pipeline.without, launch), 1e-9)
                    })
                else {
                    say("  \(pipeline.name) cannot do it with these frames", to: .standardError)
                    continue
                }
                for comparable in pipeline.comparable {
                    guard let figure = Figure(pipeline.name, unit: "frames/s", rates: rates, comparable: comparable) else {
                        continue
                    }
                    figures.append(figure)
                }
            }
        }
        if let figure = try jpegtran() { figures.append(figure) }
        return figures
    }

    /// The processor's time for one frame, reading included.
    private func secondsOfFrame(_ elements: String, _ launch: Program) throws -> Double {
        let (few, many) = (20, 20 + max(4 * clip.frames.count, 300))
        let times = try [few, many].map { count in
            let start = Processor.secondsOfChildren
            let files = folder.url.path(percentEncoded: false) + "/frame%05d.jpg"
            let source =
                "multifilesrc location=\(files) start-index=0 stop-index=\(clip.frames.count - 1) loop=true num-buffers=\(count) "
                + "caps=image/jpeg,parsed=true,width=(int)\(size.width),height=(int)\(size.height),framerate=25/1 ! "
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
        return Figure("jpegtran", unit: "frames/s", rates: rates, comparable: "re-coding without loss")
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
