import RTPTransport
import RTSPKit
import Testing

/// The `Date` header, seen from outside.
@Suite struct HTTPDateTests {
    @Test(arguments: [
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"),
        (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"), (1_735_689_600, "Wed, 01 Jan 2025 00:00:00 GMT"),
    ])
    func `dates are those of the calendar`(_ seconds: Int, _ text: String) {
        var talk = ServerDialogue {
            $0.wallClock = WallClock(
                instant: ServerDialogue.start, ntp: NTPTimestamp(sinceUnixEpoch: .seconds(seconds)))
        }
        #expect(talk.ask(.options).headers["Date"] == text)
    }

    @Test func `the date goes on with the time, also within one connection`() {
        var talk = ServerDialogue()
        #expect(talk.ask(.options).headers["Date"] == "Sun, 06 Nov 1994 08:49:37 GMT")
        talk.now += .milliseconds(999)
        #expect(talk.ask(.options).headers["Date"] == "Sun, 06 Nov 1994 08:49:37 GMT")
        talk.now += .milliseconds(1)
        #expect(talk.ask(.options).headers["Date"] == "Sun, 06 Nov 1994 08:49:38 GMT")
    }

    @Test func `a clock that was never set does not trap`() {
        for raw in [UInt64.min, .max] {
            var talk = ServerDialogue {
                $0.wallClock = WallClock(instant: ServerDialogue.start, ntp: NTPTimestamp(rawValue: raw))
            }
            #expect(talk.ask(.options).headers["Date"]?.hasSuffix(" GMT") == true)
        }
    }
}
