import Testing

@testable import RTPTransport

/// What can be told of a picture by its header.
@Suite struct PictureOutlineTests {
    private static func segment(_ marker: UInt8, _ contents: [UInt8]) -> [UInt8] {
        [0xFF, marker, UInt8((contents.count + 2) >> 8), UInt8((contents.count + 2) & 0xFF)] + contents
    }

    private static func picture(_ frameMarker: UInt8 = 0xC0, width: Int = 640, height: Int = 360, before: [UInt8] = []) -> [UInt8]
    {
        let frame: [UInt8] = [
            8, UInt8(height >> 8), UInt8(height & 0xFF), UInt8(width >> 8), UInt8(width & 0xFF), 1, 1, 0x11, 0,
        ]
        return [0xFF, 0xD8] + before + segment(frameMarker, frame) + segment(0xDA, [1, 1, 0, 0, 63, 0]) + [1, 2, 3, 0xFF, 0xD9]
    }

    @Test(arguments: [0xC0, 0xC1, 0xC2, 0xC3, 0xC9, 0xCA] as [UInt8])
    func `size and beginning of the data are found in every kind of file`(_ marker: UInt8) throws {
        let tables = Self.segment(0xC4, Array(repeating: 0, count: 29)) + Self.segment(0xE1, Array(repeating: 0xFF, count: 300))
        let picture = Self.picture(marker, before: tables)
        let found = PictureOutline(of: picture.span)
        let outline = try #require(found)
        #expect(outline.size == PictureSize(width: 640, height: 360))
        #expect(Array(picture[outline.headerLength...]) == [1, 2, 3, 0xFF, 0xD9])
        let size = PictureSize(ofJPEG: picture.span)
        #expect(size?.description == "640x360")
    }

    @Test func `fill bytes and markers that stand alone are passed over`() {
        let picture = Self.picture(before: [0xFF, 0xFF, 0xFF, 0x01, 0xFF, 0xD0])
        let outline = PictureOutline(of: picture.span)
        #expect(outline?.size == PictureSize(width: 640, height: 360))
    }

    @Test func `a height that is told later is no size`() throws {
        let picture = Self.picture(height: 0)
        let found = PictureOutline(of: picture.span)
        let outline = try #require(found)
        #expect(outline.size == nil)
    }

    @Test func `no beginning of a header, and no bytes of chance, is an outline`() {
        let picture = Self.picture()
        for length in 0..<(picture.count - 5) {
            let beginning = Array(picture[..<length])
            let outline = PictureOutline(of: beginning.span)
            #expect(outline == nil)
        }
        for position in picture.indices {
            for byte in [0, 1, 0x7F, 0xFF] as [UInt8] {
                var broken = picture
                broken[position] = byte
                if let outline = PictureOutline(of: broken.span) { #expect(outline.headerLength <= broken.count) }
            }
        }
        #expect(PictureSize(width: 0, height: 1) == nil)
        #expect(PictureSize(width: 65_536, height: 1) == nil)
    }
}
