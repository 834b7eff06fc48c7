import CTurboJPEG
import Foundation
import Testing

/// What libturbojpeg itself makes of a file, called in the plainest way.
enum Reference {
    struct Failure: Error {}

    struct Image {
        var width: Int
        var height: Int
        /// Three bytes for each pixel.
        var rgb: [UInt8]

        /// In decibels, over all bytes; infinite for the same picture.
        func signalToNoise(against other: Image) -> Double {
            var squares = 0
            for index in 0..<min(rgb.count, other.rgb.count) {
                let difference = Int(rgb[index]) - Int(other.rgb[index])
                squares += difference * difference
            }
            return 10 * log10(255 * 255 * Double(rgb.count) / Double(squares))
        }

        /// The same for brightness alone.
        func lumaSignalToNoise(against other: Image) -> Double {
            var squares = 0
            for index in stride(from: 0, to: min(rgb.count, other.rgb.count) - 2, by: 3) {
                let (red, green) = (Int(rgb[index]) - Int(other.rgb[index]), Int(rgb[index + 1]) - Int(other.rgb[index + 1]))
                let blue = Int(rgb[index + 2]) - Int(other.rgb[index + 2])
                let difference = 299 * red + 587 * green + 114 * blue
                squares += difference * difference
            }
            return 10 * log10(255e3 * 255e3 * Double(rgb.count / 3) / Double(squares))
        }
    }

    private struct Header {
        var width: Int32 = 0
        var height: Int32 = 0
        var sampling: Int32 = -1
        var colours: Int32 = -1
    }

    private static func header(_ jpeg: [UInt8], _ codec: tjhandle) throws -> Header {
        var header = Header()
        unsafe tjDecompressHeader3(
            codec, jpeg, UInt(jpeg.count), &header.width, &header.height, &header.sampling, &header.colours)
        guard header.width > 0, header.height > 0 else { throw Failure() }
        return header
    }

    /// Pixels in a line, and lines, at a part of the size.
    static func size(_ jpeg: [UInt8], eighths: Int) throws -> (width: Int, height: Int) {
        let codec = try unsafe #require(tjInitDecompress())
        defer { unsafe tjDestroy(codec) }
        let header = try unsafe header(jpeg, codec)
        return ((Int(header.width) * eighths + 7) / 8, (Int(header.height) * eighths + 7) / 8)
    }

    /// The pixels, at a part of the size; CMYK as Adobe has it.
    static func image(_ jpeg: [UInt8], eighths: Int = 8) throws -> Image {
        let codec = try unsafe #require(tjInitDecompress())
        defer { unsafe tjDestroy(codec) }
        let header = try unsafe header(jpeg, codec)
        let (width, height) = ((Int(header.width) * eighths + 7) / 8, (Int(header.height) * eighths + 7) / 8)
        let isCMYK = header.colours == Int32(TJCS_CMYK.rawValue) || header.colours == Int32(TJCS_YCCK.rawValue)
        var pixels = [UInt8](repeating: 0, count: width * height * (isCMYK ? 4 : 3))
        let result = unsafe tjDecompress2(
            codec, jpeg, UInt(jpeg.count), &pixels, Int32(width), 0, Int32(height),
            (isCMYK ? TJPF_CMYK : TJPF_RGB).rawValue, TJFLAG_ACCURATEDCT)
        guard unsafe result == 0 || tjGetErrorCode(codec) == Int32(TJERR_WARNING.rawValue) else { throw Failure() }
        return Image(width: width, height: height, rgb: isCMYK ? rgb(ofCMYK: pixels) : pixels)
    }

    private static func rgb(ofCMYK pixels: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        for start in stride(from: 0, to: pixels.count, by: 4) {
            let paper = Double(pixels[start + 3]) / 255
            for ink in pixels[start..<start + 3] { result.append(UInt8((Double(ink) * paper).rounded())) }
        }
        return result
    }

    /// The planes of a file whose sampling has a name: brightness, then colour.
    static func planes(_ jpeg: [UInt8]) throws -> [[UInt8]] {
        let codec = try unsafe #require(tjInitDecompress())
        defer { unsafe tjDestroy(codec) }
        let header = try unsafe header(jpeg, codec)
        try #require(header.sampling >= 0)
        let isGray = header.sampling == Int32(TJSAMP_GRAY.rawValue)
        let sizes = (0..<(isGray ? 1 : 3)).map {
            (tjPlaneWidth(Int32($0), header.width, header.sampling), tjPlaneHeight(Int32($0), header.height, header.sampling))
        }
        let counts = sizes.map { Int($0.0) * Int($0.1) }
        var samples = [UInt8](repeating: 0, count: counts.reduce(0, +))
        var strides = sizes.map(\.0)
        let result = unsafe samples.withUnsafeMutableBufferPointer { buffer in
            var offset = 0
            var pointers = unsafe counts.map { count in
                defer { offset += count }
                return unsafe buffer.baseAddress?.advanced(by: offset)
            }
            return unsafe tjDecompressToYUVPlanes(
                codec, jpeg, UInt(jpeg.count), &pointers, header.width, &strides, header.height, TJFLAG_ACCURATEDCT)
        }
        try #require(result == 0)
        var offset = 0
        return counts.map { count in
            defer { offset += count }
            return Array(samples[offset..<offset + count])
        }
    }

    /// The same coefficients in one canonical, progressive coding: equal for files that differ in their coding alone.
    static func canonical(_ jpeg: [UInt8]) throws -> [UInt8] {
        let codec = try unsafe #require(tjInitTransform())
        defer { unsafe tjDestroy(codec) }
        var transform = unsafe tjtransform()
        unsafe transform.options = TJXOPT_COPYNONE | TJXOPT_PROGRESSIVE
        var bytes: UnsafeMutablePointer<UInt8>? = nil
        var count: UInt = 0
        defer { unsafe tjFree(bytes) }
        let result = unsafe tjTransform(codec, jpeg, UInt(jpeg.count), 1, &bytes, &count, &transform, 0)
        try #require(result == 0)
        return unsafe Array(UnsafeBufferPointer(start: bytes, count: Int(count)))
    }
}
