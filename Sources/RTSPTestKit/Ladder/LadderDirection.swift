internal import RTPTransport
internal import RTSPKit

/// One direction of a conversation: what was sent, what of it came, and the arrows that this makes.
struct LadderDirection {
    let sender: LadderEnd?
    let receiver: LadderEnd?
    let from: Int
    let to: Int
    let options: LadderDiagram.Options
    /// When the transcript ends.
    let end: Duration
    private(set) var rows: [LadderDiagram.Row] = []
    private var arrivals: LadderArrivals
    private var frames: [LadderFrame] = []
    private var longestTransit: Duration?

    init(
        from sender: LadderEnd?, _ from: Int, to receiver: LadderEnd?, _ to: Int, options: LadderDiagram.Options, end: Duration
    ) {
        self.sender = sender
        self.receiver = receiver
        (self.from, self.to) = (from, to)
        self.options = options
        self.end = end
        arrivals = LadderArrivals(sender == nil ? [] : receiver?.datagrams ?? [])
    }

    /// All arrows.
    mutating func draw() {
        if let sender {
            longestTransit = sender.parcels.compactMap { parcel in
                parcel.streamEnd.flatMap { receiver?.arrival(of: $0) }.map { $0 - parcel.time }
            }.max()
            for parcel in sender.parcels { take(parcel) }
            arrivals.finish(&frames)
        } else if let receiver {
            var reader = LadderReader(receiver)
            reader.read()
            frames = reader.frames
            for message in reader.messages { add(.message, message.text, message.order, sent: nil, arrived: message.time) }
            for report in reader.reports { addReport(report.bytes, report.order, sent: nil, arrived: report.time) }
        }
        guard options.showsFrames else { return }
        var media = LadderMedia(
            viewing: LadderViewing(receiver), isWitnessed: sender == nil || receiver != nil, from: from, to: to, options: options,
            isUnderway: isUnderway)
        rows += media.rows(for: frames)
        for time in arrivals.strangers { addStranger(at: time) }
    }

    private mutating func take(_ parcel: LadderEnd.Parcel) {
        let arrived = parcel.streamEnd.flatMap { receiver?.arrival(of: $0) }
        switch parcel.content {
        case .message(let bytes):
            add(.message, LadderMessage(bytes), parcel.order, sent: parcel.time, arrived: arrived)
        case .report(let bytes):
            let datagram = parcel.streamEnd == nil ? arrivals.take(report: bytes, after: parcel.time) : nil
            addReport(bytes, parcel.order, sent: parcel.time, arrived: arrived ?? datagram)
        case .batch(let batch):
            var frame = LadderFrame(number: frames.count + 1, timestamp: 0, sent: parcel.time, order: parcel.order)
            for index in 0..<batch.count {
                let bytes = Array(batch.bytes[batch.range(ofPacketAt: index)])
                let header = try? RTPHeader.parse(bytes.span, strictness: .anyVersion).header
                frame.timestamp = header?.timestamp.rawValue ?? 0
                frame.packets.append(
                    .init(sequenceNumber: header?.sequenceNumber ?? 0, byteCount: bytes.count, arrived: arrived))
                guard parcel.streamEnd == nil else { continue }
                let packet = (frame: frames.count, packet: index)
                frame.packets[index].arrived = arrivals.take(rtp: bytes, after: parcel.time, for: packet)
            }
            if let last = frame.lastArrival { longestTransit = max(longestTransit ?? .zero, last - parcel.time) }
            frames.append(frame)
        }
    }

    /// Whether what was sent at `time` may still come after the transcript's end.
    private var isUnderway: (Duration) -> Bool {
        let (end, transit) = (end, longestTransit ?? .seconds(1))
        return { end - $0 <= transit }
    }

    private mutating func add(
        _ kind: LadderDiagram.Row.Kind, _ message: LadderMessage, _ order: Int, sent: Duration?, arrived: Duration?
    ) {
        var row = LadderDiagram.Row(
            kind: kind, from: from, to: to, sent: sent, arrived: arrived, label: message.label, details: message.details,
            order: order)
        if let sent, arrived == nil, receiver != nil {
            row.ending = isUnderway(sent) ? .underway : .lost
            row.label += row.ending == .lost ? " · never arrived" : " · underway"
            row.isTrouble = true
        }
        rows.append(row)
    }

    private mutating func addReport(_ bytes: [UInt8], _ order: Int, sent: Duration?, arrived: Duration?) {
        guard options.showsReports else { return }
        add(.report, LadderMessage(report: bytes), order, sent: sent, arrived: arrived)
    }

    private mutating func addStranger(at time: Duration) {
        rows.append(
            LadderDiagram.Row(
                kind: .packet, from: from, to: to, arrived: time, label: "a datagram that nobody sent so: changed on the way",
                isTrouble: true, order: .max))
    }
}

/// The datagrams that came, to be claimed by those that were sent.
struct LadderArrivals {
    /// Which packet of which frame.
    typealias Place = (frame: Int, packet: Int)

    private var unclaimed: [[UInt8]: [Duration]] = [:]
    private var claims: [[UInt8]: Place] = [:]
    private var reports: Set<[UInt8]> = []
    /// When RTP came that nothing explains.
    private(set) var strangers: [Duration] = []

    init(_ datagrams: [LadderEnd.Datagram]) {
        // Backwards, so that the earliest is last and can be taken off.
        for datagram in datagrams.reversed() {
            unclaimed[datagram.bytes, default: []].append(datagram.time)
            if datagram.isReport { reports.insert(datagram.bytes) }
        }
    }

    /// When the report came that was sent at `time`.
    mutating func take(report bytes: [UInt8], after time: Duration) -> Duration? { take(bytes, after: time) }

    /// When the packet came that was sent at `time`.
    mutating func take(rtp bytes: [UInt8], after time: Duration, for place: Place) -> Duration? {
        claims[bytes] = place
        return take(bytes, after: time)
    }

    private mutating func take(_ bytes: [UInt8], after time: Duration) -> Duration? {
        guard let arrival = unclaimed[bytes]?.last, arrival >= time else { return nil }
        unclaimed[bytes]?.removeLast()
        return arrival
    }

    /// Explains what nobody has claimed: copies, and packets that were changed on their way.
    mutating func finish(_ frames: inout [LadderFrame]) {
        var lost: [UInt64: Place] = [:]
        for (frame, content) in frames.enumerated() {
            for packet in content.lost {
                lost[Self.key(content.packets[packet].sequenceNumber, content.timestamp)] = (frame, packet)
            }
        }
        for (bytes, times) in unclaimed where !times.isEmpty && !reports.contains(bytes) {
            if let place = claims[bytes] {
                frames[place.frame].packets[place.packet].copies += times.count
                continue
            }
            let header = try? RTPHeader.parse(bytes.span, strictness: .anyVersion).header
            let place = header.flatMap { lost[Self.key($0.sequenceNumber, $0.timestamp.rawValue)] }
            guard let place else {
                strangers += times
                continue
            }
            frames[place.frame].packets[place.packet].arrived = times.last
            frames[place.frame].packets[place.packet].isChanged = true
        }
        // A dictionary has no order that is the same in every run.
        strangers.sort()
    }

    private static func key(_ sequenceNumber: UInt16, _ timestamp: UInt32) -> UInt64 {
        UInt64(timestamp) << 16 | UInt64(sequenceNumber)
    }
}
