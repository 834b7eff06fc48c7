import RTPTransport
import RTSPKit

/// A transport that counts, and keeps the last lines of a log: what an embedder would hand to its own sockets.
public struct PacketLog: EndpointTransport, Sendable {
    /// The last things that happened, oldest first.
    public private(set) var lines: [String] = []
    /// RTP packets.
    public private(set) var packets = 0
    /// Bytes of RTP.
    public private(set) var bytes = 0
    /// Whether the control connection is to be closed.
    public private(set) var isClosed = false
    /// Streams that are held up.
    public var heldUp: Set<StreamID> = []
    private let capacity: Int

    /// A log of the last `capacity` lines.
    public init(capacity: Int = 100) { self.capacity = max(1, capacity) }

    /// Logs the first line.
    public mutating func send(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        write("control " + (text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""))
    }

    /// Logs the end of the control connection.
    public mutating func close() {
        isClosed = true
        write("close")
    }

    /// Logs a stream that opens.
    public mutating func open(_ stream: StreamID, by route: MediaRoute) { write("open \(stream.rawValue)") }

    /// Logs a stream that closes.
    public mutating func close(_ stream: StreamID) { write("close \(stream.rawValue)") }

    /// Counts the packets of a frame.
    public mutating func send(_ batch: RTPPacketBatch, on stream: StreamID) {
        packets += batch.count
        bytes += batch.bytes.count
        write("frame \(batch.count) packets")
    }

    /// Logs a report.
    public mutating func send(report: [UInt8], on stream: StreamID) { write("report") }

    /// False for streams that are held up.
    public func canSend(on stream: StreamID) -> Bool { !heldUp.contains(stream) }

    private mutating func write(_ line: String) {
        if lines.count == capacity { lines.removeFirst() }
        lines.append(line)
    }
}
