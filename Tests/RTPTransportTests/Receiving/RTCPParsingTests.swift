import RTPTransport
import Testing

@Suite struct RTCPParsingTests {
    /// Written by hand after RFC 3550 section 6.4.1.
    static let senderReport: [UInt8] =
        [0x81, 200, 0, 12, 0, 0, 0, 0xA] + [0xE0, 0, 0, 1, 0x80, 0, 0, 0] + [0, 1, 0x5F, 0x90] + [0, 0, 0, 7] + [0, 0, 4, 0]
        + [0, 0, 0, 0xB] + [64, 0xFF, 0xFF, 0xFE] + [0, 1, 0, 5] + [0, 0, 0, 9] + [0x11, 0x22, 0x33, 0x44] + [0, 1, 0, 0]
    static let expectedSenderReport = SenderReport(
        ssrc: 0xA, ntp: NTPTimestamp(rawValue: 0xE000_0001_8000_0000), rtp: RTPTimestamp(rawValue: 90_000), packetCount: 7,
        octetCount: 1024,
        reports: [
            ReceptionReport(
                ssrc: 0xB, fractionLost: 64, cumulativeLost: -2, extendedHighestSequenceNumber: 0x1_0005, interarrivalJitter: 9,
                lastSenderReport: 0x1122_3344, delaySinceLastSenderReport: 65_536)
        ])
    /// SSRC A, CNAME "ab", end item and filling; then SSRC B with NOTE "x" only.
    static let description: [UInt8] =
        [0x82, 202, 0, 5] + [0, 0, 0, 0xA, 1, 2, 0x61, 0x62, 0, 0, 0, 0] + [0, 0, 0, 0xB, 7, 1, 0x78, 0]
    static let goodbye: [UInt8] = [0x82, 203, 0, 4] + [0, 0, 0, 0xA] + [0, 0, 0, 0xB] + [4] + Array("done".utf8) + [0, 0, 0]

    func parse(_ bytes: [UInt8], _ strictness: RTCPPacket.Strictness = .lenient) throws -> [RTCPPacket] {
        try RTCPPacket.parse(compound: bytes.span, strictness: strictness)
    }

    func refusal(_ bytes: [UInt8], _ strictness: RTCPPacket.Strictness = .lenient) -> RTCPParseError? {
        do {
            _ = try parse(bytes, strictness)
            return nil
        } catch {
            return error as? RTCPParseError
        }
    }

    @Test(arguments: [RTCPPacket.Strictness.lenient, .strict])
    func `a compound is read packet by packet`(strictness: RTCPPacket.Strictness) throws {
        let application: [UInt8] = [0x80, 204, 0, 2, 0, 0, 0, 1, 0x61, 0x62, 0x63, 0x64]
        let packets = try parse(Self.senderReport + Self.description + application + Self.goodbye, strictness)
        #expect(
            packets == [
                .senderReport(Self.expectedSenderReport),
                .sourceDescription([
                    SourceDescription(ssrc: 0xA, canonicalName: "ab"), SourceDescription(ssrc: 0xB, canonicalName: ""),
                ]),
                .other(type: 204), .goodbye(Goodbye(ssrcs: [0xA, 0xB], reason: "done")),
            ])
    }

    @Test func `an empty receiver report is read`() throws {
        #expect(try parse([0x80, 201, 0, 1, 0, 0, 0, 5], .strict) == [.receiverReport(ReceiverReport(ssrc: 5))])
    }

    @Test func `profile extensions after the blocks are skipped`() throws {
        let bytes: [UInt8] = [0x80, 201, 0, 2, 0, 0, 0, 5, 9, 9, 9, 9]
        #expect(try parse(bytes, .strict) == [.receiverReport(ReceiverReport(ssrc: 5))])
    }

    @Test func `padding of the last packet is not content`() throws {
        let bytes: [UInt8] = [0x80, 201, 0, 1, 0, 0, 0, 5] + [0xA1, 203, 0, 2, 0, 0, 0, 5, 0, 0, 0, 4]
        #expect(
            try parse(bytes, .strict) == [.receiverReport(ReceiverReport(ssrc: 5)), .goodbye(Goodbye(ssrcs: [5], reason: nil))])
    }

    @Test(arguments: [UInt8(0), 3, 16, 255])
    func `bad padding is an error when strict and content when lenient`(padding: UInt8) throws {
        let bytes: [UInt8] = [0xA0, 201, 0, 2, 0, 0, 0, 5, 0, 0, 0, padding]
        #expect(refusal(bytes, .strict) == RTCPParseError(reason: .invalidPadding, offset: 11))
        #expect(try parse(bytes) == [.receiverReport(ReceiverReport(ssrc: 5))])
    }

    @Test func `R04 a description without end item is read when lenient`() throws {
        let bytes: [UInt8] = [0x80, 201, 0, 1, 0, 0, 0, 5] + [0x81, 202, 0, 2] + [0, 0, 0, 5, 1, 2, 0x61, 0x62]
        #expect(
            try parse(bytes) == [
                .receiverReport(ReceiverReport(ssrc: 5)), .sourceDescription([SourceDescription(ssrc: 5, canonicalName: "ab")]),
            ])
        #expect(refusal(bytes, .strict) == RTCPParseError(reason: .missingEndItem, offset: 20))
    }

    @Test func `R05 a length beyond the datagram counts as its end when lenient`() throws {
        let bytes: [UInt8] = [0x80, 201, 0xFF, 0xFF, 0, 0, 0, 5]
        #expect(try parse(bytes) == [.receiverReport(ReceiverReport(ssrc: 5))])
        #expect(refusal(bytes, .strict) == RTCPParseError(reason: .truncated, offset: 8))
    }

    @Test func `R05 a compound of 65000 bytes is read`() throws {
        let block: [UInt8] = [0x80, 201, 0, 1, 0, 0, 0, 5]
        let bytes = Array(repeatElement(block, count: 8_125).joined())
        #expect(try parse(bytes, .strict).count == 8_125)
    }

    @Test func `R03 what is no RTCP at all is an error`() {
        #expect(refusal([]) == RTCPParseError(reason: .truncated, offset: 0))
        #expect(refusal([0x80, 200, 0]) == RTCPParseError(reason: .truncated, offset: 3))
        #expect(refusal([0x40, 200, 0, 0]) == RTCPParseError(reason: .unsupportedVersion(1), offset: 0))
        #expect(refusal([0x80, 200, 0, 0]) == RTCPParseError(reason: .truncated, offset: 4))
    }

    @Test func `R03 rubbish after a good packet costs only itself when lenient`() throws {
        let bytes: [UInt8] = [0x80, 201, 0, 1, 0, 0, 0, 5, 1, 2, 3, 4, 5]
        #expect(try parse(bytes) == [.receiverReport(ReceiverReport(ssrc: 5))])
        #expect(refusal(bytes, .strict) == RTCPParseError(reason: .unsupportedVersion(0), offset: 8))
    }

    @Test func `a compound that does not begin with a report is an error when strict`() throws {
        #expect(refusal(Self.goodbye, .strict) == RTCPParseError(reason: .doesNotBeginWithReport(203), offset: 1))
        #expect(try parse(Self.goodbye) == [.goodbye(Goodbye(ssrcs: [0xA, 0xB], reason: "done"))])
    }

    @Test func `a reason longer than its packet is no reason`() throws {
        let bytes: [UInt8] = [0x80, 201, 0, 1, 0, 0, 0, 5] + [0x81, 203, 0, 2, 0, 0, 0, 5, 200, 0x61, 0x62, 0x63]
        #expect(try parse(bytes).last == .goodbye(Goodbye(ssrcs: [5], reason: nil)))
        #expect(refusal(bytes, .strict)?.reason == .truncated)
    }

    @Test func `more blocks than there are bytes are those that are whole when lenient`() throws {
        var bytes = Self.senderReport
        bytes[0] = 0x9F
        #expect(try parse(bytes) == [.senderReport(Self.expectedSenderReport)])
        #expect(refusal(bytes, .strict)?.reason == .truncated)
        let goodbye: [UInt8] = [0x9F, 203, 0, 1, 0, 0, 0, 5]
        #expect(try parse(goodbye) == [.goodbye(Goodbye(ssrcs: [5]))])
        let description: [UInt8] = [0x9F, 202, 0, 2, 0, 0, 0, 5, 0, 0, 0, 0]
        #expect(try parse(description) == [.sourceDescription([SourceDescription(ssrc: 5, canonicalName: "")])])
    }

    @Test func `cut at every byte, a compound never yields more than the whole`() throws {
        let whole = Self.senderReport + Self.description + Self.goodbye
        let types = try parse(whole).count
        for length in 0..<whole.count {
            let cut = Array(whole[..<length])
            #expect((try? parse(cut).count) ?? 0 <= types)
            let isBoundary = length == Self.senderReport.count || length == (Self.senderReport + Self.description).count
            #expect((refusal(cut, .strict) == nil) == isBoundary, "cut at \(length)")
        }
    }

    @Test func `random bytes never trap and never yield more packets than words`() {
        var random = ReceptionRandom(seed: 1)
        for round in 0..<20_000 {
            var bytes = random.bytes(round % 120)
            // Most rounds get past the version and into a known type.
            if round % 4 != 0, bytes.count > 1 {
                bytes[0] = 0x80 | bytes[0] & 0x3F
                bytes[1] = 200 + bytes[1] % 5
                if bytes.count > 2 { bytes[2] = 0 }
            }
            let packets = (try? parse(bytes)) ?? []
            #expect(packets.count <= bytes.count / 4)
        }
    }
}
