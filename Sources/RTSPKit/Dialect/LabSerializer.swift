/// Writes the messages of the course dialect. Each is meant for one write: the peer takes one read for one message.
public enum LabSerializer {
    /// Why a request cannot be written.
    public enum Failure: Error, Sendable, Hashable {
        /// The request would be longer than one read of the server, 256 bytes.
        case tooLong
        /// The file has no name that can be sent: see ``LabDialect/fileName(of:)``.
        case badFileName
        /// A SETUP without `client_port`.
        case noClientPort
    }

    /// The bytes of a reply, fewer than 256.
    ///
    /// The lines stand in the order that nearly all course clients count on: status, `CSeq`, `Session`, then what `media`
    /// knows; nothing else of `response` is written. Without a session (`nil`) the third line is `Session: 0`: clients parse it
    /// before they look at the status, and stop reading without it. Too long a `media.file` is cut.
    /// ```
    /// RTSP/1.0 200 OK
    /// CSeq: 1
    /// Session: 123456
    /// TotalTime: 25 25
    /// FPS: 20 20
    /// Count: 500 500
    /// Media: movie.Mjpeg
    /// Frames: 500
    /// X-TotalFrames: 500
    /// (blank line)
    /// ```
    public static func bytes(
        of response: RTSPResponse, sessionNumber: Int?, media: LabMediaInfo? = nil, lineEnding: LabLineEnding
    ) -> [UInt8] {
        let phrase = prefix(printable(response.status.reasonPhrase), bytes: 48)
        let lines = [
            "RTSP/1.0 \(clamped(response.status.code)) \(phrase)", "CSeq: \(response.cSeq ?? 0)",
            "Session: \(clamped(sessionNumber ?? 0))",
        ]
        let end = lineEnding.bytes
        guard let media else { return bytes(of: lines + [""], end) }
        let seconds = clamped(media.totalSeconds)
        let rate = clamped(media.framesPerSecond)
        let frames = clamped(media.frameCount)
        let before = bytes(
            of: lines + ["TotalTime: \(seconds) \(seconds)", "FPS: \(rate) \(rate)", "Count: \(frames) \(frames)"], end)
        let after = bytes(of: ["Frames: \(frames)", "X-TotalFrames: \(frames)", ""], end)
        let room = LabDialect.readSize - 1 - before.count - after.count - "Media: ".utf8.count - end.count
        return before + bytes(of: ["Media: " + prefix(printable(media.file), bytes: room)], end) + after
    }

    /// The bytes of a request, at most 256: request line with the bare file name, `CSeq`, then `Transport` (SETUP) or
    /// `Session`, then other headers; CRLF and a blank line at the end.
    ///
    /// The port is that of `client_port` in the standard `Transport` header. A request other than SETUP without a `Session`
    /// header says `Session: 0`, since the line is expected and never checked. Throws a ``Failure``.
    public static func bytes(of request: RTSPRequest, portSpelling: LabPortSpelling) throws(Failure) -> [UInt8] {
        guard let file = LabDialect.fileName(of: request.url) else { throw .badFileName }
        var lines = ["\(printable(request.method.rawValue)) \(file) RTSP/1.0", "CSeq: \(request.cSeq ?? 1)"]
        if request.method == .setup {
            guard let port = clientPort(request.headers["Transport"] ?? "") else { throw .noClientPort }
            let blank = portSpelling == .blankAfterEquals ? " " : ""
            lines.append("Transport: RTP/UDP; client_port=\(blank)\(port)")
        } else {
            lines.append("Session: \(printable(request.headers["Session"] ?? "0"))")
        }
        let taken: Set<String> = ["cseq", "transport", "session"]
        for field in request.headers.fields where !taken.contains(field.name.lowercased()) {
            lines.append("\(printable(field.name)): \(printable(field.value))")
        }
        let written = bytes(of: lines + [""], LabLineEnding.crlf.bytes)
        guard written.count <= LabDialect.readSize else { throw .tooLong }
        return written
    }

    private static func bytes(of lines: [String], _ end: [UInt8]) -> [UInt8] {
        lines.flatMap { Array($0.utf8) + end }
    }

    /// Numbers as every client reads them: not negative, at most nine digits.
    private static func clamped(_ number: Int) -> Int { min(max(0, number), 999_999_999) }

    /// `text` with every control character as `_`, so that nobody's text makes a line of its own.
    private static func printable(_ text: String) -> String {
        String(decoding: text.utf8.map { LabText.isControl($0) ? UInt8(ascii: "_") : $0 }, as: UTF8.self)
    }

    /// As many whole characters of `text` as fit.
    private static func prefix(_ text: String, bytes room: Int) -> String {
        var used = 0
        return String(
            text.prefix { character in
                used += character.utf8.count
                return used <= room
            })
    }

    private static func clientPort(_ transport: String) -> Int? {
        let text = Array(transport.utf8)[...]
        guard let start = LabText.position(of: "client_port=", in: text) else { return nil }
        return LabText.leadingNumber(text[(start + 12)...]).flatMap { (1...65535).contains($0) ? $0 : nil }
    }
}
