import Testing

@testable import RTSPNIO

extension RTSPNIOTests {
    @Suite struct DeliveryStatisticsTests {
        @Test func `without frames there is nothing to tell`() {
            let statistics = DeliveryStatistics()
            #expect(statistics.count == 0)
            #expect(statistics.time(ofPart: 0.99) == .zero)
            #expect(statistics.longest == .zero)
        }

        @Test func `the times of parts are never too short, and at most a quarter too long`() {
            var statistics = DeliveryStatistics()
            for milliseconds in 1...100 { statistics.note(.milliseconds(milliseconds)) }
            #expect(statistics.count == 100)
            #expect(statistics.longest == .milliseconds(100))
            for part in [0.01, 0.1, 0.5, 0.9, 0.99] {
                let exact = Duration.milliseconds(100) * part
                let told = statistics.time(ofPart: part)
                #expect(told >= exact)
                #expect(told <= exact * 1.26)
            }
            #expect(statistics.time(ofPart: 1) == .milliseconds(100))
        }

        @Test func `times of any length are counted`() {
            var statistics = DeliveryStatistics()
            let times: [Duration] = [.seconds(-5), .zero, .nanoseconds(1), .microseconds(1), .microseconds(3), .seconds(1 << 60)]
            for time in times { statistics.note(time) }
            #expect(statistics.count == 6)
            #expect(statistics.longest == .seconds(1 << 60))
            #expect(statistics.time(ofPart: 0.5) <= .microseconds(2))
            #expect(statistics.time(ofPart: -1) <= .microseconds(2))
        }
    }
}
