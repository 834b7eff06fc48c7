import Testing

@testable import RTPTransport

struct JPEGCarriageTests {
    private func carriage(_ change: (inout SyntheticJPEG) -> Void) -> JPEGCarriage {
        var image = SyntheticJPEG()
        change(&image)
        return JPEGCarriage(of: image.bytes)
    }

    private func sample(_ image: inout SyntheticJPEG, _ luma: UInt8, _ chroma: UInt8 = 0x11) {
        for (index, sampling) in [luma, chroma, chroma].enumerated() { image.components[index].sampling = sampling }
    }

    private func isNever(_ carriage: JPEGCarriage) -> Bool {
        if case .never = carriage { true } else { false }
    }

    @Test func `each kind of picture has its way`() {
        #expect(JPEGCarriage(of: RealJPEG.yuv420) == .direct)
        #expect(JPEGCarriage(of: RealJPEG.restarting) == .direct)
        #expect(JPEGCarriage(of: FactoredJPEG.ffmpeg) == .direct)
        #expect(JPEGCarriage(of: RealJPEG.progressive) == .afterRecoding(.progressive))
        #expect(JPEGCarriage(of: RealJPEG.optimized) == .afterRecoding(.foreignHuffmanTables))
        #expect(JPEGCarriage(of: RealJPEG.yuv444) == .afterReencoding(.unsupportedSampling(.init(rawValue: 0x11_11_11))))
        #expect(JPEGCarriage(of: RealJPEG.grey) == .afterReencoding(.unsupportedComponents(1)))
        #expect(JPEGCarriage(of: [1, 2, 3]) == .never(.notJPEG))
        #expect(JPEGCarriage(of: [0xFF, 0xD8, 0xFF, 0xD9]) == .never(.malformed(offset: 2)))
        #expect(JPEGCarriage(of: SyntheticJPEG(width: 4096, height: 2160).bytes) == .direct)
    }

    @Test func `encoding anew is worse than coding anew, whichever shows first`() {
        let sampling444 = JPEGError.unsupportedSampling(JPEGSampling(rawValue: 0x11_11_11))
        #expect(carriage { $0.frameMarker = 0xC2 } == .afterRecoding(.progressive))
        #expect(
            carriage {
                $0.frameMarker = 0xC2
                sample(&$0, 0x11)
            } == .afterReencoding(sampling444))
        #expect(carriage { $0.frameMarker = 0xC9 } == .afterRecoding(.arithmetic))
        #expect(
            carriage {
                $0.frameMarker = 0xC9
                sample(&$0, 0x11)
            } == .afterReencoding(sampling444))
        var table = StandardHuffmanTables.lumaAlternatingCurrent
        table[177] ^= 1
        #expect(carriage { $0.huffman = [[0x10] + table] } == .afterRecoding(.foreignHuffmanTables))
        #expect(
            carriage {
                $0.huffman = [[0x10] + table]
                $0.quantization.append([2] + SyntheticJPEG.lumaTable)
                $0.components[2].table = 2
            } == .afterReencoding(.differentChromaTables))
        #expect(
            carriage {
                $0.frameMarker = 0xC2
                $0.extraSegments = [(0xEE, [UInt8]("Adobe".utf8) + [0, 100, 0, 0, 0, 0, 0])]
            } == .afterReencoding(.notYCbCr))
        // Of two that are alike, the first.
        #expect(
            carriage {
                $0.frameMarker = 0xC2
                $0.selectors = [0x00]
                $0.end = SyntheticJPEG.segment(0xDA, [2, 2, 0x11, 3, 0x11, 0, 63, 0]) + [1, 0xFF, 0xD9]
            } == .afterRecoding(.progressive))
    }

    @Test func `broken is worse than anything, wherever it shows`() {
        let changes: [(inout SyntheticJPEG) -> Void] = [
            { $0.width = 0 },
            { $0.extraSegments = [(0xC0, $0.frame)] },
            { $0.quantization[0].removeLast() },
            { $0.quantization.removeLast() },
            { $0.scan = [] },
            { $0.extraSegments = [(0xDD, [1])] },
            { $0.huffman = [[0x00, 1, 2, 3]] },
        ]
        let hindrances: [(inout SyntheticJPEG) -> Void] = [
            { _ in }, { $0.frameMarker = 0xC2 }, { $0.frameMarker = 0xC9 },
            { for index in 0..<3 { $0.components[index].sampling = 0x11 } },
            { $0.precision = 12 },
        ]
        for hindrance in hindrances {
            #expect(!isNever(carriage(hindrance)))
            for change in changes {
                #expect(
                    isNever(
                        carriage {
                            hindrance(&$0)
                            change(&$0)
                        }))
            }
            var image = SyntheticJPEG()
            hindrance(&image)
            #expect(isNever(JPEGCarriage(of: image.headers)), "there is no scan")
            #expect(isNever(JPEGCarriage(of: (image.headers + [0xFF, 0xD9]))))
        }
    }

    @Test func `a baseline picture in several scans needs coding anew, and encoding where it is grey or sampled otherwise`() {
        let second = SyntheticJPEG.segment(0xDA, [2, 2, 0x11, 3, 0x11, 0, 63, 0]) + [4, 5, 6, 0xFF, 0xD9]
        func split(_ image: inout SyntheticJPEG) {
            image.selectors = [0x00]
            image.end = second
        }
        #expect(carriage { split(&$0) } == .afterRecoding(.severalScans))
        #expect(
            carriage {
                split(&$0)
                sample(&$0, 0x11)
            } == .afterReencoding(.unsupportedSampling(.init(rawValue: 0x11_11_11))))
        #expect(carriage { $0.selectors = [0x00] } == .never(.truncated))
    }

    @Test func `tables may come between the scans of a picture that has several`() {
        let carriage = carriage {
            $0.selectors = [0x00]
            let chroma = $0.quantization.removeLast()
            $0.end = SyntheticJPEG.segment(0xDB, chroma) + SyntheticJPEG.segment(0xDA, [2, 2, 0x11, 3, 0x11, 0, 63, 0]) + [4]
        }
        #expect(carriage == .afterRecoding(.severalScans))
    }

    @Test func `more data than fragment offsets reach has to be encoded in fewer bytes`() {
        let image = SyntheticJPEG(scan: [UInt8](repeating: 0, count: 1 << 24)).bytes
        #expect(JPEGCarriage(of: image) == .afterReencoding(.tooManyBytes(1 << 24)))
        #expect(JPEGCarriage(of: SyntheticJPEG(scan: [UInt8](repeating: 0, count: 1 << 24 - 1)).bytes) == .direct)
    }

    @Test func `the reason is told in one sentence, and none where there is none`() {
        #expect(JPEGCarriage.direct.isDirect)
        #expect(JPEGCarriage.direct.reason == nil)
        #expect(JPEGCarriage.direct.description == "The picture can be sent as it is.")
        for error in [JPEGError.progressive, .notYCbCr, .truncated, .malformed(offset: 9)] {
            let carriage = JPEGCarriage(error)
            #expect(!carriage.isDirect)
            #expect(carriage.reason == error)
            #expect(carriage.description.hasSuffix(String(error.description.dropFirst())))
            #expect(carriage.description.filter { $0 == "." }.count == 1)
        }
        #expect(
            JPEGCarriage.afterRecoding(.progressive).description
                == "It can be sent once it is coded anew, which loses nothing: "
                + "the JPEG file is progressive, and RFC 2435 carries only baseline pictures.")
    }

    @Test func `advice is a command, where one helps`() {
        let (recoding, reencoding) = (JPEGCarriage.afterRecoding(.progressive), JPEGCarriage.afterReencoding(.notYCbCr))
        #expect(
            recoding.conversionCommand(forFileAt: "a/photo.JPG") == "jpegtran -copy none -outfile 'a/photo-rtp.JPG' 'a/photo.JPG'"
        )
        let encode = "-c:v mjpeg -pix_fmt yuvj420p -huffman default -q:v 2"
        #expect(reencoding.conversionCommand(forFileAt: "photo.jpeg") == "ffmpeg -i 'photo.jpeg' \(encode) 'photo-rtp.jpeg'")
        #expect(recoding.conversionCommand(forFileAt: "/m/a.mjpeg") == "ffmpeg -i '/m/a.mjpeg' \(encode) '/m/a-rtp.mjpeg'")
        #expect(JPEGCarriage.direct.conversionCommand(forFileAt: "a.jpg") == nil)
        #expect(JPEGCarriage.never(.truncated).conversionCommand(forFileAt: "a.jpg") == nil)
    }

    @Test func `whatever a file is called, its name is one word for a shell and no option`() {
        let carriage = JPEGCarriage.afterRecoding(.progressive)
        let command = { carriage.conversionCommand(forFileAt: $0)?.dropFirst("jpegtran -copy none -outfile ".count) }
        #expect(command("it's; rm $x.jpg") == "'it'\\''s; rm $x-rtp.jpg' 'it'\\''s; rm $x.jpg'")
        #expect(command("-o.jpg") == "'./-o-rtp.jpg' './-o.jpg'")
        #expect(command("a.b/.jpg") == "'a.b/.jpg-rtp' 'a.b/.jpg'")
        #expect(JPEGCarriage.afterReencoding(.notYCbCr).conversionCommand(forFileAt: "a.b/c")?.hasSuffix(" 'a.b/c-rtp'") == true)
    }
}
