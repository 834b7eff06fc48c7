import Foundation
import MJPEGSource
import Synchronization
import TestScene

/// What posts frames to a mailbox at an even rate, for as long as somebody watches.
protocol LiveCamera: Sendable {
    var mailbox: FrameMailbox { get }
    var framesPerSecond: Double { get }
    /// How many readers there are now.
    func setReaders(_ count: Int)
    /// Posts until cancelled.
    func run() async
}

/// The clock of a camera: tells which frame is due, and rests while nobody watches.
final class CameraClock: Sendable {
    private let framesPerSecond: Double
    private let readers = Mutex(0)
    /// Tells the resting camera that somebody watches.
    private let wakeUps: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    init(framesPerSecond: Double) {
        self.framesPerSecond = framesPerSecond
        (wakeUps, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func setReaders(_ count: Int) {
        readers.withLock { $0 = count }
        if count > 0 { wake.yield() }
    }

    /// Calls `post` with the number and the time of each frame that is due, until cancelled. Where posting falls behind, frames are
    /// left out rather than late.
    func run(_ post: (_ index: Int, _ time: Duration) -> Void) async {
        let start = ContinuousClock.now
        let interval = Duration.seconds(1 / framesPerSecond)
        for await _ in wakeUps {
            while readers.withLock({ $0 }) > 0, !Task.isCancelled {
                let index = Int(start.duration(to: .now) / interval)
                post(index, interval * index)
                try? await Task.sleep(until: start + interval * (index + 1), clock: .continuous)
            }
        }
    }
}

/// Posts a drawn, moving scene.
final class PatternCamera: LiveCamera {
    let mailbox = FrameMailbox()
    private let argument: PatternArgument
    private let clock: CameraClock

    init(_ argument: PatternArgument) {
        self.argument = argument
        clock = CameraClock(framesPerSecond: Double(argument.framesPerSecond))
    }

    var framesPerSecond: Double { Double(argument.framesPerSecond) }

    func setReaders(_ count: Int) { clock.setReaders(count) }

    func run() async {
        var scene = TestScene(
            width: argument.width, height: argument.height, framesPerSecond: argument.framesPerSecond)
        await clock.run { [mailbox] index, time in
            if let image = try? scene.jpeg(at: index) { mailbox.post(image, at: time) }
        }
    }
}

/// Posts the frames of a file over and over, like a camera: everyone who reads it sees the same picture.
final class FileCamera: LiveCamera {
    let mailbox = FrameMailbox()
    private let file: MJPEGFile
    private let clock: CameraClock

    /// A file that has been indexed and has frames.
    init(_ file: MJPEGFile) {
        self.file = file
        clock = CameraClock(framesPerSecond: file.framesPerSecond)
    }

    var framesPerSecond: Double { file.framesPerSecond }

    func setReaders(_ count: Int) { clock.setReaders(count) }

    func run() async {
        await clock.run { [mailbox, file] index, time in
            // A frame that cannot be read now is one that this camera leaves out.
            if let frame = try? file.frame(at: index % file.frameCount) { mailbox.post(frame.image, at: time) }
        }
    }
}

/// Posts the JPEGs that arrive on standard input to a mailbox: `ffmpeg -re -i x.mp4 -f mjpeg - | rtsp-server cam=-`.
struct StandardInputCamera {
    let mailbox = FrameMailbox()

    /// Reads on a thread of its own, until the end of the input.
    func start(report: @escaping @Sendable (String) -> Void) {
        let mailbox = mailbox
        Thread.detachNewThread {
            var splitter = MJPEGStreamSplitter()
            let start = ContinuousClock.now
            var count = 0
            while true {
                let data = FileHandle.standardInput.availableData
                guard !data.isEmpty else { break }
                for image in splitter.append([UInt8](data).span) {
                    count += 1
                    mailbox.post(image, at: start.duration(to: .now))
                }
            }
            for image in splitter.finish() { mailbox.post(image, at: start.duration(to: .now)) }
            mailbox.finish()
            report(
                "standard input ended after \(count) frames"
                    + (splitter.framesDiscarded > 0 ? ", \(splitter.framesDiscarded) too large" : ""))
        }
    }
}
