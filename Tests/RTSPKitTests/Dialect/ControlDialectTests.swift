import RTSPKit
import Testing

struct ControlDialectTests {
    private func verdict(_ text: String) -> DialectDetector.Verdict { DialectDetector.verdict(on: Array(text.utf8).span) }

    @Test(arguments: [
        "SETUP movie.Mjpeg RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP; client_port= 25000", "SETUP movie.Mjpeg ",
        "SETUP movie.Mjpeg\n1",
        "SETUP movie.Mjpeg\r\n", "\r\n\r\nSETUP a ", "SETUP  a\t", "SETUP \u{1F3AC}.Mjpeg ",
        "SETUP folder/movie.Mjpeg RTSP/1.0\n",
        "SETUP *.Mjpeg ", "SETUP rtsp ", "SETUP my movie.Mjpeg RTSP/1.0\n", "SETUP a:b ",
    ])
    func `A SETUP of a bare file name is the course dialect`(text: String) {
        #expect(verdict(text) == .lab)
        #expect(verdict(text).dialect == .lab)
    }

    @Test(arguments: [
        "SETUP rtsp://host/movie RTSP/1.0\r\n", "SETUP rtsp://", "SETUP x://y ", "SETUP * RTSP/1.0", "OPTIONS * RTSP/1.0\r\n",
        "DESCRIBE movie.Mjpeg RTSP/1.0\n", "PLAY movie.Mjpeg RTSP/1.0\n", "O", "SETU ", "SETUPX", "setup movie ", "$\u{0}",
        "GET / ",
        " SETUP a ", "SETUP \r\n", "SETUP\n", "SETUP rtspu:movie ", "SETUP RTSP:movie ", "SETUP rtsp:",
    ])
    func `Anything else is standard`(text: String) {
        #expect(verdict(text) == .standard)
        #expect(verdict(text).dialect == .standard)
    }

    @Test(arguments: ["", "\r\n", "S", "SETUP", "SETUP ", "SETUP movie.Mjpeg", "SETUP rtsp", "SETUP *", "SETUP a:/", "\n\nSET"])
    func `What may still become either is undecided`(text: String) {
        #expect(verdict(text) == .undecided)
        #expect(verdict(text).dialect == nil)
    }

    @Test func `Bytes one at a time give the same verdict, at the first byte that decides`() {
        var detector = DialectDetector()
        for byte in "\r\nSETUP movie.Mjpeg".utf8 { #expect(detector.append([byte].span) == .undecided) }
        #expect(detector.append(Array(" ".utf8).span) == .lab)
        #expect(detector.append(Array("rtsp://host".utf8).span) == .lab)
        #expect(detector.verdict == .lab)
    }

    @Test(arguments: ["\n", "SETUP a", "SETUP  "], [511, 512, 600, 100_000])
    func `After 512 bytes without a decision it is standard`(start: String, count: Int) {
        let bytes = Array(start.utf8) + [UInt8](repeating: start.utf8.last ?? 0, count: count - start.utf8.count)
        let expected: DialectDetector.Verdict = count < DialectDetector.maximumBytes ? .undecided : .standard
        #expect(DialectDetector.verdict(on: bytes.span) == expected)
        var whole = DialectDetector()
        #expect(whole.append(bytes.span) == expected)
        var single = DialectDetector()
        for byte in bytes.prefix(600) { _ = single.append([byte].span) }
        #expect(single.verdict == expected)
    }

    @Test func `Hostile bytes get the same verdict whole and one at a time`() {
        var generator = LabFixture.Generator(seed: 1)
        for _ in 0..<2000 {
            let bytes =
                Array("SETUP ".utf8.prefix(Int.random(in: 0...6, using: &generator)))
                + LabFixture.hostile(&generator, words: Int.random(in: 0...12, using: &generator))
            var detector = DialectDetector()
            for byte in bytes { _ = detector.append([byte].span) }
            #expect(detector.verdict == DialectDetector.verdict(on: bytes.span))
        }
    }
}
