import RTPTransport
import Testing

struct JPEGErrorTests {
    @Test func `every refusal is one sentence`() {
        let errors: [JPEGError] = [
            .notJPEG, .truncated, .progressive, .arithmetic, .unsupportedProcess(0xC3), .unsupportedPrecision(12),
            .unsupportedComponents(1), .notYCbCr, .unsupportedSampling(.yuv420), .severalScans, .foreignHuffmanTables,
            .differentChromaTables, .tooLarge(width: 1, height: 2), .tooManyBytes(3), .malformed(offset: 4),
        ]
        for error in errors {
            #expect(error.description.hasSuffix("."))
            #expect(error.description.count > 20)
        }
        #expect(Set(errors.map(\.description)).count == errors.count)
    }

    @Test func `refusals name what they found`() {
        #expect(JPEGError.unsupportedProcess(0x0C).description.contains("FF 0C"))
        #expect(JPEGError.unsupportedComponents(1).description.contains("1 component,"))
        #expect(JPEGError.unsupportedComponents(4).description.contains("4 components,"))
        #expect(JPEGError.tooLarge(width: 4096, height: 2160).description.contains("4096x2160"))
        #expect(JPEGError.malformed(offset: 77).description.contains("byte 77"))
    }

    @Test func `samplings have their usual names`() {
        let names = [0x22_11_11: "4:2:0", 0x21_11_11: "4:2:2", 0x11_11_11: "4:4:4", 0x12_11_11: "4:4:0", 0x41_11_11: "4:1:1"]
        for (rawValue, name) in names { #expect(JPEGSampling(rawValue: UInt32(rawValue)).description == name) }
        #expect(JPEGSampling(rawValue: 0x22_12_11).description == "2x2 1x2 1x1")
    }
}
