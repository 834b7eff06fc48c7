import MJPEGSource
import RTSPKit
import RTSPTestKit
import Synchronization

/// Stored media whose frames take work: each is ready once the workshop has made it, and a picture that cannot travel before.
struct UnreadySource: SeekableFrameSource, Sendable {
    /// Where the work is done; one for all copies of a source.
    final class Workshop: Sendable {
        private struct State {
            var made: Set<Int> = []
            var asked: [Int] = []
            var feedback: [ReaderFeedback] = []
        }

        private let state = Mutex(State())

        func make(_ frames: some Sequence<Int>) { state.withLock { $0.made.formUnion(frames) } }
        var asked: [Int] { state.withLock { $0.asked } }
        var feedback: [ReaderFeedback] { state.withLock { $0.feedback } }

        fileprivate func isMade(_ index: Int) -> Bool {
            state.withLock { state in
                if state.asked.last != index { state.asked.append(index) }
                return state.made.contains(index)
            }
        }

        fileprivate func note(_ feedback: ReaderFeedback) { state.withLock { $0.feedback.append(feedback) } }
    }

    private(set) var list: FrameList
    let workshop: Workshop
    var knowsTimes = true
    private var next = 0

    init(count: Int = 50, workshop: Workshop, failingIndex: Int? = nil) {
        list = FrameList(count: count)
        list.failingIndex = failingIndex
        self.workshop = workshop
    }

    var duration: Duration { list.duration }
    var frameCount: Int { list.frameCount }
    var nextFrameTime: Duration? {
        knowsTimes && list.frames.indices.contains(next) ? list.frames[next].presentationTime : nil
    }

    mutating func prepareNextFrame() -> Bool { next >= list.frameCount || workshop.isMade(next) }

    mutating func nextFrame() throws(FrameList.Failure) -> MJPEGFrame? {
        guard var frame = try list.nextFrame() else { return nil }
        if !workshop.isMade(next) { frame.image = SyntheticPicture(isProgressive: true).bytes }
        next += 1
        return frame
    }

    mutating func seek(to time: Duration) throws(FrameList.Failure) -> Duration {
        let found = try list.seek(to: time)
        next = list.frames.firstIndex { $0.presentationTime >= found } ?? list.frameCount
        return found
    }

    mutating func skipFrames(before time: Duration) throws(FrameList.Failure) -> Int {
        var count = 0
        repeat {
            guard try list.nextFrame() != nil else { return count }
            next += 1
            count += 1
        } while list.frames.indices.contains(next) && list.frames[next].presentationTime < time
        return count
    }

    mutating func receive(_ feedback: ReaderFeedback) { workshop.note(feedback) }
}

extension ServerDialogue {
    /// A dialogue about media that the workshop makes.
    static func waiting(
        for workshop: UnreadySource.Workshop, count: Int = 50, failingIndex: Int? = nil, knowsTimes: Bool = true
    ) -> ServerDialogue {
        var source = UnreadySource(count: count, workshop: workshop, failingIndex: failingIndex)
        source.knowsTimes = knowsTimes
        var talk = ServerDialogue()
        talk.catalog["/movie"] = .stored(StoredPresentation(name: "movie", source: source))
        return talk
    }

    mutating func mediaReady() { note(connection.mediaReady(at: now, via: &transport)) }
}
