import MJPEGSource
import RTPTransport
import RTSPTestKit
import Testing

@Suite struct FrameListTests {
    @Test func `frames come in order and at an even rate, then no more`() throws {
        var list = FrameList(count: 5, framesPerSecond: 20)
        #expect(list.duration == .milliseconds(250))
        #expect(list.frameCount == 5)
        var times: [Duration] = []
        while let frame = try list.nextFrame() { times.append(frame.presentationTime) }
        #expect(times == (0..<5).map { .milliseconds(50 * $0) })
        #expect(try list.nextFrame() == nil)
        #expect(Set(list.frames.map(\.image)).count == 5)
    }

    @Test func `a seek goes to the frame at or before the time`() throws {
        var list = FrameList(count: 5, framesPerSecond: 20)
        #expect(try list.seek(to: .milliseconds(120)) == .milliseconds(100))
        #expect(try list.nextFrame() == list.frames[2])
        #expect(try list.seek(to: .seconds(-1)) == .zero)
        #expect(try list.nextFrame() == list.frames[0])
        #expect(try list.seek(to: .seconds(9)) == list.duration)
        #expect(try list.nextFrame() == nil)
        var empty = FrameList(count: 0)
        #expect(try empty.seek(to: .zero) == .zero)
        #expect(try empty.nextFrame() == nil)
    }

    @Test func `a list fails where it was told to`() throws {
        var list = FrameList(count: 3)
        list.failingIndex = 1
        #expect(try list.nextFrame() == list.frames[0])
        #expect(throws: FrameList.Failure(index: 1)) { try list.nextFrame() }
    }

    @Test func `pictures pass the packetizer, their data unchanged, unless they are progressive`() throws {
        let picture = SyntheticPicture(width: 320, height: 240, scanBytes: 5000, seed: 9)
        #expect(SyntheticPicture.scanData(of: picture.bytes) == picture.scan)
        #expect(picture.scan.count == 5000)
        #expect(SyntheticPicture(seed: 1).scan != SyntheticPicture(seed: 2).scan)
        var sender = RTPSender(
            packetizer: JPEGPacketizer(), ssrc: 1, firstSequenceNumber: 1, firstTimestamp: RTPTimestamp(rawValue: 1),
            canonicalName: "x")
        #expect(try sender.packetize(picture.bytes, at: .zero).count == 4)
        #expect(throws: JPEGError.progressive) {
            _ = try sender.packetize(SyntheticPicture(isProgressive: true).bytes, at: .zero)
        }
        for junk in [[], [0xFF], [0xFF, 0xD8, 0xFF, 0xDA, 0xFF, 0xFF], Array(picture.bytes.prefix(100))] as [[UInt8]] {
            #expect(SyntheticPicture.scanData(of: junk) == [])
        }
    }
}
