import RTSPKit
import Testing

struct LabDialectTests {
    @Test(arguments: [
        ("movie.Mjpeg", "movie.Mjpeg"), ("/movie.Mjpeg", "movie.Mjpeg"), ("a/b/movie.Mjpeg", "movie.Mjpeg"),
        ("rtsp://host:554/x/movie.Mjpeg", "movie.Mjpeg"), ("..\\..\\movie.Mjpeg", "movie.Mjpeg"),
        ("my movie.Mjpeg", "my movie.Mjpeg"),
        ("phim \u{111}\u{1EB9}p.Mjpeg", "phim \u{111}\u{1EB9}p.Mjpeg"), ("...", "..."), ("%2e%2e%2fpasswd", "%2e%2e%2fpasswd"),
    ])
    func `The file is the last path component`(url: String, name: String) {
        #expect(LabDialect.fileName(of: url) == name)
    }

    @Test(arguments: ["", "/", ".", "..", "a/..", "..\\..", "movie/", "a\u{0}b", "a\nb", "a\r", "\u{7F}", "rtsp://"])
    func `A name that is empty or unsafe is none`(url: String) {
        #expect(LabDialect.fileName(of: url) == nil)
    }

    @Test func `Sessions are numbers of six digits`() {
        var generator = LabFixture.Generator(seed: 3)
        let numbers = (0..<1000).map { _ in LabDialect.sessionNumber(using: &generator) }
        #expect(numbers.allSatisfy { (100_000...999_999).contains($0) })
        #expect(Set(numbers).count > 900)
    }

    @Test func `Each spelling of the port has the other one beside it`() {
        #expect(LabPortSpelling.blankAfterEquals.other == .noBlank)
        #expect(LabPortSpelling.noBlank.other == .blankAfterEquals)
    }
}
