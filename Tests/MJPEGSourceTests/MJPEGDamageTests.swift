import Testing

@testable import MJPEGSource

struct MJPEGDamageTests {
    @Test func `each kind of damage says what and at which byte`() {
        let expected: [(MJPEGDamage.Reason, String)] = [
            (.wrongLengthPrefix(said: 3, found: 4), "at byte 7: the length before the frame says 3 bytes, but the frame has 4"),
            (.unfinishedFrame, "at byte 7: a frame has no end before the next one begins"),
            (.cutLastFrame, "at byte 7: the last frame is cut short"),
            (.junk(byteCount: 2), "at byte 7: 2 bytes belong to no frame"),
            (.oversizeFrame, "at byte 7: a frame is larger than allowed"),
            (.tooManyFrames, "at byte 7: there are more frames than allowed; the rest is left out"),
        ]
        for (reason, text) in expected { #expect(MJPEGDamage(offset: 7, reason: reason).description == text) }
        #expect(
            MJPEGDamage(offset: 0, reason: .oversizeFrame, fileName: "2.jpg").description
                == "in 2.jpg at byte 0: a frame is larger than allowed")
    }
}
