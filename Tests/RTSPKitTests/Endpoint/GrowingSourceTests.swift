import MJPEGSource
import RTSPTestKit
import Synchronization
import Testing

@testable import RTSPKit

/// Fifty frames of 25 a second that are found only as they are asked for; copies share what is known.
private struct GrowingFrames: SeekableFrameSource, Sendable {
    final class Known: Sendable {
        let count = Mutex(1)
        /// Grows a little more with each question, as it does where another thread goes on.
        let growsWhenAsked: Bool

        init(growsWhenAsked: Bool) { self.growsWhenAsked = growsWhenAsked }
    }

    private var frames = ServerDialogue.frames
    let known: Known

    init(growsWhenAsked: Bool = false) { known = Known(growsWhenAsked: growsWhenAsked) }

    var frameCount: Int {
        known.count.withLock { count in
            if known.growsWhenAsked { count = min(count + 1, 50) }
            return count
        }
    }
    var duration: Duration { .milliseconds(40) * frameCount }
    var isDurationFinal: Bool { known.count.withLock { $0 == 50 } }

    mutating func nextFrame() throws -> MJPEGFrame? {
        let frame = try frames.nextFrame()
        find(frame.map { $0.presentationTime } ?? .seconds(2))
        return frame
    }

    mutating func seek(to time: Duration) throws -> Duration {
        find(time)
        return try frames.seek(to: time)
    }

    private func find(_ time: Duration) {
        let wanted = Int(min(max(time, .zero), .seconds(2)) / .milliseconds(40)) + 1
        known.count.withLock { $0 = min(max($0, wanted), 50) }
    }
}

struct GrowingSourceTests {
    private func dialogue(_ source: GrowingFrames) -> ServerDialogue {
        var talk = ServerDialogue()
        talk.catalog["/movie"] = .stored(StoredPresentation(name: "movie", source: source))
        return talk
    }

    private func description(_ talk: inout ServerDialogue) -> String {
        String(decoding: talk.ask(.describe).body, as: UTF8.self)
    }

    @Test func `the description has no end until it is known`() throws {
        let source = GrowingFrames()
        var talk = dialogue(source)
        #expect(description(&talk).contains("a=range:npt=0-\r\n"))
        source.known.count.withLock { $0 = 50 }
        #expect(description(&talk).contains("a=range:npt=0-2\r\n"))
    }

    @Test func `the frame rate is right while the source grows`() throws {
        for _ in 0..<3 {
            let source = GrowingFrames(growsWhenAsked: true)
            var talk = dialogue(source)
            let text = description(&talk)
            #expect(text.contains("a=framerate:25\r\n"), "\(text)")
        }
    }

    @Test func `a playback that began with one frame known plays all of them`() throws {
        var talk = dialogue(GrowingFrames())
        let session = talk.setUp()
        _ = talk.takeEntries()
        #expect(talk.ask(.play, session: session).headers["Range"] == "npt=0-")
        talk.pass(.seconds(3))
        #expect(talk.transport.headers.count == 50)
        #expect(talk.ask(.play, session: session).headers["Range"] == "npt=0-2")
    }

    @Test func `a start behind what is known is looked for`() throws {
        let source = GrowingFrames()
        var talk = dialogue(source)
        let session = talk.setUp()
        _ = talk.takeEntries()
        let answer = talk.ask(.play, session: session, ["Range": "npt=1.2-"])
        #expect(answer.status == .ok)
        #expect(answer.headers["Range"] == "npt=1.2-")
        #expect(!source.isDurationFinal)
        talk.pass(.seconds(2))
        #expect(talk.transport.headers.count == 20)
    }

    @Test func `a start behind the end is refused once the end is found, and moves nothing`() throws {
        let source = GrowingFrames()
        var talk = dialogue(source)
        let session = talk.play(range: "npt=0.4-0.8")
        talk.pass(.milliseconds(210))
        _ = talk.ask(.pause, session: session)
        let sent = talk.transport.headers.count
        let answer = talk.ask(.play, session: session, ["Range": "npt=2-"])
        #expect(answer.status == .invalidRange)
        #expect(answer.headers["Range"]?.hasSuffix("0-2") == true)
        #expect(source.isDurationFinal)
        #expect(talk.ask(.play, session: session, ["Range": "npt=now-"]).headers["Range"] == "npt=0.64-2")
        talk.pass(.seconds(3))
        #expect(talk.transport.headers.count == sent + 34)
    }

    @Test func `a range is told as far as the client said it`() throws {
        var talk = dialogue(GrowingFrames())
        let session = talk.setUp()
        _ = talk.takeEntries()
        #expect(talk.ask(.play, session: session, ["Range": "npt=0.4-0.8"]).headers["Range"] == "npt=0.4-0.8")
        talk.pass(.seconds(1))
        #expect(talk.transport.headers.count == 10)
    }

    @Test func `a source shown at another rate looks for a frame by its number`() throws {
        var source = RetimedSource(GrowingFrames(), framesPerSecond: 10)
        #expect(!source.isDurationFinal)
        #expect(try source.seek(to: .seconds(3)) == .seconds(3))
        #expect(!source.isDurationFinal)
        #expect(try source.nextFrame()?.image == ServerDialogue.frames.frames[30].image)
        #expect(try source.seek(to: .seconds(6)) == .seconds(5))
        #expect(try source.nextFrame() == nil)
        #expect(source.isDurationFinal)
    }
}
