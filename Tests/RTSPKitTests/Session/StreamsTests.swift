import RTSPKit
import Testing

private typealias Fixture = SessionFixtures

@Suite struct StreamsTests {
    @Test func `streams stay in the order of their first SETUP, each once`() {
        var streams: Streams = [
            SetUpStream(stream: 1, url: Fixture.audio, transport: Fixture.udp),
            SetUpStream(stream: 0, url: Fixture.video, transport: Fixture.udp),
        ]
        streams.set(SetUpStream(stream: 1, url: Fixture.audio, transport: Fixture.interleaved))
        #expect(streams.map(\.stream) == [1, 0])
        #expect(streams.stream(1)?.transport == Fixture.interleaved)
        streams.remove(1)
        streams.remove(7)
        #expect(streams.map(\.stream) == [0])
        #expect(streams.stream(1) == nil)
        #expect(Streams() == [])
    }

    @Test func `a stream is found by its URL, with or without a slash at the end`() {
        let streams = Fixture.bothStreams
        #expect(streams.stream(at: Fixture.audio)?.stream == 1)
        #expect(streams.stream(at: Fixture.video + "/")?.stream == 0)
        #expect(streams.stream(at: Fixture.movie) == nil)
        #expect(streams.stream(at: Fixture.video + "//") == nil)
        #expect(streams.stream(at: "") == nil)
    }

    @Test func `M20: channels make a stream interleaved, whatever its protocol is called`() {
        let plain = TransportSpec(interleaved: ChannelPair(rtp: 2, rtcp: 3))
        #expect(SetUpStream(stream: 0, url: "", transport: plain).isInterleaved)
        #expect(SetUpStream(stream: 0, url: "", transport: TransportSpec(lowerTransport: .tcp)).isInterleaved)
        #expect(!SetUpStream(stream: 0, url: "", transport: Fixture.udp).isInterleaved)
        #expect(!Fixture.bothStreams.areInterleaved)
    }
}
