import Testing

@testable import RTPTransport

struct RTPHeaderTests {
    private let header = RTPHeader(
        marker: true, payloadType: 26, sequenceNumber: 0x1234, timestamp: RTPTimestamp(rawValue: 0x5678_9ABC), ssrc: 0xDEAD_BEEF)
    private let fixed: [UInt8] = [0x80, 0x9A, 0x12, 0x34, 0x56, 0x78, 0x9A, 0xBC, 0xDE, 0xAD, 0xBE, 0xEF]

    private func parse(
        _ packet: [UInt8], _ strictness: RTPHeader.Strictness = .standard
    ) throws -> (header: RTPHeader, payload: Range<Int>) {
        try RTPHeader.parse(packet.span, strictness: strictness)
    }

    private func reason(_ packet: [UInt8], _ strictness: RTPHeader.Strictness = .standard) -> RTPHeader.ParseError.Reason? {
        do throws(RTPHeader.ParseError) {
            _ = try RTPHeader.parse(packet.span, strictness: strictness)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test func `a header is written as RFC 3550 draws it, and read back`() throws {
        var bytes: [UInt8] = []
        header.append(to: &bytes)
        #expect(bytes == fixed)
        let parsed = try parse(bytes + [1, 2])
        #expect(parsed.header == header)
        #expect(parsed.payload == 12..<14)
    }

    @Test func `a payload may be empty`() throws {
        #expect(try parse(fixed).payload == 12..<12)
    }

    @Test func `contributing sources, extension and padding are not payload`() throws {
        var packet = fixed
        packet[0] = 0xB2
        packet += [UInt8](repeating: 1, count: 8) + [0xBE, 0xDE, 0, 1] + [9, 9, 9, 9] + [7, 7, 7] + [0, 0, 3]
        #expect(try parse(packet).payload == 28..<31)
    }

    private func headerExtension(_ packet: [UInt8]) -> RTPHeader.Extension? { RTPHeader.headerExtension(of: packet.span) }

    @Test func `the header extension is what it says and where it lies`() throws {
        var packet = fixed
        packet[0] = 0xB2
        packet += [UInt8](repeating: 1, count: 8) + [0xFF, 0xD8, 0, 1] + [9, 9, 9, 9] + [7, 7, 7] + [0, 0, 3]
        #expect(headerExtension(packet) == RTPHeader.Extension(profile: 0xFFD8, content: 24..<28))
        for count in 0..<28 { #expect(headerExtension(Array(packet.prefix(count))) == nil) }
        packet[23] = 0
        #expect(headerExtension(packet)?.content == 24..<24)
        packet[22] = 1
        #expect(headerExtension(packet) == nil)
        for first in [0xA2, 0x72, 0xF2] as [UInt8] {
            packet[0] = first
            #expect(headerExtension(packet) == nil)
        }
    }

    @Test func `packets cut anywhere before their payload are truncated`() {
        var packet = fixed
        packet[0] = 0x91
        packet += [UInt8](repeating: 1, count: 4) + [0xBE, 0xDE, 0, 1] + [9, 9, 9, 9]
        #expect(reason(packet) == nil)
        for count in 0..<packet.count { #expect(reason(Array(packet.prefix(count))) == .truncated) }
    }

    @Test func `padding must be counted, and no longer than the payload`() {
        var packet = fixed
        packet[0] = 0xA0
        #expect(reason(packet + [5, 5, 2]) == nil)
        #expect(reason(packet + [5, 5, 3]) == nil)
        #expect(reason(packet + [5, 5, 0]) == .invalidPadding)
        #expect(reason(packet + [5, 5, 4]) == .invalidPadding)
        #expect(reason(packet) == .invalidPadding)
    }

    @Test func `another version is refused unless any is welcome, and then its other bits mean nothing`() throws {
        var packet = fixed + [1, 2]
        packet[0] = 0x3F
        #expect(reason(packet) == .unsupportedVersion(0))
        #expect(try parse(packet, .anyVersion).payload == 12..<14)
        packet[0] = 0x8F
        #expect(reason(packet, .anyVersion) == .truncated)
    }

    @Test func `only seven bits of the payload type count`() {
        #expect(
            RTPHeader(marker: false, payloadType: 0xFF, sequenceNumber: 0, timestamp: header.timestamp, ssrc: 0).payloadType
                == 127)
    }

    @Test func `random bytes are parsed or refused, with the payload inside the packet`() {
        var generator = SeededGenerator(seed: 3550)
        for _ in 0..<5000 {
            let packet = (0..<Int.random(in: 0...80, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
            for strictness in [RTPHeader.Strictness.standard, .anyVersion] {
                guard let payload = try? parse(packet, strictness).payload else { continue }
                #expect(payload.lowerBound >= 12 && payload.upperBound <= packet.count)
            }
        }
    }

    @Test func `an error says what and where`() {
        #expect(RTPHeader.ParseError(reason: .truncated, offset: 3).description == "not an RTP packet: truncated at byte 3")
    }
}
