internal import MJPEGSource
internal import RTPTransport

/// The data path of a connection's sessions, and what their readers report.
extension ServerConnection {
    /// Media begins: a sender report first, so that the reader can place the packets in time (RFC 3550 section 6.4.1).
    mutating func startMedia(ofSessionAt index: Int, at now: ContinuousClock.Instant, via transport: inout some EndpointTransport)
    {
        guard let stream = sessions[index].stream, sessions[index].playback != nil else { return }
        if rules.sendsReports, let report = sessions[index].playback?.senderReport(at: now) {
            transport.send(report: report, on: stream)
            sessions[index].hasSpoken = true
            sessions[index].nextReport = now + reportInterval
        }
        sendDueMedia(ofSessionAt: index, at: now, via: &transport)
    }

    /// Sends what is due in every session.
    mutating func sendDueMedia(at now: ContinuousClock.Instant, via transport: inout some EndpointTransport) {
        for index in sessions.indices { sendDueMedia(ofSessionAt: index, at: now, via: &transport) }
    }

    private mutating func sendDueMedia(
        ofSessionAt index: Int, at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) {
        guard sessions[index].isDelivering, let stream = sessions[index].stream else { return }
        if sessions[index].liveStart != nil { return sessions[index].startLive(at: now, events: &events, via: &transport) }
        if let due = sessions[index].nextReport, due <= now {
            // A reader that takes nothing must not pile up reports either.
            if transport.canSend(on: stream), let report = sessions[index].playback?.senderReport(at: now) {
                transport.send(report: report, on: stream)
            }
            sessions[index].nextReport = now + reportInterval
        }
        let ended = sessions[index].sendDue(
            at: now, maximumLag: configuration.limits.maximumLag, events: &events, via: &transport)
        guard ended else { return }
        if let failure = sessions[index].playback?.failure {
            events.append(.sourceFailed(presentation: sessions[index].presentation.name, failure))
        }
        sayGoodbye(sessionAt: index, at: now, via: &transport)
        sessions[index].playback?.finish()
        endPlayback(ofSessionAt: index, at: now)
    }

    /// Tells the reader that nothing more comes (RFC 3550 section 6.6), unless it has heard nothing before or has been told.
    ///
    /// The source of a live presentation lives on, but not for this reader: to it the session is all there is.
    mutating func sayGoodbye(
        sessionAt index: Int, at now: ContinuousClock.Instant, via transport: inout some EndpointTransport
    ) {
        guard rules.sendsReports, sessions[index].hasSpoken, let stream = sessions[index].stream else { return }
        sessions[index].hasSpoken = false
        if state == .closed, sessions[index].isInterleaved { return }
        let ssrc = sessions[index].ssrc
        let goodbye =
            sessions[index].playback?.goodbye(at: now)
            ?? RTCPPacket.serialize([
                .receiverReport(ReceiverReport(ssrc: ssrc)),
                .sourceDescription([SourceDescription(ssrc: ssrc, canonicalName: configuration.canonicalName)]),
                .goodbye(Goodbye(ssrcs: [ssrc])),
            ])
        transport.send(report: goodbye, on: stream)
    }

    /// Never so short that reports are all there is.
    private var reportInterval: Duration { max(configuration.reportInterval, .milliseconds(100)) }

    /// A frame on the control connection: a reader's report where it is on an RTCP channel, else nothing we asked for.
    mutating func takeInterleaved(_ frame: InterleavedFrame, at now: ContinuousClock.Instant) {
        let index = sessions.indices.first { index in
            sessions[index].session.state.streams.contains { $0.transport.interleaved?.rtcp == frame.channel }
        }
        if let index { takeReport(frame.payload.span, ofSessionAt: index, at: now) }
    }

    /// A compound RTCP packet from a reader: a sign of life, and what it lost (RFC 3550 section 6.4.2).
    mutating func takeReport(_ bytes: Span<UInt8>, ofSessionAt index: Int, at now: ContinuousClock.Instant) {
        guard let packets = try? RTCPPacket.parse(compound: bytes) else { return }
        for packet in packets {
            guard case .receiverReport(let receiverReport) = packet else { continue }
            sessions[index].session.receivedReport(at: now)
            let ssrc = sessions[index].ssrc
            if let report = receiverReport.reports.first(where: { $0.ssrc == ssrc }) {
                sessions[index].report.lastReport = report
                sessions[index].playback?.receive(ReaderFeedback(fractionLost: Double(report.fractionLost) / 256, at: now))
            }
        }
    }
}
