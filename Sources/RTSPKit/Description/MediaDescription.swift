/// One media section of a description: one stream of the presentation (RFC 8866 section 5.14, RFC 2326 section C.1).
public struct MediaDescription: Sendable, Hashable {
    /// `video`, `audio`, `application`, … or what else a device invents.
    public var kind: String
    /// The port that the description proposes; 0 where SETUP decides.
    public var port: UInt16
    /// `RTP/AVP`
    public var transportProtocol: String
    /// The payload types, or whatever the transport protocol calls a format.
    public var formats: [String]
    /// The `i=` line.
    public var information: String?
    /// The address of the stream, where it has one of its own.
    public var connection: SDPConnection?
    /// The `b=` lines that could be read.
    public var bandwidths: [SDPBandwidth]
    /// The `a=` lines, in order.
    public var attributes: [SDPAttribute]

    /// A stream.
    public init(
        kind: String, port: UInt16 = 0, transportProtocol: String = "RTP/AVP", formats: [String], information: String? = nil,
        connection: SDPConnection? = nil, bandwidths: [SDPBandwidth] = [], attributes: [SDPAttribute] = []
    ) {
        self.kind = kind
        self.port = port
        self.transportProtocol = transportProtocol
        self.formats = formats
        self.information = information
        self.connection = connection
        self.bandwidths = bandwidths
        self.attributes = attributes
    }

    /// The stream of JPEG pictures that RFC 2435 defines: payload type 26, 90 000 ticks per second.
    ///
    /// The size is stated where it is given, because the payload header cannot state more than 2 040 pixels.
    public static func jpeg(
        control: String, framesPerSecond: Double? = nil, width: Int? = nil, height: Int? = nil
    ) -> MediaDescription {
        var media = MediaDescription(kind: "video", formats: ["26"])
        media.attributes.append(SDPAttribute(name: "rtpmap", value: "26 JPEG/90000"))
        media.control = control
        media.framerate = framesPerSecond
        if let width, let height {
            media.attributes.append(SDPAttribute(name: "framesize", value: "26 \(width)-\(height)"))
            media.attributes.append(SDPAttribute(name: "x-dimensions", value: "\(width),\(height)"))
        }
        return media
    }

    /// What stands after `m=`; `nil` where it is no media section that could be set up.
    init?(text: Substring) {
        let words = text.words
        guard words.count >= 3, let port = words[1].cut(at: UInt8(ascii: "/")).before.decimal(as: UInt16.self) else { return nil }
        self.init(
            kind: String(words[0]), port: port, transportProtocol: String(words[2]),
            formats: words.dropFirst(3).map { String($0) })
    }

    /// The value of the first attribute called `name`. Setting it replaces all of that name; `nil` removes them.
    public subscript(attribute name: String) -> String? {
        get { attributes.value(of: name) }
        set { attributes.setValue(newValue, of: name) }
    }

    /// Which URL controls the stream, relative to the base (RFC 2326 section C.1.1).
    public var control: String? {
        get { self[attribute: "control"] }
        set { self[attribute: "control"] = newValue }
    }

    /// Which part of the presentation the stream has (RFC 2326 section C.1.5).
    public var range: RangeHeader? {
        get { self[attribute: "range"].flatMap(RangeHeader.parse) }
        set { self[attribute: "range"] = newValue?.description }
    }

    /// Pictures per second, above 0 and at most 1000; `nil` where it is not stated or absurd.
    public var framerate: Double? {
        get { self[attribute: "framerate"].flatMap(Self.framerate) }
        set { self[attribute: "framerate"] = newValue.flatMap(Self.text) }
    }

    /// Width and height of the pictures in pixels, where `framesize` or `x-dimensions` states them.
    public var pictureSize: (width: Int, height: Int)? {
        for (name, separator) in [("x-dimensions", UInt8(ascii: ",")), ("framesize", UInt8(ascii: "-"))] {
            guard let text = self[attribute: name]?[...].words.last, case let (first, second?) = text.cut(at: separator) else {
                continue
            }
            if let width = first.decimal(as: UInt16.self), let height = second.decimal(as: UInt16.self), width > 0, height > 0 {
                return (Int(width), Int(height))
            }
        }
        return nil
    }

    /// The encodings of the payload types: those that `rtpmap` attributes state, and the static ones of RFC 3551 that
    /// this library knows.
    public var rtpMaps: [UInt8: RTPMap] {
        var maps: [UInt8: RTPMap] = [:]
        for format in formats {
            if let payloadType = UInt8(format), let map = RTPMap.assigned(to: payloadType) { maps[payloadType] = map }
        }
        for attribute in attributes where attribute.name == "rtpmap" {
            guard let value = attribute.value, let (payloadType, map) = RTPMap.parse(value[...], kind: kind) else { continue }
            maps[payloadType] = map
        }
        return maps
    }

    /// The parameters of a payload type, from its `fmtp` attribute; empty where the attribute states none.
    public func formatParameters(of payloadType: UInt8) -> String? {
        for attribute in attributes where attribute.name == "fmtp" {
            let text = (attribute.value ?? "")[...].trimmed
            guard let first = text.words.first, first.decimal(as: UInt8.self) == payloadType else { continue }
            return String(text[first.endIndex...].trimmed)
        }
        return nil
    }

    /// The payload type that carries JPEG, if there is one.
    public var jpegPayloadType: UInt8? {
        let maps = rtpMaps
        return formats.lazy.compactMap(UInt8.init).first { maps[$0]?.encodingName[...].equalsIgnoringCase("JPEG") == true }
    }

    var lines: String {
        var text = "m=\(kind.word()) \(port) \(transportProtocol.word())"
        for format in formats { text += " \(format.word())" }
        text += "\r\n"
        if let information { text += "i=\(information.onOneLine)\r\n" }
        text += connection?.line ?? ""
        for bandwidth in bandwidths { text += bandwidth.line }
        for attribute in attributes { text += attribute.line }
        return text
    }

    private static func framerate(_ text: String) -> Double? {
        guard let rate = Double(text), rate.isFinite, rate > 0, rate <= 1_000 else { return nil }
        return rate
    }

    private static func text(_ rate: Double) -> String? {
        guard rate.isFinite, rate > 0, rate <= 1_000 else { return nil }
        return Int(exactly: rate).map { "\($0)" } ?? "\(rate)"
    }
}

/// What a payload type carries: `JPEG/90000` (RFC 8866 section 6.6).
public struct RTPMap: Sendable, Hashable {
    /// `JPEG`
    public let encodingName: String
    /// Ticks of the RTP time per second; never 0.
    public let clockRate: UInt32
    /// How many audio channels; 1 where it is not stated.
    public let channels: Int

    /// An encoding; a clock rate of 0 counts as 1, fewer than one channel as one.
    public init(encodingName: String, clockRate: UInt32, channels: Int = 1) {
        self.encodingName = encodingName
        self.clockRate = max(clockRate, 1)
        self.channels = max(channels, 1)
    }

    /// The encoding that RFC 3551 section 6 assigns to a static payload type.
    public static func assigned(to payloadType: UInt8) -> RTPMap? {
        switch payloadType {
        case 0: RTPMap(encodingName: "PCMU", clockRate: 8_000)
        case 8: RTPMap(encodingName: "PCMA", clockRate: 8_000)
        case 26: RTPMap(encodingName: "JPEG", clockRate: 90_000)
        case 32: RTPMap(encodingName: "MPV", clockRate: 90_000)
        case 33: RTPMap(encodingName: "MP2T", clockRate: 90_000)
        default: nil
        }
    }

    /// Reads `26 JPEG/90000`. Where the clock rate is missing or 0, the one of the static payload type counts, or else
    /// what is usual for the kind of media.
    static func parse(_ text: Substring, kind: String) -> (payloadType: UInt8, map: RTPMap)? {
        let words = text.words
        guard words.count >= 2, let payloadType = words[0].decimal(as: UInt8.self), payloadType < 128 else { return nil }
        let parts = words[1].parts(separatedBy: UInt8(ascii: "/"))
        guard let name = parts.first, !name.isEmpty else { return nil }
        let stated = parts.count > 1 ? parts[1].decimal(as: UInt32.self) : nil
        let usual = assigned(to: payloadType)?.clockRate ?? (kind == "audio" ? 8_000 : 90_000)
        let channels = parts.count > 2 ? parts[2].decimal(as: UInt8.self) : nil
        let rate = stated.flatMap { $0 > 0 ? $0 : nil } ?? usual
        return (payloadType, RTPMap(encodingName: String(name), clockRate: rate, channels: Int(channels ?? 1)))
    }
}

extension [SDPAttribute] {
    func value(of name: String) -> String? {
        first { $0.name == name }.flatMap { $0.value ?? "" }
    }

    mutating func setValue(_ value: String?, of name: String) {
        let position = firstIndex { $0.name == name }
        removeAll { $0.name == name }
        if let value { insert(SDPAttribute(name: name, value: value), at: Swift.min(position ?? count, count)) }
    }
}
