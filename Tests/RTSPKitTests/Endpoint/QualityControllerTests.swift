import RTSPKit
import Testing

/// The quality that follows losses.
@Suite struct QualityControllerTests {
    private static let start = ContinuousClock.now

    /// Reports at an even pace; the qualities after each.
    private static func run(
        _ controller: inout QualityController, _ losses: [Double], every interval: Duration = .seconds(5),
        from begin: Duration = .zero
    ) -> [Int?] {
        losses.enumerated().map { index, loss in
            controller.receive(fractionLost: loss, at: start + begin + interval * index)
            return controller.quality
        }
    }

    @Test func `without losses it stays at the top`() {
        var controller = QualityController()
        #expect(Set(Self.run(&controller, Array(repeating: 0, count: 100))) == [85])
        #expect(controller.rung == 0)
    }

    @Test func `one bad report changes nothing, two in a row lead down one rung`() {
        var controller = QualityController()
        #expect(Self.run(&controller, [0.2, 0, 0.2, 0.02, 0.2, 0.2, 0.2]) == [85, 85, 85, 85, 85, 70, 70])
    }

    @Test func `lasting losses lead to the bottom and no further`() {
        var controller = QualityController()
        #expect(Self.run(&controller, Array(repeating: 1, count: 40)).last == 25)
        #expect(controller.rung == 4)
    }

    @Test func `each rung is kept for its dwell time, however often readers report`() {
        var controller = QualityController()
        let course = Self.run(&controller, Array(repeating: 0.5, count: 10), every: .milliseconds(500))
        #expect(course == [85] + Array(repeating: 70, count: 9))
        #expect(Self.run(&controller, [0.5], from: .milliseconds(5499)) == [70])
        #expect(Self.run(&controller, [0.5], from: .milliseconds(5500)) == [55])
    }

    @Test func `what was good for long enough leads up, one rung at a time`() {
        var controller = QualityController()
        _ = Self.run(&controller, [0.5, 0.5, 0.5, 0.5])
        #expect(controller.quality == 55)
        let course = Self.run(&controller, Array(repeating: 0, count: 12), from: .seconds(20))
        #expect(course == [55, 55, 55, 55, 70, 70, 70, 70, 70, 85, 85, 85])
    }

    @Test func `losses between the thresholds keep the quality as it is`() {
        var controller = QualityController()
        _ = Self.run(&controller, [0.5, 0.5])
        #expect(Set(Self.run(&controller, Array(repeating: 0.02, count: 100), from: .seconds(10))) == [70])
    }

    @Test func `a rise that is followed by losses makes the next take twice as long, up to sixteen times`() {
        var controller = QualityController()
        var now = Duration.zero
        var times: [Duration] = []
        _ = Self.run(&controller, [0.5, 0.5])
        now = .seconds(10)
        for _ in 0..<7 {
            times.append(controller.timeToRise)
            while controller.quality == 70 {
                controller.receive(fractionLost: 0, at: Self.start + now)
                now += .seconds(5)
            }
            while controller.quality == 85 {
                controller.receive(fractionLost: 0.5, at: Self.start + now)
                now += .seconds(5)
            }
        }
        #expect(times == [20, 40, 80, 160, 320, 320, 320].map { .seconds($0) })
    }

    @Test func `a rise that holds is forgiven what went before`() {
        var controller = QualityController()
        _ = Self.run(&controller, [0.5, 0.5, 0.5, 0.5])
        #expect(controller.rung == 2)
        _ = Self.run(&controller, Array(repeating: 0, count: 5), from: .seconds(20))
        #expect(controller.rung == 1)
        _ = Self.run(&controller, [0.5, 0.5], from: .seconds(45))
        #expect(controller.timeToRise == .seconds(40))
        _ = Self.run(&controller, Array(repeating: 0, count: 9), from: .seconds(60))
        #expect(controller.rung == 1)
        #expect(controller.timeToRise == .seconds(40))
        _ = Self.run(&controller, Array(repeating: 0, count: 40), every: .seconds(10), from: .seconds(110))
        #expect(controller.rung == 0)
        #expect(controller.timeToRise == .seconds(20))
    }

    @Test func `an empty ladder and absurd losses do no harm`() {
        var empty = QualityController(.init(ladder: []))
        #expect(Self.run(&empty, [1, 1, 1, 0, 0]) == [nil, nil, nil, nil, nil])
        var odd = QualityController(.init(ladder: [500, -3]))
        #expect(Self.run(&odd, [.infinity, 7, .nan, -1]) == [100, 1, 1, 1])
    }

    @Test func `every course of eight reports stays on the ladder, moves one rung at most and never twice in a dwell time`() {
        let losses = [0.0, 0.02, 0.5]
        for number in 0..<6561 {
            var controller = QualityController(.init(recoveryTime: .seconds(4), dwellTime: .seconds(4)))
            var rest = number
            var changes: [Int] = []
            for index in 0..<8 {
                let before = controller.rung
                let changed = controller.receive(
                    fractionLost: losses[rest % 3], at: Self.start + .seconds(2 * index))
                rest /= 3
                #expect((0..<5).contains(controller.rung))
                #expect(abs(controller.rung - before) == (changed ? 1 : 0))
                if changed { changes.append(index) }
            }
            #expect(zip(changes, changes.dropFirst()).allSatisfy { $1 - $0 >= 2 })
        }
    }

    @Test func `of many readers the upper quartile counts, and of each its newest report`() {
        var losses = ReaderLosses<Int>()
        #expect(losses.upperQuartile(at: Self.start) == nil)
        losses.note(0.5, of: 1, at: Self.start)
        #expect(losses.upperQuartile(at: Self.start) == 0.5)
        for reader in 2...8 { losses.note(Double(reader) / 100, of: reader, at: Self.start) }
        // Two of eight lose more.
        #expect(losses.upperQuartile(at: Self.start) == 0.07)
        losses.note(0, of: 1, at: Self.start + .seconds(1))
        #expect(losses.upperQuartile(at: Self.start + .seconds(1)) == 0.06)
        losses.forget(8)
        #expect(losses.count == 7)
        #expect(losses.upperQuartile(at: Self.start + .seconds(16)) == 0)
        #expect(losses.upperQuartile(at: Self.start + .seconds(17)) == nil)
        #expect(losses.count == 0)
    }
}
