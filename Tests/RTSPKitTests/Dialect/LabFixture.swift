import RTSPKit

/// What the tests of the course dialect share.
enum LabFixture {
    static let start = ContinuousClock.now
    static func after(_ wait: Duration) -> ContinuousClock.Instant { start.advanced(by: wait) }

    /// Both parsers of the dialect, for the tests that ask the same of both.
    protocol Parser: Sendable {
        associatedtype Result: Hashable
        init(limits: LabParserLimits)
        var deadline: ContinuousClock.Instant? { get }
        mutating func append(_ bytes: Span<UInt8>, at now: ContinuousClock.Instant)
        mutating func next(at now: ContinuousClock.Instant) -> Result?
    }

    /// All that `parser` makes of `pieces`, which come at once, and of the quiet after them.
    static func results<P: Parser>(_ parser: inout P, _ pieces: [ArraySlice<UInt8>]) -> [P.Result] {
        var results: [P.Result] = []
        for piece in pieces {
            parser.append(Array(piece).span, at: start)
            while let result = parser.next(at: start) { results.append(result) }
        }
        while let result = parser.next(at: after(.seconds(1))) { results.append(result) }
        return results
    }

    static func results<P: Parser>(of type: P.Type, _ pieces: [ArraySlice<UInt8>]) -> [P.Result] {
        var parser = P(limits: .standard)
        return results(&parser, pieces)
    }

    /// True when it does not matter to the results where `bytes` are cut in two, or into single bytes.
    static func cutsDoNotMatter<P: Parser>(to type: P.Type, _ bytes: [UInt8]) -> Bool {
        let whole = results(of: type, [bytes[...]])
        return singleBytesDoNotMatter(to: type, bytes)
            && bytes.indices.allSatisfy { results(of: type, [bytes[..<$0], bytes[$0...]]) == whole }
    }

    /// True when it does not matter to the results whether `bytes` come at once or one at a time.
    static func singleBytesDoNotMatter<P: Parser>(to type: P.Type, _ bytes: [UInt8]) -> Bool {
        results(of: type, bytes.indices.map { bytes[$0...$0] }) == results(of: type, [bytes[...]])
    }

    /// Messages made of the dialect's own words in no order, with a seed.
    static func hostile(_ generator: inout some RandomNumberGenerator, words count: Int) -> [UInt8] {
        (0..<count).flatMap { _ -> [UInt8] in
            if Int.random(in: 0..<8, using: &generator) == 0 { return [UInt8.random(in: 0...255, using: &generator)] }
            return Array((vocabulary.randomElement(using: &generator) ?? "").utf8)
        }
    }

    private static let vocabulary = [
        "SETUP", "PLAY", "TEARDOWN", "PAUSE", "SEEK", "ODD", " ", " ", " ", "\n", "\n", "\r\n", "\r", "RTSP/1.0", "RTSP/", "200",
        "OK", "CSeq", "CSeq: 1", ":", "=", "Session: 123456", "Transport", "RTP/UDP", "client_port", "client_port= 25000", "TCP",
        "99999999999999999999", "-1", "movie.Mjpeg", "\u{0}", "é", "://", "*",
    ]

    /// SplitMix64: the same numbers for the same seed.
    struct Generator: RandomNumberGenerator {
        var state: UInt64
        init(seed: UInt64) { state = seed }
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }
}

extension LabRequestParser: LabFixture.Parser {}
extension LabResponseParser: LabFixture.Parser {}
