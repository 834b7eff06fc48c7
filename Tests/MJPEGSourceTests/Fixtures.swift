import Foundation

@testable import MJPEGSource

/// A generator whose numbers are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: Int) {
        state = UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B9_7F4A_7C15
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// A segment: its marker, its length, its contents.
func segment(_ code: UInt8, _ body: [UInt8]) -> [UInt8] {
    let length = body.count + 2
    return [0xFF, code, UInt8(length >> 8), UInt8(length & 0xFF)] + body
}

/// A start of scan of three components.
let scanHeader = segment(0xDA, [3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0])

/// Entropy-coded data with stuffed zeros and restart markers in it.
func scanData(seed: Int, byteCount: Int = 60) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    var bytes: [UInt8] = []
    while bytes.count < byteCount {
        switch UInt8.random(in: 0...20, using: &generator) {
        case 0: bytes += [0xFF, 0x00]
        case 1: bytes += [0xFF, UInt8.random(in: 0xD0...0xD7, using: &generator)]
        default: bytes.append(UInt8.random(in: 0...0xFE, using: &generator))
        }
    }
    return bytes
}

/// A JPEG with the markers of a real one; `extra` stands after SOI. Different seeds make different pictures.
func jpeg(_ seed: Int = 1, extra: [UInt8] = [], scanByteCount: Int = 60) -> [UInt8] {
    let tables = segment(0xDB, [0] + (1...64).map { UInt8($0) }) + segment(0xC4, [0] + [UInt8](repeating: 1, count: 24))
    let frame = segment(0xC0, [8, 0, 16, 0, 16, 3, 1, 0x21, 0, 2, 0x11, 0, 3, 0x11, 0])
    let head: [UInt8] = [0xFF, 0xD8] + extra + tables + frame + scanHeader
    return head + scanData(seed: seed, byteCount: scanByteCount) + [0xFF, 0xD9]
}

/// A picture with a whole small JPEG in an application segment, as cameras write it.
func jpegWithThumbnail(_ seed: Int = 1) -> [UInt8] {
    jpeg(seed, extra: segment(0xE1, Array("Exif\0\0".utf8) + jpeg(seed + 1000)))
}

/// A picture of a kind that trips plain readers up; `kind` counts from 0 and may be any number.
func trickyJPEG(_ kind: Int, seed: Int) -> [UInt8] {
    let markers = [UInt8]([[UInt8]](repeating: [0xFF, 0xD8, 0xFF, 0xD9, 0xFF, 0xDA], count: 10_922).joined())
    let fill = [UInt8](repeating: 0xFF, count: 1 + seed % 40)
    let tables = segment(0xDB, [0] + (1...64).map { UInt8($0) })
    return switch kind % 9 {
    case 0: jpegWithThumbnail(seed)
    case 1: jpeg(seed, extra: segment(0xE2, Array("MPF\0".utf8) + jpeg(seed + 1)))
    case 2: jpeg(seed, extra: segment(0xE0, Array("JFXX\0".utf8) + [0x10] + jpegWithThumbnail(seed + 2)))
    case 3: jpeg(seed, extra: fill + segment(0xFE, [1, 2]) + fill)
    case 4: jpeg(seed, extra: segment(0xFE, markers + [UInt8(seed & 0xFF)]))
    case 5: [0xFF, 0xD8] + segment(0xE0, Array("AVI1".utf8)) + tables + scanHeader + scanData(seed: seed) + [0xFF, 0xD9]
    case 6: Array(jpeg(seed).dropLast(2)) + fill + [0xFF, 0xD9]
    case 7: Array(jpeg(seed).dropLast(2)) + segment(0xC4, [0xFF, 0xD9]) + scanHeader + scanData(seed: seed + 3) + [0xFF, 0xD9]
    default: jpeg(seed, scanByteCount: 3000)
    }
}

/// A frame of the lab format.
func lab(_ image: [UInt8]) -> [UInt8] {
    let digits = String(image.count)
    return Array((String(repeating: "0", count: max(0, 5 - digits.count)) + digits).utf8) + image
}

/// A folder that goes away with the last reference to it.
final class TemporaryFolder {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("mjpeg-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    @discardableResult
    func write(_ bytes: [UInt8], as name: String = "movie") throws -> String {
        let file = path + "/" + name
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }

    @discardableResult
    func makeFolder(_ name: String) throws -> String {
        let folder = path + "/" + name
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }

    func link(_ name: String, to destination: String) throws {
        try FileManager.default.createSymbolicLink(atPath: path + "/" + name, withDestinationPath: destination)
    }
}

/// What a file of these bytes has in it.
func opened(_ bytes: [UInt8], limits: MJPEGLimits = .default) throws -> (file: MJPEGFile, images: [[UInt8]]) {
    let folder = try TemporaryFolder()
    let file = try MJPEGFile(path: try folder.write(bytes), limits: limits)
    return (file, try images(of: file))
}

/// All frames from the file's position on.
func images(of file: MJPEGFile) throws -> [[UInt8]] {
    var file = file
    var images: [[UInt8]] = []
    while let frame = try file.nextFrame() { images.append(frame.image) }
    return images
}

/// The error with which a path does not open.
func openingError(_ path: String, framesPerSecond: Double = 25, limits: MJPEGLimits = .default) -> MJPEGFileError? {
    do {
        _ = try MJPEGFile(path: path, framesPerSecond: framesPerSecond, limits: limits)
        return nil
    } catch {
        return error
    }
}

/// Bytes in which everything that scanners mind is frequent.
func hostileBytes(seed: Int, count: Int) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    var bytes: [UInt8] = []
    while bytes.count < count {
        switch Int.random(in: 0..<12, using: &generator) {
        case 0: bytes += [0xFF, 0xD8, 0xFF]
        case 1: bytes += [0xFF, 0xD9]
        case 2: bytes += [0xFF, UInt8.random(in: 0xC0...0xFE, using: &generator)]
        case 3: bytes += [0xFF, 0xE1, 0, UInt8.random(in: 0...60, using: &generator)]
        case 4: bytes += Array(String(Int.random(in: 0...1_000_000, using: &generator)).utf8)
        case 5: bytes += Array("00090".utf8) + [0xFF, 0xD8]
        case 6: bytes += scanHeader
        case 7: bytes += jpeg(Int.random(in: 0...50, using: &generator), scanByteCount: 8)
        case 8: bytes += lab(jpeg(Int.random(in: 0...50, using: &generator), scanByteCount: 8))
        case 9: bytes += [0xFF, 0xFF, 0xFF, 0x20, 0x20]
        default: bytes.append(UInt8.random(in: 0...255, using: &generator))
        }
    }
    return bytes
}

extension MJPEGStreamSplitter {
    /// The same as `append(_:)`; a span of a passing value cannot stand inside `#expect`.
    mutating func take(_ bytes: [UInt8]) -> [[UInt8]] {
        append(bytes.span)
    }
}

/// Pictures of all kinds, cut ones, lengths of the lab format, junk and bytes made to mislead.
func mixture(seed: Int) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    var bytes: [UInt8] = []
    for _ in 0..<12 {
        let picture = trickyJPEG(Int.random(in: 0..<9, using: &generator), seed: Int.random(in: 0..<99, using: &generator))
        switch Int.random(in: 0..<8, using: &generator) {
        case 0: bytes += picture.prefix(Int.random(in: 0...picture.count, using: &generator))
        case 1: bytes += lab(picture)
        case 2: bytes += [UInt8](repeating: [0x00, 0xFF, 0x20].randomElement(using: &generator) ?? 0, count: 50) + picture
        case 3: bytes += hostileBytes(seed: Int.random(in: 0..<999, using: &generator), count: 300)
        case 4: bytes += picture.suffix(Int.random(in: 0...200, using: &generator))
        default: bytes += picture
        }
    }
    return bytes
}
