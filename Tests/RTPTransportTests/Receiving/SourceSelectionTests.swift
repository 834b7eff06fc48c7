import Testing

@testable import RTPTransport

@Suite struct SourceSelectionTests {
    let named: UInt32 = 0xA
    let other: UInt32 = 0xB
    let third: UInt32 = 0xC

    @Test func `the first packet decides where nobody was named`() {
        var selection = SourceSelection(expected: nil)
        #expect(selection.admit(.received(1, ssrc: other), at: .after(0)) == .accepted)
        #expect(selection.current == other)
    }

    @Test func `the named source is taken at once`() {
        var selection = SourceSelection(expected: named)
        #expect(selection.admit(.received(1, ssrc: named), at: .after(0)) == .accepted)
        #expect(selection.current == named)
    }

    @Test func `M14 another than the named is taken after two packets in sequence`() {
        var selection = SourceSelection(expected: named)
        #expect(selection.admit(.received(1, ssrc: other), at: .after(0)) == .refused)
        #expect(selection.admit(.received(9, ssrc: third), at: .after(1)) == .refused)
        #expect(selection.admit(.received(2, ssrc: other), at: .after(2)) == .refused)
        #expect(selection.current == nil)
        #expect(selection.admit(.received(3, ssrc: other), at: .after(3)) == .changed)
        #expect(selection.current == other)
    }

    @Test func `two packets that are no sequence prove nothing`() {
        var selection = SourceSelection(expected: named)
        #expect(selection.admit(.received(1, ssrc: other), at: .after(0)) == .refused)
        #expect(selection.admit(.received(100, ssrc: other), at: .after(1)) == .refused)
        #expect(selection.current == nil)
    }

    @Test func `the named source takes over whenever it appears`() {
        var selection = SourceSelection(expected: named)
        for number in 1...4 { _ = selection.admit(.received(UInt16(number), ssrc: other), at: .after(number)) }
        #expect(selection.current == other)
        #expect(selection.admit(.received(50, ssrc: named), at: .after(5)) == .changed)
        #expect(selection.admit(.received(5, ssrc: other), at: .after(6)) == .refused)
        #expect(selection.admit(.received(6, ssrc: other), at: .after(7)) == .refused)
        #expect(selection.current == named)
    }

    @Test func `R02 packets of another never disturb a source that goes on`() {
        var selection = SourceSelection(expected: nil)
        for number in 0..<100 {
            #expect(selection.admit(.received(UInt16(number), ssrc: named), at: .after(number * 100)) == .accepted)
            guard number > 0 else { continue }
            for extra in 0..<5 {
                let header = RTPHeader.received(UInt16(number * 5 + extra), ssrc: other)
                #expect(selection.admit(header, at: .after(number * 100 + extra)) == .refused)
            }
        }
        #expect(selection.current == named)
    }

    @Test func `R02 three in sequence replace a source that is silent for a second`() {
        var selection = SourceSelection(expected: named)
        _ = selection.admit(.received(1, ssrc: named), at: .after(0))
        _ = selection.admit(.received(2, ssrc: named), at: .after(10))
        for number in 0..<5 { #expect(selection.admit(.received(UInt16(number), ssrc: other), at: .after(900)) == .refused) }
        #expect(selection.admit(.received(5, ssrc: other), at: .after(1010)) == .changed)
        // The old one has lost its precedence.
        #expect(selection.admit(.received(3, ssrc: named), at: .after(1020)) == .refused)
        #expect(selection.admit(.received(6, ssrc: other), at: .after(1020)) == .accepted)
        #expect(selection.current == other)
    }

    @Test func `a stray packet before the stream gives way to two of the stream`() {
        var selection = SourceSelection(expected: nil)
        #expect(selection.admit(.received(7, ssrc: third), at: .after(0)) == .accepted)
        #expect(selection.admit(.received(1, ssrc: other), at: .after(1)) == .refused)
        #expect(selection.admit(.received(2, ssrc: other), at: .after(2)) == .changed)
    }

    @Test func `a source that said goodbye is replaced by two packets`() {
        var selection = SourceSelection(expected: nil)
        for number in 1...3 { _ = selection.admit(.received(UInt16(number), ssrc: named), at: .after(number)) }
        selection.leave(other)
        #expect(selection.admit(.received(1, ssrc: other), at: .after(4)) == .refused)
        #expect(selection.admit(.received(2, ssrc: other), at: .after(4)) == .refused)
        selection.leave(named)
        #expect(selection.admit(.received(3, ssrc: other), at: .after(5)) == .changed)
    }

    @Test func `after a restart the next packet decides unless it is the named one's stream`() {
        var free = SourceSelection(expected: nil)
        for number in 1...3 { _ = free.admit(.received(UInt16(number), ssrc: named), at: .after(number)) }
        free.restart()
        #expect(free.admit(.received(1, ssrc: other), at: .after(4)) == .changed)
        var bound = SourceSelection(expected: named)
        for number in 1...3 { _ = bound.admit(.received(UInt16(number), ssrc: named), at: .after(number)) }
        bound.restart()
        #expect(bound.admit(.received(1, ssrc: other), at: .after(4)) == .refused)
        #expect(bound.current == named)
    }
}
