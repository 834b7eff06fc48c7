import RTSPKit
import Testing

@Suite struct TranscriptParseErrorTests {
    @Test(arguments: [
        (TranscriptParseError.Reason.notATranscript, "line 7: the first line is not \"rtsp-transcript 1\""),
        (.malformedLine, "line 7: this says nothing that a transcript has"),
        (.malformedMachine, "line 7: no machine has this name"),
        (.malformedTime, "line 7: this is no time"),
        (.malformedField("ssrc"), "line 7: the value of ssrc cannot be read"),
        (.missingField("url"), "line 7: url is missing"),
        (.unknownField("colour"), "line 7: colour is not known here, or stands here twice"),
        (.malformedBytes, "line 7: these are no bytes"),
        (.strayContinuation, "line 7: this line goes on with nothing"),
    ])
    func `an error says what is wrong, and in which line`(reason: TranscriptParseError.Reason, text: String) {
        #expect(TranscriptParseError(reason, line: 7).description == text)
    }
}
