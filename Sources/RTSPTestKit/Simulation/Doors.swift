internal import RTPTransport
public import RTSPKit

enum TranscriptMedia {
    case presentation(Presentation)
    case snapshot(LiveSnapshot)
    case frame(LiveFrame)
    case goodbye([UInt8])
}

extension ClientConnection {
    mutating func take(
        _ input: Transcript.Input, at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) -> [ClientEvent] {
        switch input {
        case .connected: connected(at: now, via: &transport)
        case .bytes(let bytes): receive(bytes.span, at: now, via: &transport)
        case .rtp(let packet): receive(rtp: packet.span, at: now, via: &transport)
        case .rtcp(let packet): receive(rtcp: packet.span, at: now, via: &transport)
        case .play(let range): (try? play(range, at: now, via: &transport)) ?? []
        case .pause: (try? pause(at: now, via: &transport)) ?? []
        case .tearDown: tearDown(at: now, via: &transport)
        case .advance: advance(to: now, via: &transport)
        case .connectionClosed: connectionClosed(at: now, via: &transport)
        default: []
        }
    }
}

extension ServerConnection {
    mutating func take(
        _ input: Transcript.Input, media: TranscriptMedia?, at now: ContinuousClock.Instant,
        via transport: inout some EndpointTransport
    ) -> [ServerEvent] {
        switch (input, media) {
        case (.bytes(let bytes), _): receive(bytes.span, at: now, via: &transport)
        case (.report(let report, let stream), _): receive(report: report.span, on: stream, at: now, via: &transport)
        case (.found(_, let identity), .presentation(let presentation)):
            (try? answer(.found(presentation, identity), at: now, via: &transport)) ?? []
        case (.refused(let status), _): (try? answer(.refused(status), at: now, via: &transport)) ?? []
        case (.joined, .snapshot(let snapshot)): (try? answer(.joined(snapshot), at: now, via: &transport)) ?? []
        case (.deliver(let live), .frame(let frame)):
            deliver(frame, of: LivePresentationID(rawValue: UInt64(live)), at: now, via: &transport)
        case (.finish(let live), .goodbye(let goodbye)):
            finish(LivePresentationID(rawValue: UInt64(live)), goodbye: goodbye, at: now, via: &transport)
        case (.transportReady, _): transportReady(at: now, via: &transport)
        case (.advance, _): advance(to: now, via: &transport)
        case (.connectionClosed, _): connectionClosed(at: now, via: &transport)
        case (.shutDown, _): shutDown(at: now, via: &transport)
        default: []
        }
    }
}
extension ClientEvent { var summary: String { "\(self)" } }
extension ServerEvent { var summary: String { "\(self)" } }
extension Transcript {
    public var text: String {
        entries.map { e in
            func b(_ x: [UInt8]) -> String {
                if x.first == 0x24 || (x.first ?? 0) >= 0x80 { return "<\(x.count) bytes \(x.prefix(8))>" }
                return String(decoding: x.prefix(600), as: UTF8.self)
            }
            let t: String
            switch e.what {
            case .input(let i):
                switch i {
                case .bytes(let x): t = "< " + b(x)
                case .rtp(let x):
                    t =
                        "< rtp seq \(Int(x[2]) << 8 | Int(x[3])) m\(x[1] >> 7) ts \(Int(x[4]) << 24 | Int(x[5]) << 16 | Int(x[6]) << 8 | Int(x[7])) \(x.count)"
                case .rtcp(let x), .report(let x, _): t = "< rtcp \(x.count)"
                case .capture: t = "< capture"
                default: t = "< \(i)"
                }
            case .output(let o):
                switch o {
                case .bytes(let x): t = "> " + b(x)
                case .batch(let x, let s): t = "> batch seq \(Int(x.bytes[2]) << 8 | Int(x.bytes[3])) n\(x.count) \(s.rawValue)"
                case .report(let x, _): t = "> rtcp \(x.count)"
                default: t = "> \(o)"
                }
            case .event(let x): t = "= " + x.prefix(150)
            case .note(let x): t = "# " + x
            }
            return "\(Double(Int(e.time / .microseconds(1))) / 1000) \(e.machine) \(t)"
        }.joined(separator: "\n")
    }
}
