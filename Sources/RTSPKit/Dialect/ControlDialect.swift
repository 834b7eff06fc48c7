/// How the peer of a control connection words its messages.
public enum ControlDialect: Sendable, Hashable {
    /// RTSP/1.0 as RFC 2326 has it.
    case standard
    /// The course dialect: the RTSP of the exercise in Kurose & Ross, see `Documentation/LabDialect.md`.
    case lab
}

/// Tells from the first bytes of a connection which dialect the client speaks.
///
/// A connection is ``ControlDialect/lab`` when its first request is a SETUP of a bare file name: no `://` in it, no scheme of
/// RTSP before it, and not `*`. RFC 2326 section 6.1 allows only an absolute URL or `*` there, so nothing standard is taken
/// away. Line ends before the request are skipped (RFC 2326 section 4.1 asks servers to).
///
/// The detector only looks: whoever feeds it keeps the bytes and hands all of them to the parser of the verdict.
public struct DialectDetector: Sendable, Hashable {
    /// What is known so far.
    public enum Verdict: Sendable, Hashable {
        /// More bytes are needed.
        case undecided
        /// Not the course dialect.
        case standard
        /// The course dialect.
        case lab

        /// The dialect, once decided.
        public var dialect: ControlDialect? {
            switch self {
            case .undecided: nil
            case .standard: .standard
            case .lab: .lab
            }
        }
    }

    /// After this many bytes without a decision the verdict is ``Verdict/standard``.
    public static let maximumBytes = 512

    /// What is known so far; never changes once decided.
    public private(set) var verdict: Verdict = .undecided
    private var received: [UInt8] = []

    /// A detector for a connection that has sent nothing.
    public init() {}

    /// Looks at more bytes of the connection and returns what is known now.
    public mutating func append(_ bytes: Span<UInt8>) -> Verdict {
        guard verdict == .undecided else { return verdict }
        let room = min(bytes.count, Self.maximumBytes - received.count)
        for index in 0..<room { received.append(bytes[index]) }
        verdict = Self.verdict(on: received.span)
        if verdict != .undecided { received = [] }
        return verdict
    }

    /// The verdict on all bytes received so far.
    public static func verdict(on bytes: Span<UInt8>) -> Verdict {
        let count = min(bytes.count, maximumBytes)
        var position = 0
        while position < count, bytes[position] == LabText.cr || bytes[position] == LabText.lf { position += 1 }
        for letter in "SETUP".utf8 {
            guard position < count else { return unfinished(count) }
            guard bytes[position] == letter else { return .standard }
            position += 1
        }
        guard position < count else { return unfinished(count) }
        guard LabText.isBlank(bytes[position]) else { return .standard }
        while position < count, LabText.isBlank(bytes[position]) { position += 1 }
        let start = position
        while position < count, !LabText.isBlank(bytes[position]), !LabText.isLineEnd(bytes[position]) { position += 1 }
        let target = bytes.extracting(start..<position)
        if isURL(target) { return .standard }
        guard position < count else { return unfinished(count) }
        return target.isEmpty || (target.count == 1 && target[0] == UInt8(ascii: "*")) ? .standard : .lab
    }

    private static func unfinished(_ count: Int) -> Verdict { count < maximumBytes ? .undecided : .standard }

    /// True when the target holds `://` or starts with a scheme of RTSP.
    private static func isURL(_ target: Span<UInt8>) -> Bool {
        var index = 0
        while index + 2 < target.count {
            if target[index] == UInt8(ascii: ":"), target[index + 1] == UInt8(ascii: "/"), target[index + 2] == UInt8(ascii: "/")
            {
                return true
            }
            index += 1
        }
        return ["rtsp:", "rtsps:", "rtspu:"].contains { scheme in
            let scheme = Array(scheme.utf8)
            guard target.count >= scheme.count else { return false }
            return scheme.indices.allSatisfy { LabText.lowercased(target[$0]) == scheme[$0] }
        }
    }
}
