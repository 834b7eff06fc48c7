import RTSPKit
import Testing

struct RTPInfoHeaderTests {
    typealias Entry = RTPInfoHeader.Entry

    @Test func `several streams are written as they are read`() {
        let text = "url=rtsp://h/a/stream=0;seq=45102;rtptime=12345678,url=rtsp://h/a/stream=1;seq=30211"
        let header = RTPInfoHeader(entries: [
            Entry(url: "rtsp://h/a/stream=0", sequenceNumber: 45_102, rtpTime: 12_345_678),
            Entry(url: "rtsp://h/a/stream=1", sequenceNumber: 30_211),
        ])
        #expect(RTPInfoHeader.parse(text) == header)
        #expect(header.description == text)
    }

    @Test(arguments: [
        ("url=/a/trackID=1;seq=1;rtptime=2", Entry(url: "/a/trackID=1", sequenceNumber: 1, rtpTime: 2)),
        ("url=trackID=1;seq=1;rtptime=2;", Entry(url: "trackID=1", sequenceNumber: 1, rtpTime: 2)),
        (" url = rtsp://h/a ; seq = 1 ; rtptime = 2 ; ", Entry(url: "rtsp://h/a", sequenceNumber: 1, rtpTime: 2)),
        ("url=rtsp://h/a", Entry(url: "rtsp://h/a")), ("url=rtsp://h/a;", Entry(url: "rtsp://h/a")),
        ("seq=1;rtptime=2", Entry(url: "", sequenceNumber: 1, rtpTime: 2)),
        ("url=rtsp://h/a;b=c,d/e;seq=1", Entry(url: "rtsp://h/a;b=c,d/e", sequenceNumber: 1)),
        ("url=rtsp://h/a;ssrc=ABCD;seq=1;x=y", Entry(url: "rtsp://h/a", sequenceNumber: 1)),
    ])
    func `M24 a path, blanks, missing parts and a last semicolon are understood`(text: String, entry: Entry) {
        #expect(RTPInfoHeader.parse(text).entries == [entry])
    }

    @Test(arguments: ["-1", "x", "4294967296", "", "+1", "99999999999999999999"])
    func `M25 an rtptime that is none costs nothing else`(time: String) {
        #expect(
            RTPInfoHeader.parse("url=a;rtptime=\(time);seq=65535").entries == [Entry(url: "a", sequenceNumber: 65_535)])
        #expect(RTPInfoHeader.parse("url=a;seq=\(time)70000;rtptime=1").entries == [Entry(url: "a", rtpTime: 1)])
    }

    @Test func `M26 seq 0 and an unknown URL are handed on as they stand`() {
        #expect(RTPInfoHeader.parse("url=rtsp://other/;seq=0").entries == [Entry(url: "rtsp://other/", sequenceNumber: 0)])
    }

    @Test(arguments: ["", ",", ";;,;", "url=", "url=;"])
    func `what says nothing has no entry`(text: String) {
        #expect(RTPInfoHeader.parse(text).entries.isEmpty)
    }

    @Test func `no more entries are read than the limit`() {
        let text = String(repeating: "url=a;seq=1,", count: 1_000)
        #expect(RTPInfoHeader.parse(text).entries.count == RTPInfoHeader.maximumEntries)
    }

    @Test func `a URL cannot end the line`() {
        #expect(RTPInfoHeader(entries: [Entry(url: "a\r\nX: y")]).description == "url=a  X: y")
    }
}
