/// Bytes of a control connection to messages: requests, responses and interleaved frames in one stream
/// (RFC 2326 sections 4, 6, 7 and 10.12).
///
/// Give it bytes with ``append(_:)`` in pieces of any size, then call ``next()`` until it answers `nil`. How the bytes
/// were cut never changes what comes out. It is lenient: lines may end with LF alone, header lines may be continued, line
/// ends and a bounded number of other bytes may stand between messages.
///
/// ```text
///  0          8         16                       32
/// | '$' 0x24 | channel | length of the payload    | payload …
/// ```
public struct RTSPParser: Sendable, Hashable {
    /// Where in a message the parser stands.
    private enum Stage: Sendable, Hashable {
        case betweenMessages
        case headers(MessageHead)
        case body(MessageHead, length: Int)
        case failed(RTSPParseError)
    }

    /// The limits in force.
    public let limits: RTSPParserLimits
    private var stage = Stage.betweenMessages
    private var buffer: [UInt8] = []
    /// The index in `buffer` of the first byte that is not consumed.
    private var start = 0
    /// The index in `buffer` up to which no line end was found; no byte is searched twice.
    private var searched = 0
    /// The offset in the stream of the first byte in `buffer`.
    private var bufferOffset = 0
    /// How many bytes since the last message belonged to nothing.
    private var junk = 0

    /// A parser at the beginning of a stream. A negative limit counts as 0.
    public init(limits: RTSPParserLimits = .default) {
        self.limits = RTSPParserLimits(
            startLine: max(limits.startLine, 0), headerBytes: max(limits.headerBytes, 0),
            headerCount: max(limits.headerCount, 0), body: max(limits.body, 0), junk: max(limits.junk, 0))
    }

    /// How many bytes wait to become part of a message.
    public var bufferedByteCount: Int { buffer.count - start }

    /// True where a message has begun and is not complete: a peer that leaves it so is slow, or means ill.
    public var isInsideMessage: Bool {
        switch stage {
        case .betweenMessages: bufferedByteCount > 0
        case .headers, .body: true
        case .failed: false
        }
    }

    /// How many bytes the interleaved frame lacks that has begun; as long as its length is not known, how many that lacks. `nil`
    /// where none has.
    var missingFrameBytes: Int? {
        guard case .betweenMessages = stage, start < buffer.count, buffer[start] == UInt8(ascii: "$") else { return nil }
        guard bufferedByteCount >= 4 else { return 4 - bufferedByteCount }
        let missing = 4 + (Int(buffer[start + 2]) << 8 | Int(buffer[start + 3])) - bufferedByteCount
        return missing > 0 ? missing : nil
    }

    /// A whole interleaved frame of `count` bytes follows in the stream, and its owner takes it from there by itself; nothing waits
    /// here to become part of a message.
    mutating func passOver(frameBytes count: Int) {
        bufferOffset += count
        junk = 0
    }

    /// Takes in the bytes that follow in the stream. After an error they are dropped.
    public mutating func append(_ bytes: Span<UInt8>) {
        if case .failed = stage { return }
        discardConsumed()
        unsafe bytes.withUnsafeBufferPointer { unsafe buffer.append(contentsOf: $0) }
    }

    /// The next message, or `nil` where more bytes are needed. An error is final: it comes again at each further call.
    public mutating func next() throws(RTSPParseError) -> RTSPMessage? {
        switch stage {
        case .betweenMessages:
            switch try findStart() {
            case .frame: return takeFrame()
            case .message(let line):
                var head = MessageHead(startLine: line)
                return try takeMessage(&head)
            case nil: return nil
            }
        case .headers(var head):
            stage = .betweenMessages  // `head` is the only owner of its fields while they grow
            return try takeMessage(&head)
        case .body(let head, let length):
            return takeBody(of: head, length: length)
        case .failed(let error):
            throw error
        }
    }

    /// The message of which `head` is the beginning, once it is complete.
    private mutating func takeMessage(_ head: inout MessageHead) throws(RTSPParseError) -> RTSPMessage? {
        if let length = try readHeaders(into: &head) { return takeBody(of: head, length: length) }
        stage = .headers(head)
        return nil
    }

    private mutating func takeBody(of head: MessageHead, length: Int) -> RTSPMessage? {
        guard bufferedByteCount >= length else {
            stage = .body(head, length: length)
            return nil
        }
        let body = Array(buffer[start..<start + length])
        consume(to: start + length)
        (stage, junk) = (.betweenMessages, 0)
        return head.message(body: body)
    }

    /// The frame at `start`, once it is complete: one copy, out of the buffer.
    private mutating func takeFrame() -> RTSPMessage? {
        guard bufferedByteCount >= 4 else { return nil }
        let length = Int(buffer[start + 2]) << 8 | Int(buffer[start + 3])
        guard bufferedByteCount >= 4 + length else { return nil }
        let frame = InterleavedFrame(channel: buffer[start + 1], payload: Array(buffer[start + 4..<start + 4 + length]))
        consume(to: start + 4 + length)
        junk = 0
        return .interleaved(frame)
    }

    /// What a message begins with.
    private enum Start {
        case frame
        case message(StartLine)
    }

    /// Passes over what is no message; `nil` where none begins yet.
    private mutating func findStart() throws(RTSPParseError) -> Start? {
        while start < buffer.count {
            let byte = buffer[start]
            if byte == UInt8(ascii: "$") { return .frame }
            if Substring.isBlank(byte) {
                consume(to: start + 1)
            } else if (97...122).contains(Substring.lowercased(byte)) {
                if let line = try readStartLine() { return .message(line) }
                // The end of the line is still to come.
                if searched > start { return nil }
            } else {
                try discard(to: start + 1)
            }
        }
        return nil
    }

    /// Reads the line at `start`; `nil` where it was passed over, or where its end is still to come: then it has been searched.
    /// A control character shows that it is no text but the rest of something binary: then reading resumes at the next
    /// `$`, or behind the control character.
    private mutating func readStartLine() throws(RTSPParseError) -> StartLine? {
        let limit = searchLimit(limits.startLine)
        guard let end = buffer[searched..<limit.end].firstIndex(where: { $0 < 0x20 && !Self.isInText($0) || $0 == 0x7F }) else {
            searched = limit.end
            if limit.isReached { throw fail(.startLineTooLong) }
            return nil
        }
        guard buffer[end] == 0x0A else {
            try discard(to: buffer[start..<end].firstIndex(of: UInt8(ascii: "$")) ?? end + 1)
            return nil
        }
        switch StartLine.read(buffer[start..<end]) {
        case .line(let line, let junkBefore):
            try discard(to: start + min(junkBefore, end - start))
            consume(to: end + 1)
            return line
        case .malformed:
            throw fail(.malformedStartLine)
        case .junk:
            try discard(to: end + 1)
            return nil
        }
    }

    /// Reads header lines; the length of the body where the empty line behind them was read.
    private mutating func readHeaders(into head: inout MessageHead) throws(RTSPParseError) -> Int? {
        while true {
            let limit = searchLimit(limits.headerBytes - head.byteCount)
            guard let end = buffer[searched..<limit.end].firstIndex(of: 0x0A) else {
                searched = limit.end
                if limit.isReached { throw fail(.headersTooLarge, in: head) }
                return nil
            }
            head.byteCount += end + 1 - start
            do {
                let next = end + 1 < buffer.count ? buffer[end + 1] : nil
                if let length = try head.read(line: buffer[start..<end], next: next, limits: limits) {
                    consume(to: end + 1)
                    return length
                }
            } catch { throw fail(error, in: head) }
            consume(to: end + 1)
        }
    }

    /// How far a line may be searched for its end, and whether that is as far as the line may go.
    private func searchLimit(_ bytes: Int) -> (end: Int, isReached: Bool) {
        let allowed = max(bytes, searched - start)
        return allowed <= bufferedByteCount ? (start + allowed, true) : (buffer.count, false)
    }

    private static func isInText(_ byte: UInt8) -> Bool { byte == 0x09 || byte == 0x0D }

    private mutating func consume(to index: Int) {
        start = index
        searched = index
    }

    /// Consumes bytes that belong to nothing.
    private mutating func discard(to index: Int) throws(RTSPParseError) {
        junk += index - start
        guard junk <= limits.junk else { throw fail(.tooMuchJunk) }
        consume(to: index)
    }

    private mutating func fail(_ reason: RTSPParseError.Reason, in head: MessageHead? = nil) -> RTSPParseError {
        let error = RTSPParseError(reason, offset: bufferOffset + start, cSeq: head?.cSeq)
        stage = .failed(error)
        buffer = []
        (start, searched) = (0, 0)
        return error
    }

    /// Moves the bytes that wait to the front, but only once as many have been consumed: each is moved a fixed number
    /// of times. What a large message needed is given back.
    private mutating func discardConsumed() {
        if start == buffer.count {
            bufferOffset += start
            buffer.removeAll(keepingCapacity: buffer.capacity <= 65_536)
            (start, searched) = (0, 0)
        } else if start >= 4_096, start >= buffer.count - start {
            bufferOffset += start
            buffer.removeSubrange(..<start)
            (start, searched) = (0, searched - start)
        }
    }
}
