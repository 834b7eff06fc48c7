internal import Foundation
internal import RTPTransport
internal import RTSPKit
internal import RTSPNIO

extension PlayerSession {
    /// How the client is set up for `setup`.
    func clientConfiguration(_ setup: PlayerSetup, _ relay: EventRelay) -> RTSPClient.Configuration {
        var client = RTSPClient.Configuration(
            dialect: setup.isLab ? .lab : .standard, transport: setup.transport, timeout: configuration.timeout,
            waitingFrames: 64, userAgent: "rtsp-player")
        if let buffer = configuration.buffer { client.playout = .fixed(buffer) }
        client.tellsDialogue = true
        client.onEvent = { relay.post($0) }
        return client
    }

    /// What is known of a presentation that is set up.
    func facts(of presentation: RTSPPresentation) -> PlayerMachine.Facts {
        .init(
            title: presentation.title, session: presentation.session, transportHeader: presentation.transport,
            isLive: presentation.isLive, duration: presentation.duration.map { $0 / .seconds(1) },
            frameRate: presentation.frameRate.flatMap { (0.01...1000).contains($0) ? $0 : nil })
    }

    /// Takes what the client tells.
    func take(_ event: ClientEvent, _ setup: PlayerSetup) {
        switch event {
        case .ready(let transport, let session):
            machine.agreed(transport: transport, session: session)
        case .dialogue(let message):
            keep(message)
        case .fallingBackToInterleaved(let reason):
            machine.fallingBack(reason: reason)
        case .closed:
            // Without frames to wait for, nobody else would hear of it.
            stage.starts?.finish()
        default:
            break
        }
        publish()
    }

    /// Of the dialogue the last messages are kept, for a tab that comes later.
    private func keep(_ message: ControlMessage) {
        messages &+= 1
        let entry = DialogueEntry(
            n: messages, at: Date.now, direction: message.direction == .sent ? .sent : .received, text: message.text)
        if dialogue.count >= EventFeed.maximumDialogue { dialogue.removeFirst() }
        dialogue.append(tell(.dialogue, entry))
    }

    /// Tells how it goes.
    func tellNumbers() async {
        let statistics = await stage.presentation?.statistics()
        // Of a session that has ended meanwhile nothing more is told.
        guard ride != nil else { return }
        let now = configuration.clock.now()
        var numbers = PlayerNumbers()
        numbers.time = Self.rounded(start.duration(to: now) / .seconds(1))
        numbers.position = shown.position.map { Self.rounded($0 / .seconds(1)) }
        numbers.framesShown = shown.count
        numbers.fps = shown.count > 0 ? shown.meter.picturesPerSecond(at: now) : nil
        numbers.browserSkipped = shown.browserSkipped
        numbers.firstPicture = shown.firstPicture.map(Self.milliseconds)
        numbers.latency = shown.latency.map(Self.milliseconds)
        if let statistics {
            shown.meter.receive(bytes: statistics.bytes, at: now)
            numbers.bitRate = shown.meter.bitsPerSecond().map { $0.rounded() }
            numbers.take(statistics)
        }
        if let recording {
            machine.recorded(recording.state)
            publish()
        }
        _ = tell(.numbers, numbers)
    }

    static func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }

    static func milliseconds(_ duration: Duration) -> Double { rounded(duration / .milliseconds(1)) }
}

extension PlayerNumbers {
    mutating func take(_ statistics: ClientStatistics) {
        packets = statistics.packets
        bytes = statistics.bytes
        lost = statistics.packetsLost
        reordered = statistics.packetsReordered
        jitter = PlayerSession.milliseconds(statistics.jitter)
        bufferDepth = PlayerSession.milliseconds(statistics.bufferDepth)
        bufferTarget = PlayerSession.milliseconds(statistics.bufferTarget)
        late = statistics.framesLate
        skipped = statistics.framesSkipped
        rebuffers = statistics.rebuffers
        incomplete = statistics.incompleteFrames
    }
}

extension RTSPFrame {
    /// How old it is at `date` by the sender's clock; `nil` where that is not known, or the clocks plainly disagree.
    func latency(at date: Date) -> Duration? {
        guard let senderTime else { return nil }
        let now = NTPTimestamp(sinceUnixEpoch: .seconds(date.timeIntervalSince1970))
        // The difference counts modulo 2³² seconds, as the timestamps do.
        let difference = Int64(bitPattern: now.rawValue &- senderTime.rawValue)
        let seconds = Double(difference) / 4_294_967_296
        return (0...60).contains(seconds) ? .seconds(seconds) : nil
    }
}
