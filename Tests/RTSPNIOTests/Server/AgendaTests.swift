import NIOCore
import Testing

@testable import RTSPNIO

extension RTSPNIOTests {
    /// Who is to be called when.
    @Suite struct AgendaTests {
        private static func entry(_ time: UInt64, _ id: UInt64 = 0) -> Agenda.Entry {
            Agenda.Entry(time: .uptimeNanoseconds(time), id: id)
        }

        private static func takeAll(_ agenda: inout Agenda) -> [UInt64] {
            var times: [UInt64] = []
            while let entry = agenda.take(until: .distantFuture) { times.append(entry.time.uptimeNanoseconds) }
            return times
        }

        @Test func `entries come out in the order of their times, however they went in`() {
            for count in 0..<70 {
                let times = (0..<UInt64(count)).map { $0 * 7919 % 61 }
                var agenda = Agenda()
                for (index, time) in times.enumerated() { agenda.add(Self.entry(time, UInt64(index))) }
                #expect(agenda.count == count)
                #expect(agenda.earliest?.uptimeNanoseconds == times.min())
                #expect(Self.takeAll(&agenda) == times.sorted())
                #expect(agenda.earliest == nil)
            }
        }

        @Test func `nothing comes out before its time`() {
            var agenda = Agenda()
            agenda.add(Self.entry(30, 3))
            agenda.add(Self.entry(10, 1))
            #expect(agenda.take(until: .uptimeNanoseconds(9)) == nil)
            #expect(agenda.take(until: .uptimeNanoseconds(10)) == Self.entry(10, 1))
            #expect(agenda.take(until: .uptimeNanoseconds(29)) == nil)
            #expect(agenda.count == 1)
        }

        @Test func `what counts no more is cleared away, and the order stays`() {
            var agenda = Agenda()
            for time in 0..<50 as Range<UInt64> { agenda.add(Self.entry(time * 31 % 50, time)) }
            agenda.removeAll { $0.time.uptimeNanoseconds % 2 == 0 }
            #expect(agenda.count == 25)
            agenda.add(Self.entry(7))
            #expect(Self.takeAll(&agenda) == ((0..<25).map { $0 * 2 } + [7]).sorted())
        }
    }
}
