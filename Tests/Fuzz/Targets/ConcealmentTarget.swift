internal import RTPTransport

extension FuzzTarget {
    /// Frames whose packets begin at restart intervals, with packets lost and, where the input wants it, headers and data changed.
    ///
    /// A frame that is handed on has every interval, in order; where nothing was changed, those that came are as they were sent, and
    /// no others. What is held and what is made of it is bounded by the limits, whatever the headers say of the size.
    static let jpegConcealment = FuzzTarget(name: "jpeg-concealment") { bytes in
        var run = ConcealmentRun(FuzzBytes(bytes))
        run.go()
    }
}

private struct ConcealmentRun {
    /// A frame as it was sent.
    private struct Sent {
        var intervals: [[UInt8]]
        var arrived: Set<Int> = []
        var isChanged = false
    }

    private var bytes: FuzzBytes
    private let limits: DepacketizerLimits
    private var depacketizer: JPEGDepacketizer
    private let concealment: JPEGConcealment
    private var sent: [UInt32: Sent] = [:]
    private var number: UInt16 = 0
    private var timestamp: UInt32 = 0
    /// Pixels in eights, as the payload header says them.
    private let (width, height): (UInt8, UInt8)

    init(_ bytes: FuzzBytes) {
        self.bytes = bytes
        let choice = self.bytes.byte()
        concealment = choice & 1 == 1 ? .lastFrame : .grey
        limits = DepacketizerLimits(
            maximumBytes: choice & 2 == 2 ? 4096 : 65_536, maximumFrames: 1 + Int(choice >> 2 & 3),
            maximumWaitingFragments: choice & 16 == 16 ? 3 : 64)
        (width, height) = (self.bytes.byte(), self.bytes.byte())
        let size = choice & 32 == 32 ? PictureSize(width: Int(self.bytes.number16()), height: Int(self.bytes.number16())) : nil
        depacketizer = JPEGDepacketizer(limits: limits, describedSize: size, concealment: concealment)
    }

    mutating func go() {
        var frames = 0
        while !bytes.isEmpty, frames < 24 {
            send()
            frames += 1
        }
        take(depacketizer.flush())
        demand(depacketizer.flush().isEmpty, "nothing is left after a flush")
        depacketizer.restart()
        demand(depacketizer.heldByteCount == 0, "nothing is held after a restart")
    }

    /// The packets of one frame, one or two for each interval, some of them lost, changed or out of order.
    private mutating func send() {
        let choice = bytes.byte()
        let type: UInt8 = choice & 1 == 1 ? 65 : 64
        let interval = 1 + Int(bytes.byte())
        let q: UInt8 = [50, 60, 200, 255][Int(choice >> 1 & 3)]
        timestamp &+= 3000
        let unit = (width: 16, height: type == 65 ? 16 : 8)
        let across = (Int(width) * 8 + unit.width - 1) / unit.width
        let down = (Int(height) * 8 + unit.height - 1) / unit.height
        let count = min(40, (across * down + interval - 1) / interval)
        guard count > 0 else { return probe(type: type, interval: interval) }
        var frame = Sent(
            intervals: (0..<count).map { _ in
                (0..<1 + Int(bytes.byte() & 31)).flatMap { _ -> [UInt8] in
                    let byte = bytes.byte()
                    return byte == 0xFF ? [0xFF, 0] : [byte]
                }
            })
        var packets: [(header: RTPHeader, payload: [UInt8], interval: Int)] = []
        var offset = 0
        for index in frame.intervals.indices {
            let before: [UInt8] = choice & 8 == 8 && index > 0 ? [0xFF, 0xD0 + UInt8((index - 1) & 7)] : []
            let behind: [UInt8] = choice & 8 == 0 && index < count - 1 ? [0xFF, 0xD0 + UInt8(index & 7)] : []
            let data = before + frame.intervals[index] + behind
            let header = RTPHeader(
                marker: index == count - 1 && choice & 16 == 0, payloadType: 26, sequenceNumber: number,
                timestamp: RTPTimestamp(rawValue: timestamp), ssrc: 1)
            number &+= 1
            var payload: [UInt8] = [
                0, UInt8(offset >> 16), UInt8(offset >> 8 & 255), UInt8(offset & 255), type, q, width, height,
            ]
            payload += [UInt8(interval >> 8), UInt8(interval & 255), 0xC0, UInt8(index)]
            if q >= 128, offset == 0 { payload += [0, 0, 0, 64] + [UInt8](repeating: 9, count: 64) }
            packets.append((header, payload + data, index))
            offset += data.count
        }
        for position in packets.indices {
            let fate = bytes.byte()
            if fate & 3 == 3 { packets[position].interval = -1 }
            if fate & 12 == 12 { packets.swapAt(position, Int(fate >> 4) % packets.count) }
            if fate & 0x7C == 0x50 {
                frame.isChanged = true
                let place = 8 + Int(bytes.byte()) % (packets[position].payload.count - 8)
                packets[position].payload[place] = bytes.byte()
            }
        }
        frame.arrived = Set(packets.map(\.interval).filter { $0 >= 0 })
        sent[timestamp] = frame
        for packet in packets where packet.interval >= 0 { receive(packet.header, packet.payload) }
    }

    /// A packet of any bytes.
    private mutating func probe(type: UInt8, interval: Int) {
        sent[timestamp] = Sent(intervals: [], isChanged: true)
        let header = RTPHeader(
            marker: false, payloadType: 26, sequenceNumber: number, timestamp: RTPTimestamp(rawValue: timestamp), ssrc: 1)
        let word = bytes.number16()
        receive(
            header,
            [
                0, 0, 0, 0, type, 50, width, height, UInt8(interval >> 8), UInt8(interval & 255), UInt8(word >> 8),
                UInt8(word & 255),
            ]
                + bytes.bytes(Int(bytes.byte())))
    }

    private mutating func receive(_ header: RTPHeader, _ payload: [UInt8]) {
        take(depacketizer.receive(header, payload: payload.span, at: .start))
        demand(depacketizer.heldByteCount <= limits.maximumBytes, "what is held is bounded")
    }

    private func take(_ events: [DepacketizerEvent]) {
        demand(events.count <= limits.maximumFrames + 2, "a packet leads to few events")
        for case .frame(let frame) in events { check(frame) }
    }

    private func check(_ frame: ReassembledFrame) {
        demand(frame.image.count <= limits.maximumBytes + 2, "a frame is bounded")
        demand(frame.image.starts(with: [0xFF, 0xD8]) && frame.image.suffix(2) == [0xFF, 0xD9], "a frame is a JPEG file")
        guard let sent = sent[frame.timestamp.rawValue], let shown = intervals(of: frame) else { return }
        guard let concealment = frame.concealment else { return }
        demand(concealment.concealedIntervals > 0, "what is marked is concealed")
        demand(concealment.concealedIntervals < concealment.intervalCount, "something is the frame's own")
        demand(concealment.repeatedIntervals == 0 || self.concealment == .lastFrame, "only what is wanted is repeated")
        demandEqual(shown.count, concealment.intervalCount, "every interval is there")
        guard !sent.isChanged else { return }
        for index in sent.arrived where index < shown.count {
            demandEqual(shown[index], sent.intervals[index], "what came is untouched")
        }
        demandEqual(
            concealment.concealedIntervals, concealment.intervalCount - sent.arrived.count, "what did not come is concealed")
    }

    /// The intervals of a picture; `nil` where its header cannot be read, as with data that was changed.
    private func intervals(of frame: ReassembledFrame) -> [[UInt8]]? {
        guard let header = try? JPEGImageHeader(scanning: frame.image.span) else {
            demand(frame.concealment == nil, "a concealed picture has a sound header")
            return nil
        }
        var intervals: [[UInt8]] = [[]]
        var offset = header.scan.lowerBound
        while offset < header.scan.upperBound {
            let byte = frame.image[offset]
            let next = offset + 1 < header.scan.upperBound ? frame.image[offset + 1] : 0
            if byte == 0xFF, next != 0 {
                guard frame.concealment != nil else { return nil }
                demandEqual(next, 0xD0 + UInt8((intervals.count - 1) & 7), "restart markers come in their order")
                intervals.append([])
                offset += 2
            } else {
                intervals[intervals.count - 1].append(byte)
                offset += 1
            }
        }
        return intervals
    }
}
