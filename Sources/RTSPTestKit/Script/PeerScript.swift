/// What the other side of a dialogue says and expects, as text. ``ScriptedPeer`` plays it.
///
/// ```text
/// # A camera that puts a frame before its answer to PLAY.
/// < SETUP *                                 expect a request; only what is named is compared
/// < Transport: RTP/AVP/TCP;*interleaved=$channels
/// > RTSP/1.0 200 OK                         answer it; CSeq is filled in
/// > Session: 17;timeout=20
/// > Transport: RTP/AVP/TCP;unicast;interleaved=$channels
///
/// < PLAY
/// < Session: 17
/// > frame 0 hex 80 1A 00 01
/// > RTSP/1.0 200 OK
/// ```
///
/// A run of lines with the same arrow is one message; an empty line, or any other, ends it, and so does one of the words below, save
/// in a body.
///
/// | line | means |
/// |---|---|
/// | `< …` | The first line that is expected: the words that are written, `*` for anything, `$name` to capture a value and to compare it from then on (`$$` is a dollar sign). Then fields, in any order; `!Name` for one that must not be there. Behind an empty `<`, lines of the body in their order, others may stand between them. Frames that come in the meantime are passed over. |
/// | `< frame 0` | A frame on this channel; on any without a number. |
/// | `< close` | The other side closes the connection. |
/// | `> …` | A message, sent as it is written with values for `$name`; behind an empty `>`, its body. `CSeq` is added where the script has none: that of the oldest request without an answer, or the next number in a request. So is `Content-Length`. `!Name` keeps them out. `$cseq` is the number of the request being answered. |
/// | `> hex 24 00`, `> text "junk\r\n\0\xFF"` | These bytes. |
/// | `> frame 0 hex …`, `> frame 0 text …` | A frame on this channel. |
/// | `> close` | We close the connection. |
/// | `wait 250 ms` | Nothing is read or sent for so long. |
/// | `silence 1 s` | Nothing may come for so long, frames excepted. |
/// | `within 2 s` | What is expected next must come by then. |
/// | `in pieces of 3`, `in pieces of 3 every 10 ms` | What is sent next is sent in pieces of so many bytes. |
/// | `lines end with lf` | From here on; `crlf` at the start; `cr` is the third. |
/// | `any order` … `end` | Each `<` and what follows it up to the next is a case; they may come in any order. |
/// | `# …` | Nothing. |
public struct PeerScript: Sendable, Hashable {
    let steps: [ScriptStep]

    /// Reads a script.
    /// - Throws: ``PeerScriptError`` with the line that is wrong.
    public init(_ text: String) throws(PeerScriptError) {
        var parser = PeerScriptParser()
        steps = try parser.parse(text)
    }
}

/// One thing to do, at a line of a script.
struct ScriptStep: Sendable, Hashable {
    indirect enum Kind: Sendable, Hashable {
        case expect(ScriptExpectation, within: Duration?)
        case send(ScriptSending)
        case wait(Duration)
        case silence(Duration)
        case close
        /// The cases that have not been met, each an expectation and what follows it.
        case anyOrder([[ScriptStep]])
    }

    var line: Int
    var source: String
    var kind: Kind
}

/// What must come.
enum ScriptExpectation: Sendable, Hashable {
    case message(MessagePattern)
    case frame(channel: UInt8?)
    case close
}

/// What is sent.
struct ScriptSending: Sendable, Hashable {
    enum Content: Sendable, Hashable {
        /// The first line, header lines as they are written, fields to keep out, and the body's lines.
        case message(start: ScriptText, headers: [ScriptText], without: [String], body: [ScriptText])
        case bytes([UInt8])
    }

    /// How large the pieces are, and the time between them.
    struct Pieces: Sendable, Hashable {
        var size: Int
        var interval: Duration
    }

    var content: Content
    var lineEnd = "\r\n"
    var pieces: Pieces?
}
