import RTPTransport

/// Pictures into packets, one in each run.
package struct Packetizing: Workload {
    private let frames: [[UInt8]]
    private var packetizer: JPEGPacketizer
    private var sequenceNumber: UInt16 = 0
    private var frameCount = 0

    /// Takes turns with `frames`, which RFC 2435 can carry.
    package init(_ frames: [[UInt8]], packetSize: Int = 1400) throws {
        guard !frames.isEmpty else { throw WorkloadFailure("no frames") }
        self.frames = frames
        packetizer = JPEGPacketizer(maximumPayloadSize: packetSize)
    }

    package mutating func run() throws {
        let batch = try next()
        guard batch.count > 1 else { throw WorkloadFailure("\(batch.count) packets") }
    }

    mutating func next() throws -> RTPPacketBatch {
        defer { frameCount += 1 }
        return try packetizer.packetize(
            frames[frameCount % frames.count], timestamp: RTPTimestamp(rawValue: UInt32(truncatingIfNeeded: frameCount * 3600)),
            ssrc: 1, sequenceNumber: &sequenceNumber)
    }

    /// All frames once.
    package static func batches(of frames: [[UInt8]], packetSize: Int = 1400) throws -> [RTPPacketBatch] {
        var packetizing = try Packetizing(frames, packetSize: packetSize)
        return try frames.map { _ in try packetizing.next() }
    }
}

/// Pictures into packets in memory that is used again, one in each run.
package struct Repacketizing: Workload {
    private let frames: [[UInt8]]
    private var packetizer = JPEGPacketizer()
    private var batch = RTPPacketBatch()
    private var sequenceNumber: UInt16 = 0
    private var frameCount = 0

    package init(_ frames: [[UInt8]]) throws {
        guard !frames.isEmpty else { throw WorkloadFailure("no frames") }
        self.frames = frames
    }

    package mutating func run() throws {
        defer { frameCount += 1 }
        try packetizer.packetize(
            frames[frameCount % frames.count], timestamp: RTPTimestamp(rawValue: UInt32(truncatingIfNeeded: frameCount * 3600)),
            ssrc: 1, sequenceNumber: &sequenceNumber, into: &batch)
        guard batch.count > 1 else { throw WorkloadFailure("\(batch.count) packets") }
    }
}

/// Packets, headers and all, into pictures, one in each run.
package struct Depacketizing: Workload {
    private let batches: [RTPPacketBatch]
    private var depacketizer = JPEGDepacketizer()
    private var frameCount = 0
    private let now = ContinuousClock.now

    package init(_ frames: [[UInt8]], packetSize: Int = 1400) throws {
        batches = try Packetizing.batches(of: frames, packetSize: packetSize)
    }

    /// The bytes of all packets.
    package var byteCount: Int { batches.reduce(0) { $0 + $1.bytes.count } }

    package mutating func run() throws {
        // The packets begin anew, and so does who takes them.
        if frameCount % batches.count == 0 { depacketizer = JPEGDepacketizer() }
        let batch = batches[frameCount % batches.count]
        frameCount += 1
        var frames = 0
        for index in 0..<batch.count {
            let packet = batch.bytes.span.extracting(batch.range(ofPacketAt: index))
            let (header, payload) = try RTPHeader.parse(packet)
            for event in depacketizer.receive(header, payload: packet.extracting(payload), at: now) {
                if case .frame = event { frames += 1 }
            }
        }
        guard frames == 1 else { throw WorkloadFailure("\(frames) frames came back") }
    }
}

/// The same with all that a receiver minds beside it: source, statistics, counters.
package struct Receiving: Workload {
    private let batches: [RTPPacketBatch]
    private var receiver = Self.fresh
    private var frameCount = 0
    private var now = ContinuousClock.now

    package init(_ frames: [[UInt8]], packetSize: Int = 1400) throws {
        batches = try Packetizing.batches(of: frames, packetSize: packetSize)
    }

    package mutating func run() throws {
        if frameCount % batches.count == 0 { receiver = Self.fresh }
        let batch = batches[frameCount % batches.count]
        frameCount += 1
        now += .milliseconds(40)
        var frames = 0
        for index in 0..<batch.count {
            let packet = batch.bytes.span.extracting(batch.range(ofPacketAt: index))
            for event in receiver.receive(rtp: packet, at: now) {
                if case .frame = event { frames += 1 }
            }
        }
        guard frames == 1 else { throw WorkloadFailure("\(frames) frames came back") }
    }

    private static var fresh: RTPReceiver {
        RTPReceiver(format: .jpeg, payloadTypes: [26], ssrc: 2, canonicalName: "reader")
    }
}

/// Packets framed for an RTSP connection, those of a frame in each run.
package struct Interleaving: Workload {
    private let batches: [RTPPacketBatch]
    private var frameCount = 0

    package init(_ frames: [[UInt8]], packetSize: Int = 1400) throws {
        batches = try Packetizing.batches(of: frames, packetSize: packetSize)
    }

    package mutating func run() throws {
        let batch = batches[frameCount % batches.count]
        frameCount += 1
        let framed = batch.interleaved(channel: 0)
        guard framed.count == batch.bytes.count + 4 * batch.count else { throw WorkloadFailure("\(framed.count) bytes") }
    }
}
