import MJPEGSource
import RTPTransport
import RTSPKit
import Testing

@testable import RTSPTestKit

/// Pictures of all kinds, and frames of real clips, through a network that loses one packet in a hundred, repeats and reorders.
@Suite struct PicturesJourneyTests {
    private static let start = ContinuousClock.now

    /// What the network does to every packet.
    private static var network: NetworkConditions {
        var network = NetworkConditions(delay: .milliseconds(10))
        network.loss = 0.01
        network.duplication = 0.02
        network.reordering = 0.02
        network.displacement = .milliseconds(3)
        return network
    }

    /// Plays `images` over UDP and returns what the client shows, and its figures.
    private static func journey(
        _ images: [[UInt8]], aligned: Bool = false, concealment: JPEGConcealment = .none, seed: UInt64
    ) -> (frames: [PlayoutFrame], statistics: ClientStatistics) {
        var simulation = Simulation(network: network, seed: seed, records: false, at: start)
        var configuration = ServerConnection.Configuration(
            sessionTimeout: .seconds(60), mediaPorts: PortPair(rtp: 6000, rtcp: 6001),
            wallClock: WallClock(instant: start, ntp: NTPTimestamp(rawValue: 1 << 40)))
        configuration.jpeg.alignsToRestartIntervals = aligned
        let presentation = StoredPresentation(
            name: "clip", source: FrameList(images, framesPerSecond: 25),
            pictureSize: images.first.flatMap { PictureSize(ofJPEG: $0.span) })
        let server = simulation.addServer(configuration, offering: ["/clip": .stored(presentation)])
        var viewing = ClientConfiguration(
            url: "rtsp://\(simulation[server].host)/clip", transport: .udp, clientPorts: PortPair(rtp: 5000, rtcp: 5001),
            playout: .fixed(.milliseconds(50)), ssrc: 9)
        viewing.concealment = concealment
        let client = simulation.addClient(viewing, of: server)
        simulation.schedule(.connect, client, after: .zero)
        simulation.schedule(.play(nil), client, after: .milliseconds(500))
        simulation.run(for: .seconds(3 + images.count / 25))
        #expect(simulation.violation == nil)
        return (simulation[client].frames, simulation[client].connection.statistics())
    }

    /// Whether `shown` are frames of `images`, in their order, data and size the same.
    private static func check(_ shown: [PlayoutFrame], of images: [[UInt8]], _ what: String) throws {
        var position = 0
        for frame in shown where frame.concealment == nil {
            let data = try outline(frame.image)
            while position < images.count, try outline(images[position]) != data { position += 1 }
            try #require(position < images.count, "\(what): a picture that nobody sent, or in another order")
            position += 1
        }
    }

    private struct Outline: Equatable {
        var width: Int
        var height: Int
        var scan: [UInt8]
    }

    /// What must be the same: the picture data, as it travels, and the size.
    private static func outline(_ image: [UInt8]) throws -> Outline {
        let header = try JPEGImageHeader(scanning: image.span)
        guard header.needsReordering else {
            return Outline(width: header.width, height: header.height, scan: Array(image[header.scan]))
        }
        // Re-ordered data is compared as the packetizer makes it; that it is the same picture, its own tests show.
        var packetizer = JPEGPacketizer(maximumPayloadSize: 60_000)
        var depacketizer = JPEGDepacketizer()
        var number: UInt16 = 0
        let batch = try packetizer.packetize(image, timestamp: RTPTimestamp(rawValue: 0), ssrc: 1, sequenceNumber: &number)
        for index in 0..<batch.count {
            let packet = Array(batch.bytes[batch.range(ofPacketAt: index)])
            let (rtp, payload) = try RTPHeader.parse(packet.span)
            for case .frame(let frame) in depacketizer.receive(
                rtp, payload: packet.span.extracting(payload), at: start)
            {
                let made = try JPEGImageHeader(scanning: frame.image.span)
                return Outline(width: header.width, height: header.height, scan: Array(frame.image[made.scan]))
            }
        }
        return Outline(width: 0, height: 0, scan: [])
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `generated pictures of each kind that can travel arrive as they were`(seed: UInt64) throws {
        let generator = PictureGenerator()
        var random = SeededGenerator(seed: seed)
        for quirk in PictureGenerator.Quirk.allCases {
            let sample = generator.sample(quirk, using: &random)
            guard sample.refusal == nil, quirk != .largeFactors, JPEGCarriage(of: sample.bytes.span).isDirect else { continue }
            let images = Array(repeating: sample.bytes, count: 10)
            let shown = Self.journey(images, seed: seed).frames
            #expect(shown.count >= 5, "\(sample.label): \(shown.count)")
            try Self.check(shown, of: images, sample.label)
        }
    }

    @Test func `the pictures of the shared folder and the frames of both clips arrive as they were`() throws {
        let folder =
            #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4).joined(separator: "/")
            + "/../shared/media/"
        for clip in ["flower_640x360.Mjpeg", "china_1280x720.mjpeg"] {
            guard var file = try? MJPEGFile(path: folder + clip) else { continue }
            var images: [[UInt8]] = []
            while images.count < 15, let frame = try file.nextFrame() { images.append(frame.image) }
            let (shown, statistics) = Self.journey(images, seed: 3)
            #expect(shown.count + statistics.incompleteFrames == images.count)
            #expect(shown.count >= 3)
            try Self.check(shown, of: images, clip)
        }
        guard let pictures = try? MJPEGFile(path: folder + "jpeg") else { return }
        for index in 0..<pictures.frameCount {
            let image = try pictures.frame(at: index).image
            guard JPEGCarriage(of: image.span).isDirect else { continue }
            let images = Array(repeating: image, count: 6)
            let shown = Self.journey(images, seed: UInt64(index)).frames
            try Self.check(shown, of: images, "picture \(index)")
        }
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func `with aligned packets a lost packet costs a strip, and the frame says so`(seed: UInt64) throws {
        let images = (0..<50).map { index in
            // 160x96 in 4:2:0: an interval for each of six rows of MCUs, each of about two packets.
            Self.striped(seed: seed &* 100 &+ UInt64(index))
        }
        let plain = Self.journey(images, aligned: true, seed: seed)
        let concealed = Self.journey(images, aligned: true, concealment: .lastFrame, seed: seed)
        try Self.check(plain.frames, of: images, "plain")
        try Self.check(concealed.frames, of: images, "concealed")
        #expect(plain.statistics.framesConcealed == 0)
        #expect(concealed.statistics.framesConcealed > 0)
        #expect(concealed.frames.count > plain.frames.count)
        for frame in concealed.frames {
            guard let concealment = frame.concealment else { continue }
            #expect(concealment.intervalCount == 6)
            #expect((1..<6).contains(concealment.concealedIntervals))
            // Intervals that came are those of one frame that was sent.
            let strips = try Self.strips(frame.image)
            let own = try images.map { image in zip(strips, try Self.strips(image)).count { $0 == $1 } }
            #expect(own.contains { $0 >= 6 - concealment.concealedIntervals })
        }
    }

    /// A picture whose data is six intervals of noise without an FF; nobody decodes it here.
    private static func striped(seed: UInt64) -> [UInt8] {
        var random = SeededGenerator(seed: seed)
        var picture = SyntheticPicture(scanBytes: 10, seed: seed)
        (picture.width, picture.height) = (160, 96)
        let header = picture.bytes
        // DRI goes before the frame header: ten MCUs in an interval.
        let frame = header.indices.first { header[$0] == 0xFF && (header[$0 + 1] == 0xC0 || header[$0 + 1] == 0xDA) } ?? 2
        let scanStart = (try? JPEGImageHeader(scanning: header.span).scan.lowerBound) ?? header.count
        var image = header[..<frame] + [0xFF, 0xDD, 0, 4, 0, 10] + header[frame..<scanStart]
        for strip in 0..<6 {
            image += (0..<2000).map { _ in UInt8.random(in: 0...0xFE, using: &random) }
            image += strip < 5 ? [0xFF, 0xD0 + UInt8(strip)] : [0xFF, 0xD9]
        }
        return Array(image)
    }

    /// The data of each interval.
    private static func strips(_ image: [UInt8]) throws -> [[UInt8]] {
        let header = try JPEGImageHeader(scanning: image.span)
        return image[header.scan].split(separator: 0xFF, omittingEmptySubsequences: false).enumerated().map { index, strip in
            Array(index == 0 ? strip : strip.dropFirst())
        }
    }
}
