internal import RTPTransport
internal import RTSPKit

/// Reads what came to one end, where nobody knows what the other had sent.
struct LadderReader {
    private let end: LadderEnd
    private let isLab: Bool
    /// The messages that came, and when they were complete.
    private(set) var messages: [(time: Duration, order: Int, text: LadderMessage)] = []
    /// The reports that came.
    private(set) var reports: [(time: Duration, order: Int, bytes: [UInt8])] = []
    /// The frames that came, in order of their first packets.
    private(set) var frames: [LadderFrame] = []
    private var places: [UInt32: Int] = [:]
    /// Which packets there were, by timestamp and sequence number.
    private var known: [UInt64: Int] = [:]
    private var packets: [(time: Duration, order: Int, bytes: [UInt8])] = []

    init(_ end: LadderEnd) {
        self.end = end
        if case .client(_, _, let dialect)? = end.setup {
            isLab = dialect == .lab
        } else {
            isLab = DialectDetector.verdict(on: end.received.span) == .lab
        }
    }

    mutating func read() {
        if isLab { readLab() } else { readStandard() }
        for datagram in end.datagrams {
            if datagram.isReport {
                reports.append((datagram.time, datagram.order, datagram.bytes))
            } else {
                packets.append((datagram.time, datagram.order, datagram.bytes))
            }
        }
        for packet in packets.sorted(by: { $0.order < $1.order }) { place(packet.bytes, at: packet.time, packet.order) }
        countMissing()
    }

    private mutating func readStandard() {
        var parser = RTSPParser()
        var start = 0
        for arrival in end.arrivals {
            parser.append(end.received.span.extracting(start..<arrival.count))
            start = arrival.count
            do {
                while let message = try parser.next() { take(message, at: arrival.time, arrival.order) }
            } catch {
                return messages.append((arrival.time, arrival.order, LadderMessage(unreadable: "\(error)")))
            }
        }
    }

    private mutating func take(_ message: RTSPMessage, at time: Duration, _ order: Int) {
        guard case .interleaved(let frame) = message else {
            return messages.append((time, order, LadderMessage(RTSPSerializer.bytes(of: message))))
        }
        // The even channel has the media unless SETUP said otherwise (RFC 2326 section 10.12).
        let isReport = end.channels.last.map { frame.channel != $0.rtp } ?? (frame.channel % 2 == 1)
        if isReport { reports.append((time, order, frame.payload)) } else { packets.append((time, order, frame.payload)) }
    }

    private mutating func readLab() {
        let isClient = end.machine.role == .client
        var start = 0
        var text: [UInt8] = []
        for (index, arrival) in end.arrivals.enumerated() {
            text += end.received[start..<arrival.count]
            start = arrival.count
            // A message of this dialect ends when nothing follows it.
            let next = index + 1 < end.arrivals.count ? end.arrivals[index + 1].time : nil
            if let next, next - arrival.time < LabDialect.quiet { continue }
            for message in Self.messages(in: text, areReplies: isClient) {
                messages.append((arrival.time, arrival.order, LadderMessage(message)))
            }
            text = []
        }
    }

    /// Cuts where a message of the course dialect begins.
    private static func messages(in text: [UInt8], areReplies: Bool) -> [[UInt8]] {
        var messages: [[UInt8]] = []
        for line in text.split(separator: 10, omittingEmptySubsequences: true) where line != [13] {
            let begins = areReplies ? line.starts(with: "RTSP/".utf8) : String(decoding: line, as: UTF8.self).contains(" RTSP/1.")
            if begins || messages.isEmpty { messages.append([]) }
            messages[messages.count - 1] += line + [10]
        }
        return messages
    }

    private mutating func place(_ bytes: [UInt8], at time: Duration, _ order: Int) {
        guard let (header, payload) = try? RTPHeader.parse(bytes.span, strictness: .anyVersion) else { return }
        let timestamp = header.timestamp.rawValue
        let place = places[timestamp] ?? frames.count
        if place == frames.count {
            places[timestamp] = place
            frames.append(LadderFrame(number: frames.count + 1, timestamp: timestamp, order: order))
            frames[place].lacksStart = !isLab
        }
        let name = UInt64(timestamp) << 16 | UInt64(header.sequenceNumber)
        if let copy = known[name] {
            frames[place].packets[copy].copies += 1
            return
        }
        known[name] = frames[place].packets.count
        frames[place].packets.append(
            .init(sequenceNumber: header.sequenceNumber, byteCount: bytes.count, arrived: time))
        if header.marker { frames[place].hasMarker = true }
        // The fragment offset (RFC 2435 section 3.1.2), which the course dialect does not have.
        if bytes[payload].dropFirst().prefix(3).elementsEqual([0, 0, 0]) { frames[place].lacksStart = false }
    }

    /// A gap within a frame is its own; one between two frames belongs to the first unless that had its last packet.
    private mutating func countMissing() {
        for index in frames.indices {
            guard let reference = frames[index].packets.first?.sequenceNumber else { continue }
            frames[index].packets.sort {
                Int16(bitPattern: $0.sequenceNumber &- reference) < Int16(bitPattern: $1.sequenceNumber &- reference)
            }
            guard let first = frames[index].packets.first?.sequenceNumber, let last = frames[index].packets.last?.sequenceNumber
            else { continue }
            frames[index].missing += Int(last &- first) + 1 - frames[index].packets.count
            frames[index].lacksEnd = index == frames.count - 1 && !frames[index].hasMarker
            guard index > 0, let before = frames[index - 1].packets.last?.sequenceNumber else { continue }
            let gap = Int(Int16(bitPattern: first &- before)) - 1
            guard gap > 0, gap < 1000 else { continue }
            if frames[index - 1].hasMarker {
                frames[index].missing += gap
            } else if frames[index].lacksStart {
                // Some of them belong to either.
                frames[index - 1].lacksEnd = true
            } else {
                frames[index - 1].missing += gap
            }
        }
    }
}
