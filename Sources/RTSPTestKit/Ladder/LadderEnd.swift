internal import RTPTransport
internal import RTSPKit

/// One end of a control connection, with the packets beside it: what it sent and what it got.
struct LadderEnd {
    /// Something that was sent.
    struct Parcel {
        enum Content {
            case message([UInt8])
            case batch(RTPPacketBatch)
            case report([UInt8])
        }

        var time: Duration
        var order: Int
        var content: Content
        /// How far the bytes of the control connection go with it; `nil` for datagrams.
        var streamEnd: Int?
    }

    /// A datagram that came.
    struct Datagram {
        var time: Duration
        var order: Int
        var bytes: [UInt8]
        var isReport: Bool
    }

    let machine: Transcript.Machine
    let setup: Transcript.Setup?
    let began: Duration
    private(set) var steps: [LadderHistory.Step] = []
    private(set) var parcels: [Parcel] = []
    private(set) var datagrams: [Datagram] = []
    /// All bytes that were written to the control connection.
    private(set) var written: [UInt8] = []
    /// All bytes that came on it.
    private(set) var received: [UInt8] = []
    /// Since when so many bytes had come.
    private(set) var arrivals: [(count: Int, time: Duration, order: Int)] = []
    /// The channels of interleaved streams, also of those that are closed.
    private(set) var channels: [ChannelPair] = []
    /// Where this end was told that the connection stands.
    private(set) var connected: Duration?
    private var routes: [StreamID: MediaRoute] = [:]

    /// The ends of a machine: a client has one for each time that it connected, any other machine has one.
    static func all(of history: LadderHistory) -> [LadderEnd] {
        var ends: [LadderEnd] = []
        var end = LadderEnd(history)
        for step in history.steps {
            if case .input(.connected) = step.what, end.connected != nil {
                ends.append(end)
                end = LadderEnd(history)
            }
            end.note(step)
        }
        return ends + [end]
    }

    private init(_ history: LadderHistory) {
        machine = history.machine
        setup = history.setup
        began = history.began
    }

    /// When the byte before `count` came; `nil` where it did not.
    func arrival(of count: Int) -> Duration? {
        var (low, high) = (0, arrivals.count)
        while low < high {
            let middle = (low + high) / 2
            if arrivals[middle].count < count { low = middle + 1 } else { high = middle }
        }
        return low < arrivals.count ? arrivals[low].time : nil
    }

    private mutating func note(_ step: LadderHistory.Step) {
        steps.append(step)
        switch step.what {
        case .input(.connected): connected = step.time
        case .input(.bytes(let bytes)):
            received += bytes
            arrivals.append((received.count, step.time, step.order))
        case .input(.rtp(let packet)):
            datagrams.append(Datagram(time: step.time, order: step.order, bytes: packet, isReport: false))
        case .input(.rtcp(let packet)), .input(.report(let packet, _)):
            datagrams.append(Datagram(time: step.time, order: step.order, bytes: packet, isReport: true))
        case .output(let output): note(output, at: step)
        default: break
        }
    }

    private mutating func note(_ output: Transcript.Output, at step: LadderHistory.Step) {
        switch output {
        case .bytes(let bytes): write(bytes, .message(bytes), at: step)
        case .open(let stream, let route):
            routes[stream] = route
            if case .interleaved(let pair) = route { channels.append(pair) }
        case .closeStream(let stream): routes[stream] = nil
        case .batch(let batch, let stream):
            switch routes[stream] {
            case .interleaved(let pair): write(batch.interleaved(channel: pair.rtp), .batch(batch), at: step)
            case .datagrams: parcels.append(Parcel(time: step.time, order: step.order, content: .batch(batch)))
            case nil: break
            }
        case .report(let report, let stream):
            switch routes[stream] {
            case .interleaved(let pair):
                // A client that was given one channel reports on the next one; a server that has one does not report.
                guard let channel = pair.rtcp ?? (machine.role == .client ? pair.rtp &+ 1 : nil) else { return }
                let frame = InterleavedFrame(channel: channel, payload: report)
                write(RTSPSerializer.bytes(of: frame), .report(report), at: step)
            case .datagrams(_, .some): parcels.append(Parcel(time: step.time, order: step.order, content: .report(report)))
            case .datagrams, nil: break
            }
        case .close: break
        }
    }

    private mutating func write(_ bytes: [UInt8], _ content: Parcel.Content, at step: LadderHistory.Step) {
        guard !bytes.isEmpty else { return }
        written += bytes
        parcels.append(Parcel(time: step.time, order: step.order, content: content, streamEnd: written.count))
    }
}
