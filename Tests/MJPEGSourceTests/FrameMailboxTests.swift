import Synchronization
import Testing

@testable import MJPEGSource

struct FrameMailboxTests {
    @Test func `the latest frame wins and is taken once`() {
        let mailbox = FrameMailbox()
        #expect(mailbox.take() == nil)
        #expect(mailbox.latest == nil)
        mailbox.post([1], at: .seconds(1))
        mailbox.post(MJPEGFrame(image: [2], presentationTime: .seconds(2)))
        #expect(mailbox.framesReplaced == 1)
        #expect(mailbox.take() == MJPEGFrame(image: [2], presentationTime: .seconds(2)))
        #expect(mailbox.take() == nil)
        #expect(mailbox.latest == MJPEGFrame(image: [2], presentationTime: .seconds(2)))
    }

    @Test func `a frame without a time gets the time at which it is taken`() {
        let mailbox = FrameMailbox()
        mailbox.post([1])
        #expect(mailbox.latest?.presentationTime == .zero)
        #expect(mailbox.take(at: .seconds(7))?.presentationTime == .seconds(7))
        #expect(mailbox.latest?.presentationTime == .seconds(7))
        mailbox.post([2], at: .seconds(3))
        #expect(mailbox.take(at: .seconds(8))?.presentationTime == .seconds(3))
        #expect(mailbox.framesReplaced == 0)
    }

    @Test func `after finish the last frame can be taken and no other posted`() {
        let mailbox = FrameMailbox()
        mailbox.post([1])
        mailbox.finish()
        mailbox.post([2])
        #expect(mailbox.isFinished)
        #expect(mailbox.framesReplaced == 0)
        #expect(mailbox.take()?.image == [1])
        #expect(mailbox.take() == nil)
    }

    @Test func `the observer hears of each post and of the end, outside the lock`() {
        let mailbox = FrameMailbox()
        let heard = Mutex<[UInt8]>([])
        mailbox.post([9])
        mailbox.onArrival { heard.withLock { $0.append(mailbox.isFinished ? 0 : mailbox.take()?.image.first ?? 255) } }
        #expect(heard.withLock { $0 } == [])
        mailbox.post([1])
        mailbox.post([2])
        mailbox.finish()
        mailbox.finish()
        mailbox.post([3])
        #expect(heard.withLock { $0 } == [1, 2, 0])
        mailbox.onArrival(nil)
    }

    @Test func `without observer nobody is called`() {
        let mailbox = FrameMailbox()
        let calls = Mutex(0)
        mailbox.onArrival { calls.withLock { $0 += 1 } }
        mailbox.post([1])
        mailbox.onArrival(nil)
        mailbox.post([2])
        #expect(calls.withLock { $0 } == 1)
    }

    @Test func `frames from several threads are each taken or replaced`() async {
        let mailbox = FrameMailbox()
        let taken = await withTaskGroup(of: Int.self) { group in
            for task in 0..<4 {
                group.addTask { @concurrent in
                    var taken = 0
                    for number in 0..<500 {
                        mailbox.post([UInt8(task), UInt8(number & 255)])
                        if number.isMultiple(of: 3), mailbox.take() != nil { taken += 1 }
                    }
                    return taken
                }
            }
            return await group.reduce(0, +)
        }
        let left = mailbox.take() == nil ? 0 : 1
        #expect(taken + left + mailbox.framesReplaced == 2000)
    }
}
