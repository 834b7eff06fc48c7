/// A method of RTSP, or any other token a peer sends in its place (RFC 2326 section 10).
public struct RTSPMethod: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// The token as it stands in the request line; methods are case-sensitive.
    public let rawValue: String

    /// The method named `rawValue`, known or not.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Asks what the server can do (RFC 2326 section 10.1).
    public static let options = RTSPMethod(rawValue: "OPTIONS")
    /// Asks for the description of a presentation (section 10.2).
    public static let describe = RTSPMethod(rawValue: "DESCRIBE")
    /// Offers a description, before recording (section 10.3).
    public static let announce = RTSPMethod(rawValue: "ANNOUNCE")
    /// Agrees on a transport for one stream (section 10.4).
    public static let setup = RTSPMethod(rawValue: "SETUP")
    /// Starts delivery (section 10.5).
    public static let play = RTSPMethod(rawValue: "PLAY")
    /// Halts delivery and keeps the session (section 10.6).
    public static let pause = RTSPMethod(rawValue: "PAUSE")
    /// Ends the session (section 10.7).
    public static let teardown = RTSPMethod(rawValue: "TEARDOWN")
    /// Reads a parameter; with an empty body it keeps the session alive (section 10.8).
    public static let getParameter = RTSPMethod(rawValue: "GET_PARAMETER")
    /// Sets a parameter (section 10.9).
    public static let setParameter = RTSPMethod(rawValue: "SET_PARAMETER")
    /// Sends the client elsewhere (section 10.10).
    public static let redirect = RTSPMethod(rawValue: "REDIRECT")
    /// Starts recording (section 10.11).
    public static let record = RTSPMethod(rawValue: "RECORD")

    /// Every method that RFC 2326 defines, in the order of its section 10.
    public static let allDefined: [RTSPMethod] = [
        .options, .describe, .announce, .setup, .play, .pause, .teardown, .getParameter, .setParameter, .redirect, .record,
    ]

    /// The token.
    public var description: String { rawValue }
}
