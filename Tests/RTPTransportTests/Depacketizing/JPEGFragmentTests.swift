import Testing

@testable import RTPTransport

@Suite struct JPEGFragmentTests {
    typealias Fragment = JPEGDepacketizer.Fragment

    func read(_ bytes: [UInt8]) throws -> Fragment { try Fragment(bytes.span, marker: true) }

    func refusal(_ bytes: [UInt8]) -> DepacketizerDiscard? {
        do {
            _ = try read(bytes)
            return nil
        } catch {
            return (error as? JPEGDepacketizer.Refusal)?.reason
        }
    }

    @Test func `the main header is read as the RFC draws it`() throws {
        let fragment = try read([9, 0x12, 0x34, 0x56, 1, 99, 80, 45, 0xAA, 0xBB])
        #expect(fragment.offset == 0x12_3456)
        #expect(
            fragment.description == Fragment.Description(type: 1, q: 99, width: 80, height: 45, restartInterval: 0))
        #expect(fragment.tables == nil)
        #expect(fragment.position == nil)
        #expect(fragment.data == 8..<10)
        #expect(fragment.isLast)
    }

    @Test func `the restart header is read as the RFC draws it`() throws {
        let expected: [(UInt16, first: Bool, last: Bool, count: Int, isUnknown: Bool)] = [
            (0xFFFF, true, true, 0x3FFF, true), (0, false, false, 0, false), (0x8001, true, false, 1, false),
            (0x4123, false, true, 0x123, false),
        ]
        for (word, first, last, count, isUnknown) in expected {
            let fragment = try read(JPEGPayload(type: 64, restartInterval: 7, restartCount: word).fragment([1], offset: 10))
            #expect(fragment.description.restartInterval == 7)
            #expect(fragment.data == 12..<13)
            let position = try #require(fragment.position)
            #expect((position.isFirst, position.isLast, position.count, position.isUnknown) == (first, last, count, isUnknown))
        }
    }

    @Test func `tables stand in the first fragment of Q 128 and above only`() throws {
        let tables = Array(repeating: UInt8(9), count: 128)
        #expect(try read(JPEGPayload(q: 128, tables: tables).fragment([1], offset: 0)).data == 140..<141)
        #expect(try read(JPEGPayload(q: 128, tables: tables).fragment([1], offset: 8)).data == 8..<9)
        #expect(try read(JPEGPayload(q: 99).fragment([1], offset: 0)).data == 8..<9)
        #expect(try read(JPEGPayload(type: 65, q: 255, tables: tables).fragment([1], offset: 0)).data == 144..<145)
    }

    @Test func `types but 0, 1, 64 and 65 are refused`() {
        for type in UInt8.min...UInt8.max {
            var payload = JPEGPayload().fragment([1, 2, 3, 4, 5, 6], offset: 0)
            payload[4] = type
            #expect(refusal(payload) == ([0, 1, 64, 65].contains(type) ? nil : .unsupportedType(type)))
        }
    }

    @Test func `Q 100 to 127 are refused, and 0 is for a header extension to explain`() {
        for q in UInt8.min...UInt8.max {
            let payload = JPEGPayload(q: q, tables: q < 128 ? nil : []).fragment([1], offset: 0)
            #expect(refusal(payload) == ((100...127).contains(q) ? .reservedQ(q) : nil))
        }
    }

    @Test func `a width or height of zero is for others to explain`() throws {
        #expect(try read(JPEGPayload(width: 0).fragment([1], offset: 0)).description.width == 0)
        #expect(try read(JPEGPayload(height: 0).fragment([1], offset: 0)).description.height == 0)
    }

    @Test(arguments: [0, 1, 64, 65] as [UInt8], [1, 99, 128, 254, 255] as [UInt8])
    func `security 37: headers of every form, cut at every byte, are truncated`(type: UInt8, q: UInt8) {
        for tables in q < 128 ? [nil] : [[], [64], [128], [192]].map({ $0.flatMap { Array(repeating: 9 as UInt8, count: $0) } }) {
            let payload = JPEGPayload(type: type, q: q, tables: tables)
            for offset in [0, 1000] {
                let whole = payload.fragment([], offset: offset)
                for length in 0..<whole.count { #expect(refusal(Array(whole[..<length])) == .truncated) }
                #expect(refusal(whole) == nil)
            }
        }
    }
}
