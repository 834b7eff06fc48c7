import Foundation
import JPEGCoding
import MJPEGSource
import PureWorkloads
import RTPTransport

/// The package's own work, each piece on one thread.
struct Workloads {
    let clip: Clip
    let folder: ScratchFolder
    let runs: Int
    private let carried: [[UInt8]]
    private let reordered: [[UInt8]]
    private let converter = TurboJPEGConverter()

    init(clip: Clip, folder: ScratchFolder, runs: Int) throws {
        (self.clip, self.folder, self.runs) = (clip, folder, runs)
        let headers = clip.frames.map { try? JPEGImageHeader(scanning: $0.span) }
        carried = zip(clip.frames, headers).compactMap { frame, header in header.map { _ in frame } }
        reordered = zip(clip.frames, headers).compactMap { frame, header in header?.needsReordering == true ? frame : nil }
    }

    /// Finding the frames of the file, which is in the system's memory already.
    func indexing() throws -> Figure? {
        let file = URL(filePath: clip.path)
        guard let size = try file.resourceValues(forKeys: [.fileSizeKey]).fileSize, size > 0, !file.hasDirectoryPath else {
            return nil
        }
        let gigabytes = Double(size) / 1e9
        return Figure(
            "indexing", unit: "GB/s",
            rates: try Processor.rates(runs: runs) {
                guard try MJPEGFile(path: clip.path).frameCount == clip.frameCountOfFile else {
                    throw Problem(status: 1, description: "the file has changed")
                }
                return gigabytes
            })
    }

    /// Pictures into packets of 1400 bytes, those that need no other order of blocks.
    func packetizing() throws -> Figure? {
        guard reordered.isEmpty else { return nil }
        return try packetizing("packetizing", carried)
    }

    /// The same into one batch whose memory is used again and again, in bytes of packets, headers and all.
    func repacketizing() throws -> Figure? {
        guard reordered.isEmpty else { return nil }
        var packetizer = JPEGPacketizer()
        var number: UInt16 = 0
        var batch = RTPPacketBatch()
        return try bytes("packetizing into a reused batch", carried) { frame in
            try packetizer.packetize(
                frame, timestamp: RTPTimestamp(rawValue: 3600), ssrc: 1, sequenceNumber: &number, into: &batch)
            return batch.bytes.count
        }
    }

    /// Packets framed for an RTSP connection, into memory that is used again.
    func interleaving() throws -> Figure? {
        guard !carried.isEmpty else { return nil }
        var framed: [UInt8] = []
        return try bytes("interleaved framing", Packetizing.batches(of: carried)) { batch in
            batch.interleave(channel: 0, into: &framed)
            return framed.count
        }
    }

    /// How many bytes come of the items, each of which `work` turns into some.
    private func bytes<Item>(_ name: String, _ items: [Item], _ work: (Item) throws -> Int) throws -> Figure? {
        guard !items.isEmpty else { return nil }
        let megabytes = Double(try items.reduce(0) { try $0 + work($1) }) / 1e6
        return Figure(
            name, unit: "MB/s",
            rates: try Processor.rates(runs: runs) {
                Double(try items.reduce(0) { try $0 + work($1) }) / 1e6
            }, framesPerUnit: Double(items.count) / megabytes)
    }

    /// Pictures whose blocks stand in another order, as FFmpeg's 4:2:2, into packets.
    func reordering() throws -> Figure? { try packetizing("packetizing, blocks put in order", reordered) }

    private func packetizing(_ name: String, _ frames: [[UInt8]]) throws -> Figure? {
        guard !frames.isEmpty else { return nil }
        return try figure(name, megabytes: Double(frames.reduce(0) { $0 + $1.count }) / 1e6, frames.count) {
            try Packetizing(frames)
        }
    }

    /// Packets, headers and all, into pictures.
    func depacketizing() throws -> Figure? {
        guard !carried.isEmpty else { return nil }
        let megabytes = Double(try Depacketizing(carried).byteCount) / 1e6
        return try figure("depacketizing", megabytes: megabytes, carried.count) { try Depacketizing(carried) }
    }

    /// A workload that takes turns with `frameCount` frames of so many bytes together.
    private func figure<Work: Workload>(
        _ name: String, megabytes: Double, _ frameCount: Int, _ work: () throws -> Work
    ) throws -> Figure? {
        var work = try work()
        return Figure(
            name, unit: "MB/s",
            rates: try Processor.rates(runs: runs) {
                for _ in 0..<frameCount { try work.run() }
                return megabytes
            }, framesPerUnit: Double(frameCount) / megabytes)
    }

    /// The standard Huffman tables in the place of others; nothing else changes.
    func recoding() throws -> Figure? {
        let foreign = try Self.optimized(clip, folder)
        return try converting("re-coding without loss", foreign, .carriable)
    }

    /// Other colour, the same brightness.
    func resampling() throws -> Figure? {
        let full = try clip.frames.map { frame in
            try JPEGEncoder().encode(JPEGDecoder().decode(frame), quality: 85, subsampling: .yuv444)
        }
        return try converting("4:4:4 to 4:2:2, brightness kept", full, .carriable)
    }

    /// Decoding and encoding at full size.
    func reencoding() throws -> Figure? {
        try converting("re-encoding, quality 50", clip.frames, JPEGConversion(quality: 50))
    }

    /// Decoding at half the size, and encoding.
    func halving() throws -> Figure? {
        guard let half = JPEGScale(eighths: 4) else { return nil }
        return try converting(
            "re-encoding at half size, quality 50", clip.frames, JPEGConversion(scale: half, quality: 50))
    }

    private func converting(
        _ name: String, _ frames: [[UInt8]], _ conversion: JPEGConversion
    ) throws -> Figure? {
        guard !frames.isEmpty else { return nil }
        return Figure(
            name, unit: "frames/s",
            rates: try Processor.rates(runs: runs, atLeast: 0.5) {
                for frame in frames {
                    let converted = try converter.convert(frame, conversion)
                    guard converted.way != .untouched else {
                        throw Problem(status: 1, description: "\(name) was not needed")
                    }
                }
                return Double(frames.count)
            })
    }

    /// The frames with Huffman tables of their own: as they are where they have such, else as jpegtran makes them.
    static func optimized(_ clip: Clip, _ folder: ScratchFolder) throws -> [[UInt8]] {
        let foreign = clip.frames.filter {
            if case .afterRecoding = JPEGCarriage(of: $0.span) { true } else { false }
        }
        guard foreign.isEmpty, let jpegtran = Program("jpegtran") else { return foreign }
        let (input, output) = (folder.url.appending(path: "in.jpg"), folder.url.appending(path: "out.jpg"))
        return try clip.frames.map { frame in
            try Data(frame).write(to: input)
            try jpegtran.run([
                "-optimize", "-copy", "none", "-outfile", output.path(percentEncoded: false), input.path(percentEncoded: false),
            ])
            return Array(try Data(contentsOf: output))
        }
    }
}
