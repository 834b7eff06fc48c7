import Testing

@testable import RTPTransport

@Suite struct SequenceRunTests {
    func places(_ numbers: [UInt16], numbering: ReceptionStatistics.Numbering = .packets) -> [SequenceRun.Place] {
        var run = SequenceRun(numbering: numbering)
        return numbers.map { run.receive($0) }
    }

    @Test func `a number is in order, reordered or a duplicate`() {
        #expect(places([5, 6, 9, 7, 7, 9, 8]) == [.inOrder, .inOrder, .inOrder, .reordered, .duplicate, .duplicate, .reordered])
    }

    @Test func `the borders of jump and disorder are those of the RFC`() {
        #expect(places([0, 2999]) == [.inOrder, .inOrder])
        #expect(places([0, 3000]) == [.inOrder, .jumped])
        #expect(places([1000, 901]) == [.inOrder, .reordered])
        #expect(places([1000, 900]) == [.inOrder, .jumped])
    }

    @Test func `two far away in sequence restart, others do not`() {
        #expect(places([1, 10_000, 10_001]) == [.inOrder, .jumped, .restarted])
        #expect(places([1, 10_000, 10_002, 2]) == [.inOrder, .jumped, .jumped, .inOrder])
        #expect(places([1, 65_400, 65_401]) == [.inOrder, .jumped, .restarted])
    }

    @Test func `only the highest number may repeat as another piece`() {
        #expect(places([1, 1, 2, 1], numbering: .framesOrPackets) == [.inOrder, .repeated, .inOrder, .duplicate])
    }

    @Test func `a long gap forgets what was seen but counts on`() {
        var run = SequenceRun(numbering: .packets)
        for number in [0, 200, 150, 150] as [UInt16] { _ = run.receive(number) }
        #expect(run.expected == 201)
        #expect(run.missing == 198)
    }
}
