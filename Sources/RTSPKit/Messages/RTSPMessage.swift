/// The version of a message: `RTSP/1.0` (RFC 2326 section 3.1).
public struct RTSPVersion: Sendable, Hashable, CustomStringConvertible {
    /// The number before the point.
    public var major: Int
    /// The number after the point.
    public var minor: Int

    /// Version `major`.`minor`.
    public init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// RTSP/1.0, RFC 2326.
    public static let rtsp1 = RTSPVersion(major: 1, minor: 0)
    /// `RTSP/1.0`
    public var description: String { "RTSP/\(major).\(minor)" }
}

/// A request (RFC 2326 section 6).
public struct RTSPRequest: Sendable, Hashable {
    /// What is asked.
    public var method: RTSPMethod
    /// Of what: an absolute URL or `*`, as it stands in the request line.
    public var url: String
    /// The version in the request line.
    public var version: RTSPVersion
    /// The header fields.
    public var headers: RTSPHeaders
    /// The body; empty where there is none.
    public var body: [UInt8]

    /// Makes a request.
    public init(
        _ method: RTSPMethod, url: String = "*", cSeq: Int? = nil, headers: RTSPHeaders = [:], body: [UInt8] = [],
        version: RTSPVersion = .rtsp1
    ) {
        self.method = method
        self.url = url
        self.version = version
        self.headers = headers
        self.body = body
        if let cSeq { self.cSeq = cSeq }
    }

    /// The request's number, from its `CSeq` field (RFC 2326 section 12.17); `nil` where it is missing or no number.
    public var cSeq: Int? {
        get { headers.cSeq }
        set { headers.cSeq = newValue }
    }
}

/// A response (RFC 2326 section 7).
public struct RTSPResponse: Sendable, Hashable {
    /// The outcome.
    public var status: RTSPStatus
    /// The version in the status line.
    public var version: RTSPVersion
    /// The header fields.
    public var headers: RTSPHeaders
    /// The body; empty where there is none.
    public var body: [UInt8]

    /// Makes a response; `cSeq` is the number of the request that it answers.
    public init(
        _ status: RTSPStatus, cSeq: Int? = nil, headers: RTSPHeaders = [:], body: [UInt8] = [], version: RTSPVersion = .rtsp1
    ) {
        self.status = status
        self.version = version
        self.body = body
        guard let cSeq else {
            self.headers = headers
            return
        }
        self.headers = [:]
        self.headers.reserveCapacity(headers.fields.count + 4)
        self.headers.append("CSeq", String(cSeq))
        for field in headers.fields { self.headers.append(field.name, field.value) }
    }

    /// The number of the request that this answers (RFC 2326 section 12.17); `nil` where it is missing or no number.
    public var cSeq: Int? {
        get { headers.cSeq }
        set { headers.cSeq = newValue }
    }
}

/// Binary data on the control connection: `$`, channel, length, bytes (RFC 2326 section 10.12).
public struct InterleavedFrame: Sendable, Hashable {
    /// The channel that SETUP assigned.
    public var channel: UInt8
    /// One RTP or RTCP packet, at most 65 535 bytes.
    public var payload: [UInt8]

    /// A frame on `channel`.
    public init(channel: UInt8, payload: [UInt8]) {
        self.channel = channel
        self.payload = payload
    }
}

/// What travels on a control connection, in either direction.
public enum RTSPMessage: Sendable, Hashable {
    /// A request.
    case request(RTSPRequest)
    /// A response.
    case response(RTSPResponse)
    /// Media data between messages.
    case interleaved(InterleavedFrame)
}

extension RTSPHeaders {
    /// The number in the `CSeq` field; `nil` where it is missing, negative or no number of at most 9 digits.
    public var cSeq: Int? {
        get {
            guard let text = self["CSeq"], (1...9).contains(text.utf8.count),
                text.utf8.allSatisfy({ (48...57).contains($0) })
            else { return nil }
            return Int(text)
        }
        set { self["CSeq"] = newValue.map(String.init) }
    }
}
