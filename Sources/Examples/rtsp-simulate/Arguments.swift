public import ArgumentParser
public import RTSPKit
import RTSPTestKit

extension ClientConfiguration.TransportChoice: ExpressibleByArgument {}

/// A number from `range`, or `nil` where the text is none.
private func number(_ text: some StringProtocol, in range: ClosedRange<Double>) -> Double? {
    Double(text).flatMap { range.contains($0) ? $0 : nil }
}

/// Milliseconds, with decimals where needed.
struct Milliseconds: ExpressibleByArgument {
    let duration: Duration

    init(_ duration: Duration) { self.duration = duration }

    init?(argument: String) {
        guard let value = number(argument, in: 0...60_000) else { return nil }
        duration = .microseconds(Int64(value * 1000))
    }

    var defaultValueDescription: String { "\(Int(duration / .milliseconds(1)))" }
}

/// 0 to 100, with or without a percent sign.
struct Percent: ExpressibleByArgument {
    let share: Double

    init(_ percent: Double) { share = percent / 100 }

    init?(argument: String) {
        guard let value = number(argument.last == "%" ? argument.dropLast() : argument[...], in: 0...100) else { return nil }
        share = value / 100
    }

    var defaultValueDescription: String { "\(Int(share * 100))" }
}

/// Two times in seconds, `A:B`.
struct TimePair: ExpressibleByArgument {
    let first: Duration
    let second: Duration

    init?(argument: String) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = number(parts[0], in: 0...1e6), let second = number(parts[1], in: 0...1e6) else {
            return nil
        }
        // The wire has milliseconds.
        (self.first, self.second) = (.milliseconds(Int64(first * 1000)), .milliseconds(Int64(second * 1000)))
    }
}

/// `PERCENT:LENGTH`.
struct Burst: ExpressibleByArgument {
    let bursts: NetworkConditions.Bursts

    init?(argument: String) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let percent = Percent(argument: String(parts[0])), let length = number(parts[1], in: 1...1e6)
        else { return nil }
        bursts = .init(probability: percent.share, length: length)
    }
}

/// `N` or `N-M`.
struct Pieces: ExpressibleByArgument {
    let range: ClosedRange<Int>

    init?(argument: String) {
        let bounds = argument.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        guard (1...2).contains(bounds.count), let first = bounds.first, let last = bounds.last, first >= 1, last >= first else {
            return nil
        }
        range = first...last
    }
}

/// `A..B`, or one number.
struct SeedRange: ExpressibleByArgument {
    let range: ClosedRange<UInt64>

    init?(argument: String) {
        let texts =
            argument.contains("..") ? argument.split(separator: "..", maxSplits: 1).map(String.init) : [argument, argument]
        let bounds = texts.compactMap { UInt64($0) }
        guard bounds.count == 2, bounds[0] <= bounds[1], bounds[1] - bounds[0] < UInt64(Int.max) else { return nil }
        range = bounds[0]...bounds[1]
    }
}

/// `teardown`, `disconnect` or `power`, and perhaps `@` and the time.
struct Leaving: ExpressibleByArgument {
    let command: Simulation.Command
    let time: Duration?

    init(command: Simulation.Command) { (self.command, time) = (command, nil) }

    init?(argument: String) {
        let parts = argument.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        switch parts.first {
        case "teardown": command = .tearDown
        case "disconnect": command = .disconnect
        case "power": command = .losePower
        default: return nil
        }
        guard parts.count == 2 else {
            time = nil
            return
        }
        guard let seconds = number(parts[1], in: 0...1e6) else { return nil }
        time = .milliseconds(Int64(seconds * 1000))
    }

    var defaultValueDescription: String { "teardown" }
}

/// `reset@1.5`, `blackhole@1.5:2` (for two seconds), `reset@message:4`.
struct PlannedFault: ExpressibleByArgument {
    let breakdown: Scenario.Breakdown

    init?(argument: String) {
        let parts = argument.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let fault: SimulatedNetwork.Fault
        switch parts[0] {
        case "reset": fault = .reset
        case "blackhole": fault = .blackhole
        default: return nil
        }
        let moment = parts[1].split(separator: ":", omittingEmptySubsequences: false)
        if moment.count == 2, moment[0] == "message" {
            guard let message = Int(moment[1]), (1...1_000_000).contains(message) else { return nil }
            breakdown = .init(fault, at: .message(message))
            return
        }
        guard moment.count <= 2, let time = moment.first.flatMap({ number($0, in: 0...1e6) }) else { return nil }
        let starts = Duration.milliseconds(Int64(time * 1000))
        guard moment.count == 2 else {
            breakdown = .init(fault, at: .time(starts))
            return
        }
        guard fault == .blackhole, let length = number(moment[1], in: 0...1e6) else { return nil }
        breakdown = .init(fault, at: .time(starts), ends: starts + .milliseconds(Int64(length * 1000)))
    }
}
