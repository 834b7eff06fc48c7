/// A piece of the package's own work that is done again and again, with neither sockets nor files: what is measured.
///
/// Making one prepares everything; a run does nothing but the work and a look at what came of it.
package protocol Workload {
    /// Does one unit of the work.
    mutating func run() throws
}

/// The work did not come to what it should.
package struct WorkloadFailure: Error, CustomStringConvertible {
    package var description: String

    init(_ description: String) { self.description = description }
}

/// A workload as programs name and offer it.
package struct WorkloadEntry: Sendable {
    /// For command lines and tables, lower case with hyphens.
    package let name: String
    /// What one run does, in words.
    package let summary: String
    /// What one run does one of.
    package let unit: String
    /// How many bytes of pictures or messages one run goes through, on the mean; `nil` where that says nothing.
    package let byteCount: Int?
    /// Prepares it.
    package let make: @Sendable () throws -> any Workload
}

extension WorkloadEntry {
    /// After this many runs, or a multiple, every workload has done each of the things that it takes turns with equally often.
    package static let cycle = 30

    /// All of them.
    package static let all: [WorkloadEntry] = packets + messages + sessions + fanOut

    private static let packets: [WorkloadEntry] = [
        WorkloadEntry("packetize", "a 720p picture into packets of 1400 bytes", "frames", Picture.byteCount) {
            try Packetizing(Picture.several)
        },
        WorkloadEntry("packetize-reused", "the same into memory that is used again", "frames", Picture.byteCount) {
            try Repacketizing(Picture.several)
        },
        WorkloadEntry("packetize-500", "a 720p picture into packets of 500 bytes", "frames", Picture.byteCount) {
            try Packetizing(Picture.several, packetSize: 500)
        },
        WorkloadEntry("depacketize", "packets of 1400 bytes into a picture", "frames", Picture.byteCount) {
            try Depacketizing(Picture.several)
        },
        WorkloadEntry("depacketize-500", "packets of 500 bytes into a picture", "frames", Picture.byteCount) {
            try Depacketizing(Picture.several, packetSize: 500)
        },
        WorkloadEntry("receive", "the same at 1400 bytes, with statistics", "frames", Picture.byteCount) {
            try Receiving(Picture.several)
        },
        WorkloadEntry("interleave", "packets of 1400 bytes framed for RTSP", "frames", Picture.byteCount) {
            try Interleaving(Picture.several)
        },
        WorkloadEntry("interleave-500", "packets of 500 bytes framed for RTSP", "frames", Picture.byteCount) {
            try Interleaving(Picture.several, packetSize: 500)
        },
    ]

    private static let messages: [WorkloadEntry] = [
        WorkloadEntry("parse", "a request of a session", "messages", Requests.meanByteCount) { Parsing() },
        WorkloadEntry("serialize", "the answer to one", "messages", nil) { try Serializing() },
    ]

    private static let sessions: [WorkloadEntry] = [
        WorkloadEntry("serve-session", "SETUP, PLAY, TEARDOWN on the server's side", "sessions", nil) { try ServingSession() },
        WorkloadEntry("play-session", "DESCRIBE, SETUP, PLAY, TEARDOWN on the client's", "sessions", nil) {
            try PlayingSession()
        },
    ]

    private static let fanOut: [WorkloadEntry] = [1, 10, 100].map { count in
        WorkloadEntry("fan-out-\(count)", "a live frame to \(count) reader\(count == 1 ? "" : "s")", "frames", nil) {
            try FanOut(readerCount: count)
        }
    }

    private init(
        _ name: String, _ summary: String, _ unit: String, _ byteCount: Int?, make: @escaping @Sendable () throws -> any Workload
    ) {
        (self.name, self.summary, self.unit, self.byteCount, self.make) = (name, summary, unit, byteCount, make)
    }
}
