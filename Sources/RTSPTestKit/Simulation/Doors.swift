internal import RTPTransport
internal import RTSPKit

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
extension Transcript { var text: String { "" } }
