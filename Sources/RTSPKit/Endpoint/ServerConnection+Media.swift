internal import MJPEGSource
internal import RTPTransport

/// The data path of a connection's sessions, and what their readers report.
extension ServerConnection {
    /// Media begins: a sender report first, so that the reader can place the packets in time (RFC 3550 section 6.4.1).
    mutating func startMedia(ofSession key: Int, at now: ContinuousClock.Instant, via transport: inout some EndpointTransport) {
        guard let served = sessions[key], let stream = served.stream, case .stored(let playback) = served.media else { return }
        if rules.sendsReports {
            transport.send(report: playback.senderReport(at: now), on: stream)
            sessions[key]?.hasSpoken = true
            let next = now + reportInterval
            sessions[key]?.nextReport = next
        }
        sendDueMedia(ofSession: key, at: now, via: &transport)
    }

    /// Sends what is due in every session.
    mutating func sendDueMedia(at now: ContinuousClock.Instant, via transport: inout some EndpointTransport) {
        for key in sessions.keys.sorted() { sendDueMedia(ofSession: key, at: now, via: &transport) }
    }

    private mutating func sendDueMedia(
        ofSession key: Int, at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) {
        guard var served = sessions[key], served.isDelivering, let stream = served.stream else { return }
        if case .stored(let playback) = served.media, let due = served.nextReport, due <= now {
            // A reader that takes nothing must not pile up reports either.
            if transport.canSend(on: stream) { transport.send(report: playback.senderReport(at: now), on: stream) }
            served.nextReport = now + reportInterval
        }
        let ended = served.sendDue(
            at: now, maximumLag: configuration.limits.maximumLag, events: &events, via: &transport)
        sessions[key] = served
        guard ended else { return }
        if case .stored(var playback) = served.media {
            if let failure = playback.failure {
                events.append(.sourceFailed(presentation: served.presentation.name, failure))
            }
            sayGoodbye(session: key, at: now, via: &transport)
            playback.finish()
            sessions[key]?.media = .stored(playback)
        }
        endPlayback(ofSession: key, at: now, via: &transport)
    }

    /// Tells the reader that nothing more comes (RFC 3550 section 6.6), unless it has heard nothing before or has been told.
    ///
    /// The source of a live presentation lives on, but not for this reader: to it the session is all there is.
    mutating func sayGoodbye(
        session key: Int, at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) {
        guard rules.sendsReports, let served = sessions[key], served.hasSpoken, let stream = served.stream else { return }
        sessions[key]?.hasSpoken = false
        if state == .closed, served.isInterleaved { return }
        let goodbye =
            switch served.media {
            case .stored(let playback): playback.goodbye(at: now)
            case .live, .liveOwnFormat:
                RTCPPacket.serialize([
                    .receiverReport(ReceiverReport(ssrc: served.ssrc)),
                    .sourceDescription([
                        SourceDescription(ssrc: served.ssrc, canonicalName: configuration.canonicalName)
                    ]),
                    .goodbye(Goodbye(ssrcs: [served.ssrc])),
                ])
            }
        transport.send(report: goodbye, on: stream)
    }

    /// Never so short that reports are all there is.
    private var reportInterval: Duration { max(configuration.reportInterval, .milliseconds(100)) }

    /// A frame on the control connection: a reader's report where it is on an RTCP channel, else nothing we asked for.
    mutating func takeInterleaved(
        _ frame: InterleavedFrame, at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) {
        let key = sessions.first {
            $0.value.session.state.streams.contains { $0.transport.interleaved?.rtcp == frame.channel }
        }?.key
        guard let key else { return }
        takeReport(frame.payload.span, ofSession: key, at: now, via: &transport)
    }

    /// A compound RTCP packet from a reader: a sign of life, and what it lost (RFC 3550 section 6.4.2).
    mutating func takeReport(
        _ bytes: Span<UInt8>, ofSession key: Int, at now: ContinuousClock.Instant,
        via transport: inout some EndpointTransport
    ) {
        guard let packets = try? RTCPPacket.parse(compound: bytes) else { return }
        for packet in packets {
            guard case .receiverReport(let receiverReport) = packet else { continue }
            sessions[key]?.session.receivedReport(at: now)
            let ssrc = sessions[key]?.ssrc
            if let report = receiverReport.reports.first(where: { $0.ssrc == ssrc }) {
                sessions[key]?.report.lastReport = report
                sessions[key]?.receive(ReaderFeedback(fractionLost: Double(report.fractionLost) / 256, at: now))
            }
        }
    }
}
