import RTPTransport
import Testing

struct JPEGSamplingTests {
    private func reduced(_ rawValue: UInt32) -> UInt32 { JPEGSampling(rawValue: rawValue).reduced.rawValue }

    @Test func `samplings have their usual names`() {
        let names = [0x22_11_11: "4:2:0", 0x21_11_11: "4:2:2", 0x11_11_11: "4:4:4", 0x12_11_11: "4:4:0", 0x41_11_11: "4:1:1"]
        for (rawValue, name) in names { #expect(JPEGSampling(rawValue: UInt32(rawValue)).description == name) }
        #expect(JPEGSampling(rawValue: 0x22_12_11).description == "2x2 1x2 1x1")
    }

    @Test func `factors are divided by what all three have in common, in each direction`() {
        for (rawValue, expected): (UInt32, UInt32) in [
            (0x22_12_12, 0x21_11_11), (0x41_21_21, 0x21_11_11), (0x42_22_22, 0x21_11_11), (0x23_13_13, 0x21_11_11),
            (0x42_21_21, 0x22_11_11), (0x44_22_22, 0x22_11_11), (0x22_22_22, 0x11_11_11), (0x44_44_44, 0x11_11_11),
            (0x33_33_33, 0x11_11_11), (0x22_21_21, 0x12_11_11), (0x24_22_22, 0x12_11_11), (0x43_23_21, 0x23_13_11),
        ] {
            #expect(reduced(rawValue) == expected)
        }
    }

    @Test func `factors without a common divisor, and those that cannot be, stay`() {
        for rawValue: UInt32 in [0x22_11_11, 0x21_11_11, 0x11_11_11, 0x41_11_11, 0x32_21_11, 0x22_12_11] {
            #expect(reduced(rawValue) == rawValue)
        }
        for rawValue: UInt32 in [0, 0x20_10_10, 0x02_02_02, 0x22_00_22, 0x55_55_55, 0x66_22_22, 0xFF_FF_FF, 0x1_22_12_12, .max] {
            #expect(reduced(rawValue) == rawValue)
        }
    }
}
