/// What both sides of the course dialect agree on: names, numbers and sizes.
public enum LabDialect {
    /// A message of the dialect ends when no byte has come for this long, since most peers send no blank line.
    public static let quiet: Duration = .milliseconds(50)

    /// The size of one read in most peers, in bytes; they take each read for one whole message.
    public static let readSize = 256

    /// The course's frame rate, in frames per second; the files do not carry one.
    public static let framesPerSecond = 20

    /// The file that a request means: the last path component of `url`, be it a bare name, a path or a URL.
    ///
    /// `nil` where nothing safe is left: an empty name, `.`, `..`, or a name with control characters. What is returned never
    /// holds a path separator.
    public static func fileName(of url: String) -> String? {
        let bytes = Array(url.utf8)
        var start = 0
        for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "/") || byte == UInt8(ascii: "\\") {
            start = index + 1
        }
        let name = bytes[start...]
        guard !name.isEmpty, !name.contains(where: LabText.isControl) else { return nil }
        let text = String(decoding: name, as: UTF8.self)
        return text == "." || text == ".." ? nil : text
    }

    /// A session number that every peer of the course can read: a decimal integer of six digits, 100 000 to 999 999.
    public static func sessionNumber(using generator: inout some RandomNumberGenerator) -> Int {
        Int.random(in: 100_000...999_999, using: &generator)
    }
}

/// How a peer of the course ends its lines; replies end theirs in the same way.
public enum LabLineEnding: Sendable, Hashable {
    /// A line feed, what nearly all course programs send.
    case lf
    /// Carriage return and line feed.
    case crlf

    var bytes: [UInt8] {
        switch self {
        case .lf: [LabText.lf]
        case .crlf: [LabText.cr, LabText.lf]
        }
    }
}

/// How a client words its port in SETUP; no single spelling suits all servers of the course.
public enum LabPortSpelling: Sendable, Hashable, CaseIterable {
    /// `client_port= 25000`: for servers that take the fourth word of the line. Try it first.
    case blankAfterEquals
    /// `client_port=25000`: for the few servers that need it as one word.
    case noBlank

    /// The other spelling.
    public var other: LabPortSpelling {
        switch self {
        case .blankAfterEquals: .noBlank
        case .noBlank: .blankAfterEquals
        }
    }
}

/// What a reply tells about the movie; two kinds of course client do not start without it.
public struct LabMediaInfo: Sendable, Hashable {
    /// The length, in whole seconds.
    public var totalSeconds: Int
    /// The frame rate, in frames per second.
    public var framesPerSecond: Int
    /// The number of frames.
    public var frameCount: Int
    /// The file name.
    public var file: String

    /// The facts about one movie. Numbers are written to the wire as 0 to 999 999 999.
    public init(totalSeconds: Int, framesPerSecond: Int, frameCount: Int, file: String) {
        self.totalSeconds = totalSeconds
        self.framesPerSecond = framesPerSecond
        self.frameCount = frameCount
        self.file = file
    }
}
