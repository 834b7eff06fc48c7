public import ArgumentParser
import Foundation
import MJPEGSource
public import RTPTransport
public import RTSPKit
import RTSPNIO

extension ClientConfiguration.TransportChoice: ExpressibleByArgument {}
extension JPEGConcealment: ExpressibleByArgument {}

/// How a recording is written.
enum RecordingFormat: String, ExpressibleByArgument, CaseIterable {
    case lab, raw

    var format: MJPEGFormat { self == .lab ? .lab : .raw }
}

/// `--pause AT:FOR`.
struct PlannedPause: ExpressibleByArgument {
    let at: Duration
    let length: Duration

    init?(argument: String) {
        let parts = argument.split(separator: ":").compactMap { Double($0) }
        guard parts.count == 2, (0...1e6).contains(parts[0]), (0...1e6).contains(parts[1]) else { return nil }
        at = .seconds(parts[0])
        length = .seconds(parts[1])
    }
}

struct PlayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "play",
        abstract: "Plays a presentation and says how it goes.",
        discussion: "On a terminal: space pauses and plays, left and right jump five seconds, q tears down.")

    @Argument(help: "rtsp://host[:port]/path")
    var url: String
    @Option(help: "auto tries UDP and falls back to TCP.")
    var transport: ClientConfiguration.TransportChoice = .auto
    @Option(help: "Stop after this many seconds of play.")
    var duration: Double?
    @Option(help: "Begin at this second.")
    var from: Double?
    @Option(help: "Stop after this many frames.")
    var frames: Int?
    @Option(name: .customLong("save-frames"), help: "Write every frame into this folder, in the order shown.")
    var saveFrames: String?
    @Option(help: "Write all frames into one file.")
    var record: String?
    @Option(help: "The form of the recording: lab (a length before each JPEG) or raw (JPEGs back to back).")
    var format: RecordingFormat = .raw
    @Option(help: "Write the last frame shown into this file.")
    var snapshot: String?
    @Option(
        name: .customLong("record-flight"),
        help: "Write what went into the connection into this file, however play ends; rtsp-simulate --replay runs it again.")
    var recordFlight: String?
    @Option(help: "AT:FOR, pause at AT seconds of play for FOR seconds, then play again. Repeatable.")
    var pause: [PlannedPause] = []
    @Option(help: "Milliseconds that frames are held back to even out their arrival; without it, as the path needs.")
    var buffer: Int?
    @Option(
        help:
            "What stands in for lost parts of a picture: none (the picture is lost), grey, or last (the same part of the last one)."
    )
    var conceal: JPEGConcealment = .none
    @Flag(help: "Print one JSON object as the last line.")
    var json = false
    @Flag(help: "Speak the course dialect.")
    var lab = false
    @Option(name: .customLong("rtp-port"), help: "The local UDP port (course dialect); 0 takes any.")
    var rtpPort: UInt16 = 0
    @Option(name: .customLong("lab-fps"), help: "Show a presentation of the course dialect at this rate.")
    var labFPS: Double?

    mutating func validate() throws {
        if let duration, !(0...1e7).contains(duration) { throw ValidationError("--duration must be 0 or more") }
        if let from, !(0...1e7).contains(from) { throw ValidationError("--from must be 0 or more") }
        if let frames, frames < 1 { throw ValidationError("--frames must be at least 1") }
        if let labFPS, !(0.1...1000).contains(labFPS) { throw ValidationError("--lab-fps must be 0.1 to 1000") }
        if let buffer, !(0...60_000).contains(buffer) { throw ValidationError("--buffer must be 0 to 60000") }
    }

    func run() async throws {
        let player: Player
        do {
            player = try Player(command: self)
        } catch {
            throw ClientExit(error).leave()
        }
        let failure = await player.run()
        let summary = await player.summary(failure: failure)
        if json { say(summary.json) } else { say(summary.text) }
        if let failure { throw failure.leave() }
    }

    /// The façade's configuration for these options.
    var clientConfiguration: RTSPClient.Configuration {
        var configuration = RTSPClient.Configuration(
            dialect: lab ? .lab : .standard, transport: transport,
            playout: buffer.map { .fixed(.milliseconds($0)) } ?? .adaptive, waitingFrames: 256)
        configuration.labPort = rtpPort
        configuration.concealment = conceal
        configuration.labFramesPerSecond = labFPS
        if recordFlight != nil { configuration.flightRecording = FlightRecording(mediaBytes: 64 << 20) }
        return configuration
    }
}
