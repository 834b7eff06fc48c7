import JPEGCoding
import RTPTransport

/// Decodes a picture and encodes it in the one way that every receiver takes.
struct PictureConverter: JPEGConverter {
    func convert(_ image: [UInt8], _ conversion: JPEGConversion) throws(JPEGConversionError) -> ConvertedJPEG {
        do {
            let pixels = try JPEGDecoder().decode(image).scaled(by: conversion.scale)
            var quality = conversion.quality ?? 85
            var result = try JPEGEncoder().encode(pixels, quality: quality)
            while let most = conversion.maximumByteCount, result.count > most, quality > 5 {
                quality = max(5, quality - 15)
                result = try JPEGEncoder().encode(pixels, quality: quality)
            }
            return ConvertedJPEG(image: result, way: .reencoded)
        } catch {
            throw JPEGConversionError(error.reason == .tooLarge ? .tooLarge : .broken, error.message)
        }
    }
}

extension RGBImage {
    /// The picture made smaller, by leaving out pixels.
    fileprivate func scaled(by scale: JPEGScale) -> RGBImage {
        guard scale != .full else { return self }
        let (newWidth, newHeight) = (scale.applied(to: width), scale.applied(to: height))
        var scaled = RGBImage(width: newWidth, height: newHeight, pixels: [])
        scaled.pixels.reserveCapacity(newWidth * newHeight * 3)
        for y in 0..<newHeight {
            for x in 0..<newWidth {
                let start = ((y * height / newHeight) * width + x * width / newWidth) * 3
                scaled.pixels += pixels[start..<start + 3]
            }
        }
        return scaled
    }
}
