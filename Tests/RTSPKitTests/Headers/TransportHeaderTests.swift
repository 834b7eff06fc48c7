import RTSPKit
import Testing

struct TransportHeaderTests {
    @Test func `an offer for UDP is read whole`() {
        let spec = TransportSpec.udp(clientPorts: PortPair(rtp: 5000, rtcp: 5001))
        #expect(TransportHeader.parse("RTP/AVP;unicast;client_port=5000-5001") == [spec])
        #expect(TransportHeader.parse("RTP/AVP/UDP;unicast;client_port=5000-5001") == [spec])
        #expect(spec.description == "RTP/AVP;unicast;client_port=5000-5001")
        #expect(spec.isRTPOverAVP)
    }

    @Test func `an offer for interleaving is read whole`() {
        let spec = TransportSpec.interleaved(ChannelPair(rtp: 0, rtcp: 1))
        #expect(TransportHeader.parse("RTP/AVP/TCP;unicast;interleaved=0-1") == [spec])
        #expect(spec.description == "RTP/AVP/TCP;unicast;interleaved=0-1")
    }

    @Test func `every parameter survives being written and read`() {
        let spec = TransportSpec(
            delivery: .multicast, clientPorts: PortPair(rtp: 1, rtcp: 2), serverPorts: PortPair(rtp: 65_535),
            ports: PortPair(rtp: 3456, rtcp: 3457), interleaved: ChannelPair(rtp: 254, rtcp: 255), ssrc: 0xAB,
            source: "10.0.0.1", destination: "224.2.0.1", mode: "PLAY,RECORD", ttl: 127,
            otherParameters: [.init(name: "append"), .init(name: "layers", value: "2")])
        let written =
            "RTP/AVP/UDP;multicast;destination=224.2.0.1;source=10.0.0.1;interleaved=254-255;ttl=127;port=3456-3457"
            + ";client_port=1-2;server_port=65535;ssrc=000000AB;mode=\"PLAY,RECORD\";append;layers=2"
        #expect(spec.description == written)
        #expect(TransportHeader.parse(spec.description) == [spec])
        for lower in [TransportSpec.LowerTransport.udp, .tcp, .other("SCTP")] {
            let spec = TransportSpec(profile: "SAVPF", lowerTransport: lower)
            #expect(TransportHeader.parse(spec.description) == [spec])
            #expect(!spec.isRTPOverAVP)
        }
    }

    @Test(arguments: [
        ("ssrc= 0000ABCD", UInt32(0xABCD)), ("ssrc=  abcd", 0xABCD), ("ssrc=ABC", nil), ("ssrc=not hex!", nil), ("ssrc=", nil),
        ("ssrc=+ABCDEF", nil), ("ssrc=112233445566", nil), ("ssrc=FFFFFFFF", .max),
    ])
    func `M14 a wrong ssrc says nothing and costs nothing else`(parameter: String, ssrc: UInt32?) throws {
        let spec = try #require(TransportHeader.parse("RTP/AVP;unicast;\(parameter);client_port=5000-5001").first)
        #expect(spec.ssrc == ssrc)
        #expect(spec.clientPorts == PortPair(rtp: 5000, rtcp: 5001))
        #expect(spec.otherParameters.isEmpty)
    }

    @Test(arguments: [
        ("source=", nil), ("source", nil), ("source=camera.local", "camera.local"), ("source=10.0.0.1", "10.0.0.1"),
    ])
    func `M15 source may be empty or a host name`(parameter: String, source: String?) {
        #expect(TransportHeader.parse("RTP/AVP;unicast;\(parameter)").map(\.source) == [source])
    }

    @Test(arguments: [
        (";server_port=5000", PortPair(rtp: 5000)), (";server_port=0-1", PortPair(rtp: 0, rtcp: 1)), ("", nil),
        (";server_port=5000-", PortPair(rtp: 5000)), (";server_port=70000-70001", nil), (";server_port=-1", nil),
        (";server_port=5000-x", nil), (";server_port = 5000 - 5001 ", PortPair(rtp: 5000, rtcp: 5001)),
    ])
    func `M16 server_port may be single, low or missing`(parameter: String, ports: PortPair?) {
        #expect(TransportHeader.parse("RTP/AVP;unicast\(parameter)").map(\.serverPorts) == [ports])
    }

    @Test(arguments: [
        ("interleaved=0", ChannelPair(rtp: 0)), ("interleaved=1-2", ChannelPair(rtp: 1, rtcp: 2)),
        ("interleaved=7-7", ChannelPair(rtp: 7, rtcp: 7)), ("interleaved=256-257", nil), ("interleaved=", nil),
    ])
    func `M17 interleaved may be single or odd`(parameter: String, channels: ChannelPair?) throws {
        let spec = try #require(TransportHeader.parse("RTP/AVP/TCP;unicast;\(parameter)").first)
        #expect(spec.interleaved == channels)
        #expect(spec.lowerTransport == .tcp)
    }

    @Test func `M18 interleaved may be missing`() {
        #expect(TransportHeader.parse("RTP/AVP/TCP;unicast") == [TransportSpec(lowerTransport: .tcp)])
    }

    @Test(arguments: ["RTP/AVP;ssrc=0000ABCD;unicast;interleaved=0-1", "ssrc=0000ABCD;RTP/AVP;unicast;interleaved=0-1"])
    func `M19 ssrc may stand before everything else`(value: String) {
        let spec = TransportSpec(lowerTransport: .tcp, interleaved: ChannelPair(rtp: 0, rtcp: 1), ssrc: 0xABCD)
        #expect(TransportHeader.parse(value) == [spec])
    }

    @Test func `M20 interleaved without TCP means TCP`() {
        let spec = TransportSpec.interleaved(ChannelPair(rtp: 0, rtcp: 1))
        #expect(TransportHeader.parse("RTP/AVP;unicast;interleaved=0-1") == [spec])
        #expect(TransportHeader.parse("RTP/AVP/;unicast;interleaved=0-1") == [spec])
    }

    @Test func `M21 several offers keep their order and the unreadable ones are skipped`() {
        let value = "TCP, RTP/AVP/TCP;unicast;interleaved=0-1, , RTP/AVP;unicast;client_port=5000-5001;mode=\"PLAY,RECORD\""
        let offers = TransportHeader.parse([value, "RAW/RAW/UDP;unicast"])
        #expect(offers.map(\.lowerTransport) == [.tcp, .udp, .udp])
        #expect(offers.map(\.mode) == [nil, "PLAY,RECORD", nil])
        #expect(offers.map(\.isRTPOverAVP) == [true, true, false])
    }

    @Test func `M41 blanks around the separators do not matter`() {
        let spec = TransportHeader.parse(" RTP / AVP ;\tunicast ; client_port = 5000 - 5001 ; SSRC = ABCD ")
        #expect(spec == [TransportSpec(clientPorts: PortPair(rtp: 5000, rtcp: 5001), ssrc: 0xABCD)])
        let lab = TransportHeader.parse("RTP/UDP; client_port= 25000")
        #expect(lab == [TransportSpec(profile: "UDP", clientPorts: PortPair(rtp: 25_000))])
    }

    @Test(arguments: ["", ";", ",", "RTP", "/", "RTP/", "/AVP", "a=b/c", "\"", "unicast;client_port=1"])
    func `what names no protocol is no offer`(value: String) {
        #expect(TransportHeader.parse(value) == [])
    }

    @Test func `a quote that never closes is a character`() {
        #expect(TransportHeader.parse("RTP/AVP;mode=\"PLAY, RTP/AVP/TCP").map(\.lowerTransport) == [.udp, .tcp])
    }

    @Test func `of a repeated parameter the first readable one counts`() {
        #expect(TransportHeader.parse("RTP/AVP;client_port=x;client_port=1;client_port=2").map(\.clientPorts?.rtp) == [1])
    }

    @Test func `no more offers are read than the limit`() {
        let value = String(repeating: "RTP/AVP,", count: 1_000)
        #expect(TransportHeader.parse(value).count == TransportHeader.maximumOffers)
    }

    @Test func `values cannot add parameters, offers or lines`() {
        let spec = TransportSpec(
            profile: "AVP/TCP;x", source: "a;interleaved=0-1,RTP/AVP\r\nX: y", mode: "PLAY\";ttl=1\r\n",
            otherParameters: [.init(name: "a=b;c", value: "d;e,f\r\n")])
        #expect(!spec.description.utf8.contains { $0 < 0x20 })
        let read = TransportHeader.parse(spec.description)
        #expect(read.map(\.interleaved) == [nil])
        #expect(read.map(\.ttl) == [nil])
        #expect(read.map(\.lowerTransport) == [.udp])
    }
}
