import RTSPKit
import Testing

struct RTSPParserLimitsTests {
    private let limits = RTSPParserLimits(startLine: 30, headerBytes: 40, headerCount: 3, body: 5, junk: 10)

    /// The first error, and whether a message came before it: the same for the whole text and byte by byte.
    private func outcome(_ text: String, limits: RTSPParserLimits) -> (error: RTSPParseError?, count: Int) {
        let bytes = Array(text.utf8)
        var results: [(error: RTSPParseError?, count: Int)] = []
        for size in [bytes.count, 1] {
            var parser = RTSPParser(limits: limits)
            var result: (error: RTSPParseError?, count: Int) = (nil, 0)
            for start in stride(from: 0, to: bytes.count, by: max(size, 1)) where result.error == nil {
                parser.append(bytes.span.extracting(start..<start + size))
                do { while try parser.next() != nil { result.count += 1 } } catch { result.error = error }
            }
            results.append(result)
        }
        #expect(results.first?.error == results.last?.error)
        #expect(results.first?.count == results.last?.count)
        return results.first ?? (nil, 0)
    }

    @Test func `exactly as much as the limits allow is a message`() {
        let start = "OPTIONS " + String(repeating: "a", count: 11) + " RTSP/1.0\r\n"
        let headers = "A: 1234567\r\nB: 1\r\nContent-Length: 5\r\n"
        let text = "\u{1}23456789\u{7F}" + start + headers + "\r\nabcde"
        #expect(start.utf8.count == 30)
        let exact = RTSPParserLimits(startLine: 30, headerBytes: headers.utf8.count + 2, headerCount: 3, body: 5, junk: 10)
        #expect(outcome(text, limits: exact) == (nil, 1))
    }

    @Test func `a longer start line is refused with 414`() {
        let text = "OPTIONS " + String(repeating: "a", count: 12) + " RTSP/1.0\r\n\r\n"
        let error = outcome(text, limits: limits).error
        #expect(error == RTSPParseError(.startLineTooLong, offset: 0))
        #expect(error?.suggestedStatus == .requestURITooLarge)
        #expect(outcome(String(repeating: "a", count: 30), limits: limits).error?.reason == .startLineTooLong)
    }

    @Test func `longer headers are refused with 413`() {
        let text = "OPTIONS * RTSP/1.0\r\nCSeq: 4\r\nA: " + String(repeating: "b", count: 30) + "\r\n\r\n"
        let error = outcome(text, limits: limits).error
        #expect(error == RTSPParseError(.headersTooLarge, offset: 29, cSeq: 4))
        #expect(error?.suggestedStatus == .requestEntityTooLarge)
    }

    @Test func `continued lines count as header bytes`() {
        let text = "OPTIONS * RTSP/1.0\r\nA: b\r\n" + String(repeating: " c\r\n", count: 10) + "\r\n"
        #expect(outcome(text, limits: limits).error?.reason == .headersTooLarge)
    }

    @Test func `more fields are refused with 413`() {
        let error = outcome("OPTIONS * RTSP/1.0\nA:1\nB:2\nC:3\nD:4\n\n", limits: limits).error
        #expect(error == RTSPParseError(.tooManyHeaders, offset: 31))
        #expect(error?.suggestedStatus == .requestEntityTooLarge)
    }

    @Test func `a longer body is refused before a byte of it has come`() {
        let error = outcome("OPTIONS * RTSP/1.0\nContent-Length: 6\n\n", limits: limits).error
        #expect(error == RTSPParseError(.bodyTooLarge, offset: 37))
    }

    @Test func `more junk is refused, and each message starts anew`() {
        let message = "OPTIONS * RTSP/1.0\n\n"
        #expect(outcome("1234567890" + message + "1234567890" + message, limits: limits) == (nil, 2))
        let result = outcome(message + "12345678901" + message, limits: limits)
        #expect(result == (RTSPParseError(.tooMuchJunk, offset: 30), 1))
        #expect(outcome("abc\nabc\nabc\n", limits: limits).error == RTSPParseError(.tooMuchJunk, offset: 8))
        #expect(outcome(String(repeating: "\r\n", count: 100) + message, limits: limits) == (nil, 1))
    }

    @Test(arguments: [0, -1, Int.min])
    func `limits that allow nothing do not trap`(limit: Int) {
        let none = RTSPParserLimits(startLine: limit, headerBytes: limit, headerCount: limit, body: limit, junk: limit)
        #expect(outcome("OPTIONS * RTSP/1.0\n\n", limits: none).error?.reason == .startLineTooLong)
        #expect(outcome("\u{1}", limits: none).error?.reason == .tooMuchJunk)
        var some = none
        some.startLine = .max
        #expect(outcome("OPTIONS * RTSP/1.0\n\n", limits: some).error?.reason == .headersTooLarge)
        some.headerBytes = .max
        some.headerCount = .max
        #expect(outcome("OPTIONS * RTSP/1.0\nContent-Length: 1\n\n", limits: some).error?.reason == .bodyTooLarge)
    }
}
