import RTSPKit
import Testing

struct RangeHeaderTests {
    @Test(arguments: [
        ("npt=10-20", NormalPlayTimeRange.from(.seconds(10), to: .seconds(20))), ("npt=10-", .from(.seconds(10))),
        ("npt=-20", NormalPlayTimeRange(end: .seconds(20))), ("npt=now-", NormalPlayTimeRange(start: .now)),
        ("npt=3.12-10", .from(.milliseconds(3_120), to: .seconds(10))), ("npt=0.000001-", .from(.microseconds(1))),
        ("npt=now-10.5", NormalPlayTimeRange(start: .now, end: .milliseconds(10_500))),
        ("npt=20-10", .from(.seconds(20), to: .seconds(10))),
    ])
    func `a range is written as it is read`(text: String, range: NormalPlayTimeRange) {
        #expect(RangeHeader.parse(text) == .npt(range))
        #expect(RangeHeader.npt(range).description == text)
    }

    @Test(arguments: [
        ("npt=0:00:12.5-", NormalPlayTimeRange.from(.milliseconds(12_500))), ("npt=1:02:03-", .from(.seconds(3_723))),
        ("NPT = 0.000 - ", .from(.zero)), ("npt=10", .from(.seconds(10))), ("npt=0-now", .from(.zero)),
        ("npt=5-;time=19970123T143720Z", .from(.seconds(5))), ("npt=.5-", .from(.milliseconds(500))),
        ("npt=5.-", .from(.seconds(5))), ("npt=0.1234567899999-", .from(.nanoseconds(123_456_789))),
    ])
    func `other spellings are understood`(text: String, range: NormalPlayTimeRange) {
        #expect(RangeHeader.parse(text) == .npt(range))
    }

    @Test(arguments: [
        ",npt=0-", "\"npt=0-", "n pt=0-",
        "", "npt", "npt=", "npt=-", "=1-", "npt=x-", "npt=1-x", "npt=--5", "npt=+1-", "npt=1:60:00-", "npt=1:2:3:4-", "npt=1.x-",
        "npt=nan-", "npt=9999999999-", "npt=99999999999999999999999999-", "npt=4294967295:59:59-", "npt=:-",
    ])
    func `what is no range is refused`(text: String) {
        #expect(RangeHeader.parse(text) == nil)
    }

    @Test(arguments: [("clock=19961108T142300Z-", "clock"), ("SMPTE-25=10:07:00-", "smpte-25")])
    func `another unit is named`(text: String, unit: String) {
        #expect(RangeHeader.parse(text) == .unsupported(unit: unit))
    }

    @Test(arguments: [
        (Duration.nanoseconds(1_499), "npt=0.000001-"), (.nanoseconds(999_999_999), "npt=1-"), (.seconds(-5), "npt=0-"),
        (.seconds(Int64.max) * 10, "npt=999999999-"), (.seconds(Int64.min), "npt=0-"),
    ])
    func `a time that cannot be stated becomes the nearest that can`(time: Duration, text: String) {
        #expect(RangeHeader.npt(.from(time)).description == text)
    }

    @Test func `a range of nothing is the whole`() {
        #expect(NormalPlayTimeRange().description == "0-")
    }
}
