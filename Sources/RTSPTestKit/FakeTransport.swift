public import RTPTransport
public import RTSPKit

/// A transport that sends nothing and remembers everything, in order.
///
/// ```swift
/// var transport = FakeTransport()
/// _ = connection.receive(bytes.span, at: now, via: &transport)
/// #expect(transport.takeControlText().hasPrefix("RTSP/1.0 200 OK"))
/// ```
public struct FakeTransport: EndpointTransport, Sendable, Hashable {
    /// One thing that an endpoint did.
    public enum Entry: Sendable, Hashable {
        /// Bytes for the control connection.
        case control([UInt8])
        /// The control connection is to be closed.
        case close
        /// Packets of a stream travel by this route from now on.
        case open(StreamID, MediaRoute)
        /// Nothing more is sent on a stream.
        case closeStream(StreamID)
        /// The packets of one frame.
        case batch(RTPPacketBatch, StreamID)
        /// A compound RTCP packet.
        case report([UInt8], StreamID)
    }

    /// All that was done since the start or since it was last taken.
    public private(set) var entries: [Entry] = []
    /// Streams that take no packets now.
    public var blockedStreams: Set<StreamID> = []
    /// Whether the control connection was closed, ever.
    public private(set) var isClosed = false
    /// The routes of the streams that are open.
    public private(set) var routes: [StreamID: MediaRoute] = [:]

    /// A transport that has seen nothing.
    public init() {}

    /// Remembers bytes for the control connection.
    public mutating func send(_ bytes: [UInt8]) { entries.append(.control(bytes)) }

    /// Remembers that the control connection is to be closed.
    public mutating func close() {
        isClosed = true
        entries.append(.close)
    }

    /// Remembers the route of a stream.
    public mutating func open(_ stream: StreamID, by route: MediaRoute) {
        routes[stream] = route
        entries.append(.open(stream, route))
    }

    /// Remembers that a stream is closed.
    public mutating func close(_ stream: StreamID) {
        routes[stream] = nil
        entries.append(.closeStream(stream))
    }

    /// Remembers the packets of a frame.
    public mutating func send(_ batch: RTPPacketBatch, on stream: StreamID) { entries.append(.batch(batch, stream)) }

    /// Remembers a report.
    public mutating func send(report: [UInt8], on stream: StreamID) { entries.append(.report(report, stream)) }

    /// True unless the stream is among ``blockedStreams``.
    public func canSend(on stream: StreamID) -> Bool { !blockedStreams.contains(stream) }
}

extension FakeTransport {
    /// The control bytes among ``entries``, as text.
    public var controlText: String {
        var bytes: [UInt8] = []
        for case .control(let sent) in entries { bytes += sent }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The batches among ``entries``.
    public var batches: [RTPPacketBatch] {
        entries.compactMap { if case .batch(let batch, _) = $0 { batch } else { nil } }
    }

    /// The reports among ``entries``, each a compound packet.
    public var reports: [[UInt8]] {
        entries.compactMap { if case .report(let report, _) = $0 { report } else { nil } }
    }

    /// The headers of the RTP packets among ``entries``; what cannot be read is left out.
    public var headers: [RTPHeader] {
        batches.flatMap { batch in
            (0..<batch.count).compactMap { index in
                let packet = batch.bytes.span.extracting(batch.range(ofPacketAt: index))
                return try? RTPHeader.parse(packet).header
            }
        }
    }

    /// Hands over ``entries`` and forgets them; routes and closing are kept.
    public mutating func takeEntries() -> [Entry] {
        defer { entries = [] }
        return entries
    }

    /// Hands over ``controlText`` and forgets all entries.
    public mutating func takeControlText() -> String {
        defer { entries = [] }
        return controlText
    }
}
