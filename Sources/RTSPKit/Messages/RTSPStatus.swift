/// The status of a response: a three-digit code and a phrase for people (RFC 2326 section 7.1.1).
///
/// Two statuses are equal when their codes are; the phrase is not compared.
public struct RTSPStatus: Sendable, Hashable, CustomStringConvertible {
    /// The code, 100 to 999.
    public let code: Int
    /// The phrase beside the code; may be empty.
    public let reasonPhrase: String

    /// The status `code` with `reasonPhrase`, or with the RFC's own phrase where none is given.
    public init(code: Int, reasonPhrase: String? = nil) {
        self.code = code
        self.reasonPhrase = reasonPhrase ?? Self.phrases[code] ?? ""
    }

    /// Compares codes.
    public static func == (left: RTSPStatus, right: RTSPStatus) -> Bool { left.code == right.code }
    /// Hashes the code.
    public func hash(into hasher: inout Hasher) { hasher.combine(code) }

    /// True for 200 to 299.
    public var isSuccess: Bool { (200..<300).contains(code) }
    /// True for 300 to 399.
    public var isRedirection: Bool { (300..<400).contains(code) }

    /// The code and the phrase.
    public var description: String { reasonPhrase.isEmpty ? "\(code)" : "\(code) \(reasonPhrase)" }

    /// 200
    public static let ok = RTSPStatus(code: 200)
    /// 301
    public static let movedPermanently = RTSPStatus(code: 301)
    /// 302
    public static let movedTemporarily = RTSPStatus(code: 302)
    /// 400
    public static let badRequest = RTSPStatus(code: 400)
    /// 401
    public static let unauthorized = RTSPStatus(code: 401)
    /// 403
    public static let forbidden = RTSPStatus(code: 403)
    /// 404
    public static let notFound = RTSPStatus(code: 404)
    /// 405
    public static let methodNotAllowed = RTSPStatus(code: 405)
    /// 406
    public static let notAcceptable = RTSPStatus(code: 406)
    /// 408
    public static let requestTimeout = RTSPStatus(code: 408)
    /// 413
    public static let requestEntityTooLarge = RTSPStatus(code: 413)
    /// 414
    public static let requestURITooLarge = RTSPStatus(code: 414)
    /// 415
    public static let unsupportedMediaType = RTSPStatus(code: 415)
    /// 451
    public static let parameterNotUnderstood = RTSPStatus(code: 451)
    /// 453
    public static let notEnoughBandwidth = RTSPStatus(code: 453)
    /// 454
    public static let sessionNotFound = RTSPStatus(code: 454)
    /// 455
    public static let methodNotValidInThisState = RTSPStatus(code: 455)
    /// 457
    public static let invalidRange = RTSPStatus(code: 457)
    /// 459
    public static let aggregateOperationNotAllowed = RTSPStatus(code: 459)
    /// 460
    public static let onlyAggregateOperationAllowed = RTSPStatus(code: 460)
    /// 461
    public static let unsupportedTransport = RTSPStatus(code: 461)
    /// 500
    public static let internalServerError = RTSPStatus(code: 500)
    /// 501
    public static let notImplemented = RTSPStatus(code: 501)
    /// 503
    public static let serviceUnavailable = RTSPStatus(code: 503)
    /// 505
    public static let rtspVersionNotSupported = RTSPStatus(code: 505)
    /// 551
    public static let optionNotSupported = RTSPStatus(code: 551)

    private static let phrases: [Int: String] = [
        100: "Continue", 200: "OK", 201: "Created", 250: "Low on Storage Space", 300: "Multiple Choices",
        301: "Moved Permanently", 302: "Moved Temporarily", 303: "See Other", 304: "Not Modified", 305: "Use Proxy",
        400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found",
        405: "Method Not Allowed", 406: "Not Acceptable", 407: "Proxy Authentication Required", 408: "Request Time-out",
        410: "Gone", 411: "Length Required", 412: "Precondition Failed", 413: "Request Entity Too Large",
        414: "Request-URI Too Large", 415: "Unsupported Media Type", 451: "Parameter Not Understood",
        452: "Conference Not Found", 453: "Not Enough Bandwidth", 454: "Session Not Found",
        455: "Method Not Valid in This State", 456: "Header Field Not Valid for Resource", 457: "Invalid Range",
        458: "Parameter Is Read-Only", 459: "Aggregate Operation Not Allowed", 460: "Only Aggregate Operation Allowed",
        461: "Unsupported Transport", 462: "Destination Unreachable", 500: "Internal Server Error", 501: "Not Implemented",
        502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Time-out", 505: "RTSP Version Not Supported",
        551: "Option Not Supported",
    ]
}
