internal import RTPTransport
internal import RTSPKit

/// What people and machines do and tell, in a few words.
struct LadderNote {
    var text: String
    var isTrouble = false

    private static let maximumLength = 160

    /// The note on a step; `nil` where there is nothing to say that an arrow does not show.
    init?(_ step: LadderHistory.Step, of role: Transcript.Machine.Role) {
        let said: LadderNote? =
            switch step.what {
            case .input(let input): LadderNote(input)
            case .output(let output): LadderNote(output, of: role)
            case .told(let event): LadderNote(event)
            case .line(let line): LadderNote(serverEvent: line)
            case .note(let text): LadderNote(text, isTrouble: true)
            }
        guard let said else { return nil }
        text = LadderText.clipped(LadderText.plain(said.text), to: Self.maximumLength)
        isTrouble = said.isTrouble
    }

    private init(_ text: String, isTrouble: Bool = false) {
        self.text = text
        self.isTrouble = isTrouble
    }

    private init?(_ input: Transcript.Input) {
        switch input {
        case .connected: self.init("connected")
        case .play(let range): self.init("user: PLAY" + (range.map { " npt=\($0)" } ?? ""))
        case .pause: self.init("user: PAUSE")
        case .tearDown: self.init("user: TEARDOWN")
        case .connectionClosed: self.init("the connection is gone")
        case .blocked(let streams) where streams.isEmpty: self.init("the connection takes media again")
        case .blocked: self.init("the connection takes no more media", isTrouble: true)
        case .found(let path, _): self.init("finds \(path)")
        case .refused(let status): self.init("refuses: \(status.code) \(status.reasonPhrase)", isTrouble: true)
        case .joined(let live): self.init("joins live presentation \(live)")
        case .outlinedJoin: self.init("joins a live presentation")
        case .finish(let live): self.init("live presentation \(live) is over")
        case .outlinedFinish(let live, _): self.init("live presentation \(live.rawValue) is over")
        case .shutDown: self.init("shuts down")
        default: return nil
        }
    }

    private init?(_ output: Transcript.Output, of role: Transcript.Machine.Role) {
        switch output {
        case .close: self.init("closes the connection")
        case .open(let stream, .datagrams(let rtp, let rtcp)) where role == .server:
            self.init("stream \(stream.rawValue) goes to port \(rtp)" + (rtcp.map { ", its reports to \($0)" } ?? ""))
        case .open(let stream, .interleaved(let channels)) where role == .server:
            self.init("stream \(stream.rawValue) goes on the connection, channels \(channels)")
        default: return nil
        }
    }

    private init?(_ event: ClientEvent) {
        switch event {
        case .described(let description, _): self.init("described: \(description.sessionName ?? "no name")")
        case .ready: self.init("state: ready")
        case .playing(let range): self.init("state: playing" + (range.map { " npt=\($0)" } ?? ""))
        case .paused: self.init("state: paused")
        case .refused(let method, let status): self.init("\(method) refused: \(status.code)", isTrouble: true)
        case .fallingBackToInterleaved(let reason): self.init("falls back to TCP: \(reason)", isTrouble: true)
        case .endOfStream: self.init("end of stream: all that came has been shown")
        case .reconnect: self.init("connects anew")
        case .noticed(let what): self.init("noticed: \(what)", isTrouble: true)
        case .closed(nil): self.init("state: closed")
        case .closed(let failure?): self.init("state: closed: \(failure)", isTrouble: true)
        case .frame, .incompleteFrame, .dialogue: return nil
        }
    }

    /// A server's event, as the transcript has it. What arrows and other notes show already is left out.
    private init?(serverEvent line: String) {
        let words = line.split(separator: " ", maxSplits: 2).map(String.init)
        switch words.first {
        case "ask", "answered", "left": return nil
        case "session" where words.count == 3:
            if words[2].hasPrefix("started") { return nil }
            self.init("session \(LadderText.shortened(identifier: words[1])) \(words[2])")
        default: self.init(line, isTrouble: ["violated:", "picture", "source"].contains(words.first ?? ""))
        }
    }
}
