import RTSPKit
import Testing

struct PortPairTests {
    @Test(arguments: ["5000-5001", "5000", "0-65535"])
    func `ports are written as they are read`(text: String) {
        #expect(PortPair(parsing: text)?.description == text)
    }

    @Test(arguments: ["0-1", "255", "3-2"])
    func `channels are written as they are read`(text: String) {
        #expect(ChannelPair(parsing: text)?.description == text)
    }

    @Test(arguments: ["", "-", "-1", "+5", "x", "1-2-3", "99999", "1-99999", "0x10", "１"])
    func `what is no pair is refused`(text: String) {
        #expect(PortPair(parsing: text) == nil)
        #expect(ChannelPair(parsing: text) == nil)
    }
}
