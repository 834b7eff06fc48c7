import RTPTransport
import Testing

struct JPEGErrorTests {
    @Test func `every refusal is one sentence`() {
        let errors: [JPEGError] = [
            .notJPEG, .truncated, .progressive, .arithmetic, .unsupportedProcess(0xC3), .unsupportedPrecision(12),
            .unsupportedComponents(1), .notYCbCr, .unsupportedSampling(.yuv420), .severalScans, .foreignHuffmanTables,
            .differentChromaTables, .tooManyBytes(3), .malformed(offset: 4),
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
        #expect(JPEGError.malformed(offset: 77).description.contains("byte 77"))
    }
}
