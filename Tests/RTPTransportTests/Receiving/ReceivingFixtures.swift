import RTPTransport

/// The moment all receiving tests begin; any will do.
let receptionStart = ContinuousClock.now

extension ContinuousClock.Instant {
    /// So many milliseconds after the tests' beginning.
    static func after(_ milliseconds: Int) -> ContinuousClock.Instant {
        receptionStart.advanced(by: .milliseconds(milliseconds))
    }
}

/// Numbers that look random and are the same in every run (SplitMix64).
struct ReceptionRandom: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }
}

extension RTPHeader {
    /// A header of a received packet.
    static func received(
        _ number: UInt16, timestamp: UInt32 = 0, marker: Bool = false, payloadType: UInt8 = 26, ssrc: UInt32 = 0xA
    ) -> RTPHeader {
        RTPHeader(
            marker: marker, payloadType: payloadType, sequenceNumber: number, timestamp: RTPTimestamp(rawValue: timestamp),
            ssrc: ssrc)
    }

    /// The packet of this header and `payload`.
    func packet(_ payload: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return bytes + payload
    }
}
