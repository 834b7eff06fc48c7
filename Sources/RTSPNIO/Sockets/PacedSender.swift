internal import NIOCore
internal import RTPTransport

/// Sends batches of packets as datagrams, spread over time so that a large frame does not overflow the reader's socket.
///
/// One for each pair of sockets, with one timer for all readers. Readers that are given the same batch in the same turn of the loop
/// share a *flight*: one schedule, and one system call for several of them. A run of equal packets is one message where the system has
/// UDP segmentation offload. Confined to the event loop of `channel`.
final class PacedSender {
    /// A batch on its way to those who were given it together.
    private final class Flight {
        let batch: PreparedBatch
        let start: ContinuousClock.Instant
        let arrival: ContinuousClock.Instant?
        var readers: [DatagramReader]
        var schedule: PacedSend

        init(
            _ batch: PreparedBatch, to reader: DatagramReader, pacing: Pacing, at start: ContinuousClock.Instant,
            since arrival: ContinuousClock.Instant?
        ) {
            self.batch = batch
            self.arrival = arrival
            self.start = start
            readers = [reader]
            schedule = PacedSend(packetCount: batch.batch.count, pacing: pacing, at: start)
        }
    }

    /// The socket; to be replaced when it has broken.
    var channel: any Channel { didSet { if channel !== oldValue { adopt() } } }
    let offload: Bool
    private let pacing: Pacing
    private let clock: () -> ContinuousClock.Instant
    /// Called when a reader's last batch has left.
    private let drained: (DatagramReader) -> Void
    /// When the live frame came to the server that is being sent now; `nil` for everything else.
    var arrival: ContinuousClock.Instant?
    /// Told how long after its arrival the last packet of a live frame has left, for all who were given it together.
    var delivered: ((Duration) -> Void)?
    /// Flights under way, in the order in which they began.
    private var flights: [Flight] = []
    /// The flight that further readers of this turn may join.
    private var forming: Flight?
    /// How many readers have something to get.
    private(set) var busyCount = 0
    private var spares = SpareBuffers()
    #if os(Linux)
        /// `nil` leaves everything to SwiftNIO.
        var room = SendingRoom()
        /// The socket of `channel`, for as long as that is active; `nil` where it has none.
        private var socket: NIOBSDSocket.Handle?
    #endif
    /// Whether something has been written to `channel` that may not have left.
    private var mayBeQueued = false
    private var timer: Scheduled<Void>?
    private var timerDeadline: ContinuousClock.Instant?

    init(
        channel: any Channel, pacing: Pacing, offload: Bool, clock: @escaping () -> ContinuousClock.Instant = { .now },
        drained: @escaping (DatagramReader) -> Void
    ) {
        self.channel = channel
        self.pacing = pacing
        self.offload = offload
        self.clock = clock
        self.drained = drained
        adopt()
    }

    private func adopt() {
        mayBeQueued = false
        #if os(Linux)
            let pipeline = channel.pipeline.syncOperations
            socket = channel.isActive ? try? pipeline.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { $0 } : nil
        #endif
    }

    /// Whether everything has left.
    var isIdle: Bool { busyCount == 0 }

    /// Whether another batch may be queued for `reader`: one may wait while one leaves.
    func canSend(to reader: DatagramReader) -> Bool { reader.queuedCount < 2 && channel.isWritable }

    /// Queues a batch; it begins to leave with ``flush()``.
    func send(_ batch: PreparedBatch, to reader: DatagramReader) {
        reader.batchCount &+= 1
        guard !reader.isServed else { return reader.waiting.append(batch) }
        busyCount += 1
        reader.isServed = true
        board(batch, reader, at: forming?.start ?? clock(), since: arrival)
    }

    /// Lets leave what was queued.
    func flush() {
        while forming != nil { launch() }
    }

    /// Does `action` once everything queued for `reader` has left.
    func after(_ reader: DatagramReader, _ action: @escaping () -> Void) {
        guard reader.isServed else { return action() }
        reader.followers.append(action)
    }

    /// Sends nothing any more.
    func stop() {
        timer?.cancel()
        timer = nil
        forming = nil
        flights = []
        busyCount = 0
    }

    // MARK: In time

    private func board(
        _ batch: PreparedBatch, _ reader: DatagramReader, at start: ContinuousClock.Instant,
        since arrival: ContinuousClock.Instant? = nil
    ) {
        if let forming, forming.batch === batch, forming.start == start {
            forming.readers.append(reader)
        } else {
            launch()
            forming = Flight(batch, to: reader, pacing: pacing, at: start, since: arrival)
        }
    }

    /// Begins the flight that was forming.
    private func launch() {
        guard let flight = forming else { return }
        forming = nil
        if let deadline = advance(flight, to: clock()) {
            flights.append(flight)
            setTimer(deadline)
        }
    }

    private func tick() {
        timer = nil
        timerDeadline = nil
        let now = clock()
        let underWay = flights
        flights = []
        var earliest: ContinuousClock.Instant?
        for flight in underWay {
            guard let deadline = advance(flight, to: now) else { continue }
            flights.append(flight)
            earliest = earliest.map { min($0, deadline) } ?? deadline
        }
        if let earliest { setTimer(earliest) }
        flush()
    }

    /// Sends what is due of a flight.
    /// - Returns: when more is due; `nil` once all of it has left.
    private func advance(_ flight: Flight, to now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        while let packets = flight.schedule.next(at: now) { write(packets, of: flight.batch, to: flight.readers, at: now) }
        if let deadline = flight.schedule.deadline { return deadline }
        if let arrival = flight.arrival { delivered?(arrival.duration(to: clock())) }
        // Of a frame that several readers have, another flight may still want it.
        if flight.readers.count == 1 { flight.batch.giveBack(to: &spares) }
        for reader in flight.readers { settle(reader, at: now) }
        return nil
    }

    /// A batch has left for `reader`: the next one begins, or what followed is done.
    private func settle(_ reader: DatagramReader, at now: ContinuousClock.Instant) {
        guard reader.waiting.isEmpty else { return board(reader.waiting.removeFirst(), reader, at: now + pacing.interval) }
        reader.isServed = false
        busyCount -= 1
        if !reader.followers.isEmpty {
            let followers = reader.followers
            reader.followers = []
            for follower in followers { follower() }
        }
        drained(reader)
    }

    private func setTimer(_ deadline: ContinuousClock.Instant) {
        if let timerDeadline, timerDeadline <= deadline { return }
        timer?.cancel()
        timerDeadline = deadline
        let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
        timer = channel.eventLoop.scheduleTask(deadline: channel.eventLoop.tick(after: clock().duration(to: deadline))) {
            bound.value.tick()
        }
    }

    // MARK: Writing

    /// How many messages, and bytes, one flush is given: enough to share the cost of a call, and so few that what has been queued is
    /// never taken for a jam of the socket.
    private static let messagesPerFlush = 32
    private static let bytesPerFlush = 1 << 20

    private func readersPerFlush(_ messages: [Message]) -> Int {
        let byteCount = messages.reduce(0) { $0 + $1.bytes.readableBytes }
        return max(1, min(Self.messagesPerFlush / max(messages.count, 1), Self.bytesPerFlush / max(byteCount, 1)))
    }

    private func write(
        _ packets: Range<Int>, of batch: PreparedBatch, to readers: [DatagramReader], at now: ContinuousClock.Instant
    ) {
        let troubled = readers.filter { $0.trouble != nil }
        let sound = troubled.isEmpty ? readers : readers.filter { $0.trouble == nil }
        writeTogether(packets, of: batch, to: writeAtOnce(packets, of: batch, to: sound[...], at: now), at: now)
        for reader in troubled { writeAlone(packets, of: batch, to: reader, at: now) }
    }

    /// Gives the packets to the system without a detour, as far as it takes them.
    /// - Returns: the readers to whom nothing has been written.
    private func writeAtOnce(
        _ packets: Range<Int>, of batch: PreparedBatch, to readers: ArraySlice<DatagramReader>, at now: ContinuousClock.Instant
    ) -> ArraySlice<DatagramReader> {
        var rest = readers
        #if os(Linux)
            guard let room, let socket else { return rest }
            let runs = runs(packets, of: batch, isSegmented: offload)
            while !rest.isEmpty, channel.isActive, !isQueued() {
                let taken = room.send(runs, of: batch.batch, to: rest, by: socket)
                let (served, part) = taken.quotientAndRemainder(dividingBy: max(runs.count, 1))
                rest = rest.dropFirst(served)
                guard runs.indices.contains(part), let reader = rest.popFirst() else { break }
                // The socket is full, or something is wrong with this reader's path: SwiftNIO knows how to go on.
                reader.trouble = .suspected
                writeAlone(runs[part].packets.lowerBound..<packets.upperBound, of: batch, to: reader, at: now)
            }
        #endif
        return rest
    }

    /// Whether what was written to the channel before is still there: nothing may overtake it.
    private func isQueued() -> Bool {
        guard mayBeQueued else { return false }
        mayBeQueued = ((try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0) > 0
        return mayBeQueued
    }

    /// Writes to readers of whose paths nothing bad is known.
    private func writeTogether(
        _ packets: Range<Int>, of batch: PreparedBatch, to readers: ArraySlice<DatagramReader>, at now: ContinuousClock.Instant
    ) {
        guard !readers.isEmpty else { return }
        let messages = messages(packets, of: batch, isSegmented: offload)
        let perFlush = readersPerFlush(messages)
        var rest = readers
        while !rest.isEmpty, channel.isActive {
            let some = rest.prefix(perFlush)
            rest = rest.dropFirst(perFlush)
            for reader in some { write(messages, to: reader, isSegmented: offload, isFirst: packets.lowerBound == 0) }
            flush(some, packets, of: batch, at: now)
        }
    }

    /// One write to the socket.
    private struct Message {
        var bytes: ByteBuffer
        /// Where the system is to cut it.
        var segmentLength: Int?
    }

    private func messages(_ packets: Range<Int>, of batch: PreparedBatch, isSegmented: Bool) -> [Message] {
        let bytes = batch.plain(in: &spares)
        return runs(packets, of: batch, isSegmented: isSegmented).compactMap { run in
            bytes.getSlice(at: bytes.readerIndex + run.bytes.lowerBound, length: run.bytes.count).map {
                Message(bytes: $0, segmentLength: run.packets.count > 1 ? run.segmentLength : nil)
            }
        }
    }

    /// What goes in one message each.
    private func runs(_ packets: Range<Int>, of batch: PreparedBatch, isSegmented: Bool) -> [RTPPacketBatch.Run] {
        var runs: [RTPPacketBatch.Run] = []
        var rest = packets
        while let run = batch.batch.run(ofPacketsAt: rest, maxSegments: isSegmented ? 64 : 1, maxBytes: 65_000) {
            runs.append(run)
            rest = run.packets.upperBound..<rest.upperBound
        }
        return runs
    }

    private func write(_ messages: [Message], to reader: DatagramReader, isSegmented: Bool, isFirst: Bool) {
        // Whether a path takes packets of this length is asked now and then: a promise for every write would cost as much as it.
        let isProbe = reader.trouble == .suspected || isFirst && reader.batchCount % Self.batchesPerProbe == 1
        var promise = isProbe ? probe(of: reader, isSegmented) : nil
        mayBeQueued = true
        for message in messages {
            var envelope = AddressedEnvelope(remoteAddress: reader.address, data: message.bytes)
            if let length = message.segmentLength {
                envelope.metadata = .init(ecnState: .transportNotCapable, packetInfo: nil, segmentSize: length)
            }
            channel.write(envelope, promise: promise)
            // What befalls the first befalls them all.
            promise = nil
        }
    }

    /// Gives the system what was written for these readers, and minds what it says of them.
    private func flush(
        _ readers: ArraySlice<DatagramReader>, _ packets: Range<Int>, of batch: PreparedBatch, at now: ContinuousClock.Instant
    ) {
        guard !readers.isEmpty else { return }
        channel.flush()
        // The system gives no more than the socket's end as a sign that it would not send several at once, or to somebody.
        guard channel.isActive else {
            if readers.count == 1, let reader = readers.first { return blame(reader, isSegmented: offload, at: now) }
            for reader in readers where reader.trouble == nil { reader.trouble = .suspected }
            return
        }
        for reader in readers where reader.trouble != nil { writeAlone(packets, of: batch, to: reader, at: now) }
    }

    /// Writes to a reader whose path has given trouble, or may have.
    private func writeAlone(
        _ packets: Range<Int>, of batch: PreparedBatch, to reader: DatagramReader, at now: ContinuousClock.Instant
    ) {
        guard channel.isActive, let isSegmented = isSegmented(reader, at: now) else { return }
        write(
            messages(packets, of: batch, isSegmented: isSegmented), to: reader, isSegmented: isSegmented,
            isFirst: packets.lowerBound == 0)
        channel.flush()
        if !channel.isActive {
            blame(reader, isSegmented: isSegmented, at: now)
        } else if isSegmented, case .unsegmented = reader.trouble {
            writeAlone(packets, of: batch, to: reader, at: now)
        } else if case .suspected = reader.trouble {
            reader.trouble = nil
        }
    }

    /// How many batches there are to one that tells whether the path takes its packets.
    private static let batchesPerProbe = 16

    /// Tells that a path does not take packets of this length: segmented ones may not exceed what it takes in one piece.
    private func probe(of reader: DatagramReader, _ isSegmented: Bool) -> EventLoopPromise<Void> {
        let promise = channel.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenFailure { [weak self] error in
            guard let self, let error = error as? ChannelError, error == .writeMessageTooLarge else { return }
            blame(reader, isSegmented: isSegmented, at: clock())
            // After such an error SwiftNIO 2.101 may never call the channel writable again, so another takes its place.
            if !channel.isWritable { channel.close(promise: nil) }
        }
        return promise
    }

    /// How long a reader is left alone whose packets break the socket.
    static let shunTime = Duration.seconds(5)

    private func blame(_ reader: DatagramReader, isSegmented: Bool, at now: ContinuousClock.Instant) {
        reader.trouble = isSegmented ? .unsegmented : .shunned(until: now + Self.shunTime)
    }

    /// Whether packets go to `reader` in runs; `nil` while it gets none.
    private func isSegmented(_ reader: DatagramReader, at now: ContinuousClock.Instant) -> Bool? {
        switch reader.trouble {
        case nil, .suspected: return offload
        case .unsegmented: return false
        case .shunned(let end): return now < end ? nil : false
        }
    }
}

extension EventLoop {
    /// The first whole millisecond of the loop's clock that is not before `wait` is over.
    ///
    /// What is due within one millisecond is done in one turn of the loop: with hundreds of sessions, each in its own time, waking up
    /// for each would cost more than what there is to do.
    func tick(after wait: Duration) -> NIODeadline {
        let exact = (now + TimeAmount(wait)).uptimeNanoseconds
        let (rounded, isTooLate) = exact.addingReportingOverflow(999_999)
        return isTooLate ? .uptimeNanoseconds(exact) : .uptimeNanoseconds(rounded / 1_000_000 * 1_000_000)
    }
}

extension TimeAmount {
    /// A duration to the nearest nanosecond, never negative.
    init(_ duration: Duration) {
        let (seconds, attoseconds) = max(.zero, duration).components
        let bounded = min(seconds, 1_000_000_000)
        self = .nanoseconds(bounded * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
