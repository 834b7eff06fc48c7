import Dispatch
import MJPEGSource
import Synchronization
import TestScene

/// Posts a drawn, moving scene to a mailbox at an even rate, for as long as somebody watches.
final class PatternCamera: Sendable {
    let mailbox = FrameMailbox()
    private let argument: PatternArgument
    private let readers = Mutex(0)
    /// Tells the resting camera that somebody watches.
    private let wakeUps: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    init(_ argument: PatternArgument) {
        self.argument = argument
        (wakeUps, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func setReaders(_ count: Int) {
        readers.withLock { $0 = count }
        if count > 0 { wake.yield() }
    }

    /// Draws until cancelled, and rests while nobody watches.
    func run() async {
        var scene = TestScene(
            width: argument.width, height: argument.height, framesPerSecond: argument.framesPerSecond)
        let start = ContinuousClock.now
        let interval = Duration.seconds(1) / argument.framesPerSecond
        for await _ in wakeUps {
            while readers.withLock({ $0 }) > 0, !Task.isCancelled {
                // The scene's clock is the real one: where drawing falls behind, frames are left out rather than late.
                let index = Int(start.duration(to: .now) / interval)
                if let image = try? scene.jpeg(at: index) { mailbox.post(image, at: interval * index) }
                try? await Task.sleep(until: start + interval * (index + 1), clock: .continuous)
            }
        }
    }
}

/// Posts the JPEGs that arrive on standard input to a mailbox: `ffmpeg -re -i x.mp4 -f mjpeg - | rtsp-server cam=-`.
struct StandardInputCamera {
    let mailbox = FrameMailbox()

    /// Reads on a thread of its own, until the end of the input.
    func start(report: @escaping @Sendable (String) -> Void) {
        let mailbox = mailbox
        DispatchQueue(label: "standard input").async {
            var splitter = MJPEGStreamSplitter()
            let start = ContinuousClock.now
            var count = 0
            while true {
                let bytes = StandardStream.input()
                guard !bytes.isEmpty else { break }
                for image in splitter.append(bytes.span) {
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
