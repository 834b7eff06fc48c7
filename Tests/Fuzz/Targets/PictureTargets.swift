internal import MJPEGSource
internal import RTPTransport

extension FuzzTarget {
    static let pictureTargets = [
        FuzzTarget(name: "jpeg-scanner", run: scan),
        FuzzTarget(name: "jpeg-depacketizer") { depacketize(FuzzBytes($0)) },
        FuzzTarget(name: "round-trip", run: travel),
        FuzzTarget(name: "mjpeg-file", run: StoredFile.read),
    ]

    // MARK: jpeg-scanner

    /// What the header scanner says lies within the file; a cut stream gives the same frames; where both scanners can read a file,
    /// they agree on its end.
    private static func scan(_ bytes: [UInt8]) {
        let whole = split([bytes])
        demandEqual(split(bytes.pieces), whole, "a cut does not change the frames")
        demandEqual(split(bytes.single), whole, "single bytes give the same frames")
        let delivered = whole.frames.reduce(0) { $0 + $1.count }
        demand(delivered + whole.skipped <= bytes.count, "every byte counts once")
        for frame in whole.frames {
            demand(frame.starts(with: [0xFF, 0xD8]) && frame.suffix(2) == [0xFF, 0xD9], "a frame is a JPEG file")
            if let header = try? JPEGImageHeader(scanning: frame.span) { check(header, in: frame) }
        }
        guard let header = try? JPEGImageHeader(scanning: bytes.span) else { return }
        check(header, in: bytes)
        guard let end = soundEnd(of: header, in: bytes) else { return }
        demandEqual(whole.frames.first, Array(bytes[..<end]), "both scanners see the same end")
    }

    private struct Split: Equatable {
        var frames: [[UInt8]] = []
        var skipped = 0
        var discarded = 0
    }

    private static func split(_ pieces: [[UInt8]]) -> Split {
        var splitter = MJPEGStreamSplitter(limits: MJPEGLimits(maxFrameBytes: 3000))
        var result = Split()
        for piece in pieces { result.frames += splitter.append(piece.span) }
        result.frames += splitter.finish()
        (result.skipped, result.discarded) = (splitter.bytesSkipped, splitter.framesDiscarded)
        return result
    }

    private static func check(_ header: JPEGImageHeader, in bytes: [UInt8]) {
        demand((1...65_535).contains(header.width) && (1...65_535).contains(header.height), "a size is one")
        for table in [header.lumaTable, header.chromaTable] {
            demand(table.count == 64 || table.count == 128, "a table has 64 values")
            demand(table.lowerBound > 0 && table.upperBound <= header.scan.lowerBound, "a table lies before the scan")
        }
        demand(!header.scan.isEmpty && header.scan.upperBound <= bytes.count, "the scan lies in the file")
        demand(header.sampling.reduced == .yuv420 || header.sampling.reduced == .yuv422, "RFC 2435 has the sampling")
        demand(header.sampling.reduced.reduced == header.sampling.reduced, "reduced factors stay")
    }

    /// Where the file ends that begins `bytes`, where nothing in it can be read in two ways.
    private static func soundEnd(of header: JPEGImageHeader, in bytes: [UInt8]) -> Int? {
        let scan = header.scan
        guard scan.upperBound + 2 <= min(bytes.count, 3000), bytes[scan.upperBound] == 0xFF, bytes[scan.upperBound + 1] == 0xD9,
            bytes[scan.lowerBound - 3] < 64, bytes[scan.lowerBound - 2] < 64, bytes[scan.lowerBound - 1] & 0xCC == 0
        else { return nil }
        for index in scan.lowerBound - 9..<scan.lowerBound - 3 where bytes[index] & 0xCC != 0 { return nil }
        for index in 2..<scan.upperBound - 1 where bytes[index] == 0xFF {
            let next = bytes[index + 1]
            if next == 0xD8 || next == 0xD9 { return nil }
            if scan.contains(index), next != 0, !(0xD0...0xD7).contains(next) { return nil }
        }
        return scan.upperBound + 2
    }

    // MARK: jpeg-depacketizer

    /// Packets as somebody would make them, or of any bytes at all, in any order: memory, events and frames keep their bounds.
    private static func depacketize(_ bytes: FuzzBytes) {
        var bytes = bytes
        let limits = DepacketizerLimits(
            maximumBytes: 2048, maximumFrames: 1 + Int(bytes.byte() & 3), maximumWaitingFragments: 1 + Int(bytes.byte() & 7))
        // What is odd comes from the end of the input, so that the rest of it means what it always meant.
        let oddity = bytes.peekLast()
        var depacketizer = JPEGDepacketizer(
            limits: limits, describedSize: oddity & 1 == 1 ? PictureSize(width: 2592, height: 1944) : nil)
        // A file in the payload has any header at all, and so has one that an extension has told.
        var isTold = false
        var header = RTPHeader(marker: false, payloadType: 26, sequenceNumber: 0, timestamp: RTPTimestamp(rawValue: 0), ssrc: 1)
        var (now, offset, packets, frames) = (ContinuousClock.Instant.start, 0, 0, 0)
        while !bytes.isEmpty {
            let choice = bytes.byte()
            header.marker = choice & 1 == 1
            if choice & 2 == 2 {
                header.timestamp.rawValue &+= bytes.flag() ? UInt32(bytes.byte()) << 12 : 0 &- UInt32(bytes.byte())
                offset = 0
            }
            header.sequenceNumber &+= choice & 4 == 4 ? UInt16(truncatingIfNeeded: Int(Int8(bitPattern: bytes.byte()))) : 1
            if choice & 8 == 8 { offset = Int(bytes.byte()) << 4 }
            let payload = choice & 16 == 16 ? bytes.bytes(Int(bytes.byte())) : fragment(&bytes, choice, offset: &offset)
            isTold = isTold || hasOwnHeader(payload)
            let events: [DepacketizerEvent]
            if oddity & 2 == 2, bytes.flag() {
                isTold = true
                let told = bytes.bytes(Int(bytes.byte()))
                let profile: UInt16 = bytes.flag() ? 0xFFD8 : 0xFFFF
                events = depacketizer.receive(
                    header, payload: payload.span, extensionProfile: profile, extension: told.span, at: now)
            } else {
                events = depacketizer.receive(header, payload: payload.span, at: now)
            }
            demand(events.count <= limits.maximumFrames + 4, "a packet leads to few events")
            demand(depacketizer.heldByteCount <= limits.maximumBytes, "what is held is bounded")
            check(events, limits, &frames, isTold: isTold)
            packets += 1
            now += .milliseconds(1)
            if choice == 255 { depacketizer.restart(keepingTables: bytes.flag()) }
        }
        check(depacketizer.flush(), limits, &frames, isTold: isTold)
        demand(depacketizer.flush().isEmpty, "nothing is left after a flush")
        demand(frames <= packets, "a frame takes a packet")
    }

    private static func fragment(_ bytes: inout FuzzBytes, _ choice: UInt8, offset: inout Int) -> [UInt8] {
        let type: UInt8 = [0, 1, 64, 65][Int(choice >> 5 & 3)]
        let q: UInt8 = choice & 128 == 128 ? bytes.byte() : 255
        var payload = [0, UInt8(offset >> 16), UInt8(offset >> 8 & 255), UInt8(offset & 255), type, q, 2, 1]
        if type >= 64 { payload += [0, 1, 0xFF, 0xFF] }
        if q >= 128, offset == 0 {
            let precision = bytes.byte()
            // No more than the few kinds of tables that there are, or a length that lies.
            let length = [0, 64, 128, 192, 256, 384, 7, 65_535][Int(precision >> 5)]
            payload += [0, precision & 7, UInt8(length >> 8), UInt8(length & 255)]
            if length < 65_535 { payload += [UInt8](repeating: precision, count: length) }
        }
        let data = bytes.bytes(Int(bytes.byte()))
        offset += data.count
        return payload + data
    }

    /// Whether one of the places where the data of this payload may begin holds the beginning of a file.
    private static func hasOwnHeader(_ payload: [UInt8]) -> Bool {
        (0..<max(0, payload.count - 2)).contains { payload[$0] == 0xFF && payload[$0 + 1] == 0xD8 && payload[$0 + 2] == 0xFF }
    }

    private static func check(
        _ events: [DepacketizerEvent], _ limits: DepacketizerLimits, _ frames: inout Int, isTold: Bool
    ) {
        for event in events {
            switch event {
            case .frame(let frame):
                frames += 1
                demand(frame.packetCount > 0, "a frame takes a packet")
                // A file that lacks the Huffman tables gets them.
                demand(frame.image.count <= limits.maximumBytes + (isTold ? 422 : 2), "a frame is bounded")
                demand(
                    frame.image.starts(with: [0xFF, 0xD8]) && frame.image.suffix(2) == [0xFF, 0xD9], "a frame is a JPEG file")
                guard !isTold else { continue }
                do {
                    check(try JPEGImageHeader(scanning: frame.image.span), in: frame.image)
                } catch {
                    // An end marker in the data, or a table for each component.
                    demand(error == .truncated || error == .differentChromaTables, "the file header is sound: \(error)")
                }
            case .incomplete(_, let received, let expected):
                demand(received <= 2 * limits.maximumBytes, "what is held is bounded")
                demand(expected.map { $0 <= 1 << 25 } ?? true, "an end can be reached")
            case .discarded: break
            }
        }
    }

    // MARK: round-trip

    /// A picture that RFC 2435 can carry comes out of its packets with the same data, tables and meaning, in whatever order they come
    /// and however often.
    private static func travel(_ bytes: [UInt8]) {
        var bytes = FuzzBytes(bytes)
        let choice = bytes.byte()
        let size = 300 + Int(bytes.byte()) * 4
        let seed = UInt64(bytes.byte())
        let image = choice & 1 == 1 ? bytes.remainder() : picture(&bytes, choice)
        var packetizer = JPEGPacketizer(maximumPayloadSize: size)
        var number: UInt16 = 65_530
        guard
            let batch = try? packetizer.packetize(image, timestamp: RTPTimestamp(rawValue: 7), ssrc: 9, sequenceNumber: &number)
        else { return demand(number == 65_530, "a refusal uses no numbers") }
        demandEqual(number, 65_530 &+ UInt16(truncatingIfNeeded: batch.count), "as many numbers are used as there are packets")
        guard let before = try? JPEGImageHeader(scanning: image.span) else { return demand(false, "it was read once") }
        guard let after = receive(batch, size, shuffledBy: seed, repeats: choice & 64 == 64) else {
            return demand(false, "all packets make the frame")
        }
        compare(before, image, after)
    }

    private static func receive(_ batch: RTPPacketBatch, _ size: Int, shuffledBy seed: UInt64, repeats: Bool) -> [UInt8]? {
        var order = Array(0..<batch.count)
        if repeats { order += order }
        var generator = Order(state: seed)
        if seed > 0 { order.shuffle(using: &generator) }
        var depacketizer = JPEGDepacketizer(limits: DepacketizerLimits(maximumWaitingFragments: 4096))
        var images: [[UInt8]] = []
        for index in order {
            let packet = Array(batch.bytes[batch.range(ofPacketAt: index)])
            demand(packet.count <= RTPHeader.length + size, "a packet fits")
            guard let (header, payload) = try? RTPHeader.parse(packet.span) else { demand(false, "a packet is one"); continue }
            let more = RTPHeader.headerExtension(of: packet.span)
            demandEqual(header.marker, index == batch.count - 1, "the last packet has the marker")
            demandEqual(header.sequenceNumber, 65_530 &+ UInt16(truncatingIfNeeded: index), "packets are numbered")
            let data = packet.span.extracting(payload)
            let events =
                if let more {
                    depacketizer.receive(
                        header, payload: data, extensionProfile: more.profile, extension: packet.span.extracting(more.content),
                        at: .start)
                } else { depacketizer.receive(header, payload: data, at: .start) }
            for event in events {
                switch event {
                case .frame(let frame): images.append(frame.image)
                case .discarded(.late): demand(repeats, "no packet is late")
                default: demand(false, "no packet is lost: \(event)")
                }
            }
        }
        demand(images.count <= 1, "one frame is one frame")
        return images.first
    }

    private static func compare(_ before: JPEGImageHeader, _ image: [UInt8], _ restored: [UInt8]) {
        guard let after = try? JPEGImageHeader(scanning: restored.span) else { return demand(false, "the picture can be read") }
        for (after, before) in [(after.width, before.width), (after.height, before.height)] {
            demandEqual(after, before, "the size stays")
        }
        demandEqual(after.sampling, before.sampling.reduced, "the sampling stays")
        demandEqual(values(after.lumaTable, restored), values(before.lumaTable, image), "the luma table stays")
        demandEqual(values(after.chromaTable, restored), values(before.chromaTable, image), "the chroma table stays")
        guard !before.needsReordering else {
            demandEqual(after.restartInterval, 0, "re-ordered data has no restart markers")
            return
        }
        demandEqual(after.restartInterval, before.restartInterval, "the restart interval stays")
        demandEqual(Array(restored[after.scan]), Array(image[before.scan]), "the data stays")
    }

    private static func values(_ table: Range<Int>, _ image: [UInt8]) -> [Int] {
        let bytes = image[table].map(Int.init)
        return bytes.count == 64 ? bytes : (0..<64).map { bytes[2 * $0] << 8 | bytes[2 * $0 + 1] }
    }

    /// A file whose parts are chosen by the input, with the rest of the input for picture data.
    private static func picture(_ bytes: inout FuzzBytes, _ choice: UInt8) -> [UInt8] {
        let (width, height) = (1 + Int(bytes.number16() & 0x7FF), 1 + Int(bytes.number16() & 0x7FF))
        let restarts = choice & 2 == 2 ? bytes.number16() : 0
        let samplings: [[UInt8]] = [[0x22, 0x11, 0x11], [0x21, 0x11, 0x11], [0x22, 0x12, 0x12], [0x42, 0x21, 0x21]]
        let sampling = samplings[Int(choice >> 2 & 3)]
        var file: [UInt8] = [0xFF, 0xD8]
        for (number, isWide) in [(UInt8(0), choice & 16 == 16), (1, choice & 32 == 32)] {
            let step = bytes.byte() | 1
            let table = (0..<(isWide ? 128 : 64)).map { UInt8(truncatingIfNeeded: $0 &* Int(step)) }
            file += segment(0xDB, [number | (isWide ? 0x10 : 0)] + table)
        }
        if restarts > 0 { file += segment(0xDD, [UInt8(restarts >> 8), UInt8(restarts & 255)]) }
        let size = [height >> 8, height & 255, width >> 8, width & 255].map { UInt8(truncatingIfNeeded: $0) }
        file += segment(0xC0, [8] + size + [3, 1, sampling[0], 0, 2, sampling[1], 1, 3, sampling[2], 1])
        file += segment(0xDA, [3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0])
        for byte in bytes.remainder() { file += byte == 0xFF ? [0xFF, 0x00] : [byte] }
        return file + (choice & 128 == 128 ? [] : [0xFF, 0xD9])
    }

    private static func segment(_ marker: UInt8, _ contents: [UInt8]) -> [UInt8] {
        let length = contents.count + 2
        return [0xFF, marker, UInt8(length >> 8), UInt8(length & 255)] + contents
    }
}

/// An order that follows from a number.
private struct Order: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 33
    }
}
