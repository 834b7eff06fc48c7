/// Tells messages from packets on a control connection, byte by byte: where each begins, and what each byte is part of.
///
/// It reads just enough to find borders, and never refuses anything; what a peer sends is judged elsewhere.
struct FlightFraming {
    /// What a byte is part of.
    enum Place {
        /// A start line or a header line, or a line end between messages.
        case head
        /// The body of a message.
        case body
        /// A packet on the connection (RFC 2326 section 10.12).
        case frame
    }

    /// A stretch of bytes of one kind.
    struct Part {
        var bytes: ArraySlice<UInt8>
        /// Whether it is packets, and nothing of a message.
        var isMedia: Bool
        /// How many bytes stand before the first message or packet that begins here; `nil` where none begins.
        var border: Int?
    }

    private enum State {
        case between
        case head
        case body(left: Int)
        case frameHeader(have: Int)
        case frame(left: Int)
    }

    private var state = State.between
    /// The line so far, as much of it as may name the body's length.
    private var line: [UInt8] = []
    private var bodyLength = 0
    private var frameLength = 0

    private static let longestLine = 64
    private static let lengthField = Array("content-length:".utf8)

    /// Whether the next byte begins a message or a packet.
    var isAtBorder: Bool { if case .between = state { true } else { false } }

    /// Takes a byte and tells what it is part of.
    mutating func next(_ byte: UInt8) -> Place {
        switch state {
        case .between:
            if byte == UInt8(ascii: "$") {
                state = .frameHeader(have: 1)
                return .frame
            }
            guard byte != 0x0D, byte != 0x0A else { return .head }
            line = [byte]
            bodyLength = 0
            state = .head
            return .head
        case .head:
            takeHead(byte)
            return .head
        case .body(let left):
            state = left > 1 ? .body(left: left - 1) : .between
            return .body
        case .frameHeader(let have):
            frameLength = have == 2 ? Int(byte) << 8 : have == 3 ? frameLength | Int(byte) : 0
            state = have < 3 ? .frameHeader(have: have + 1) : frameLength > 0 ? .frame(left: frameLength) : .between
            return .frame
        case .frame(let left):
            state = left > 1 ? .frame(left: left - 1) : .between
            return .frame
        }
    }

    private mutating func takeHead(_ byte: UInt8) {
        guard byte == 0x0A else {
            if line.count < Self.longestLine { line.append(Substring.lowercased(byte)) }
            return
        }
        if line.last == 0x0D { line.removeLast() }
        if line.isEmpty {
            state = bodyLength > 0 ? .body(left: bodyLength) : .between
        } else if line.starts(with: Self.lengthField) {
            let value = Substring(decoding: line.dropFirst(Self.lengthField.count), as: UTF8.self)
            bodyLength = value.trimmed.decimal(as: Int.self) ?? 0
        }
        line = []
    }

    /// Cuts a piece of the stream where messages and packets meet.
    mutating func split(_ bytes: [UInt8]) -> [Part] {
        var parts: [Part] = []
        var index = 0
        while index < bytes.count {
            // A packet is passed over in one step.
            if case .frame(let left) = state, left > 1 {
                let length = min(left - 1, bytes.count - index)
                state = .frame(left: left - length)
                extend(&parts, bytes, from: index, by: length, isMedia: true, isBorder: false)
                index += length
                continue
            }
            let isBorder = isAtBorder
            let place = next(bytes[index])
            extend(&parts, bytes, from: index, by: 1, isMedia: place == .frame, isBorder: isBorder)
            index += 1
        }
        return parts
    }

    private func extend(
        _ parts: inout [Part], _ bytes: [UInt8], from index: Int, by length: Int, isMedia: Bool, isBorder: Bool
    ) {
        if let last = parts.indices.last, parts[last].isMedia == isMedia {
            if isBorder, parts[last].border == nil { parts[last].border = index - parts[last].bytes.startIndex }
            parts[last].bytes = bytes[parts[last].bytes.startIndex..<(index + length)]
        } else {
            parts.append(Part(bytes: bytes[index..<(index + length)], isMedia: isMedia, border: isBorder ? 0 : nil))
        }
    }
}
