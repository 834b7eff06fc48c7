import Foundation
import Testing

@testable import PlayerModel

@Suite struct PlayerStateTests {
    @Test func `all keys are always there, in order, on one line`() {
        #expect(
            PlayerEvent.json(PlayerState()) == #"{"busy":null,"can":{"pause":false,"play":false,"record":false,"retry":false,"#
                + #""seek":false,"setup":true,"snapshot":false,"teardown":false},"duration":null,"ended":false,"error":null,"#
                + #""frameRate":null,"lab":false,"live":false,"loop":false,"notice":null,"reconnect":null,"recording":null,"#
                + #""session":null,"state":"Init","title":null,"transport":null,"transportHeader":null,"url":null}"#)
    }

    @Test func `the numbers have all their keys too`() throws {
        let object = try JSONSerialization.jsonObject(with: Data(PlayerEvent.json(PlayerNumbers()).utf8))
        let keys = try #require(object as? [String: Any]).keys.sorted()
        #expect(
            keys == [
                "bitRate", "browserSkipped", "bufferDepth", "bufferTarget", "bytes", "firstPicture", "fps", "framesShown",
                "incomplete", "jitter", "late", "latency", "lost", "packets", "position", "rebuffers", "reordered", "skipped",
                "time",
            ])
    }

    @Test func `an event is framed as browsers read it, whatever its text`() {
        let entry = DialogueEntry(
            n: 1, at: Date(timeIntervalSince1970: 0.123), direction: .sent, text: "a\r\nb\n\ndata: </script>")
        let event = PlayerEvent(.dialogue, id: 7, entry)
        #expect(
            event.text == "event: dialogue\nid: 7\ndata: "
                + #"{"direction":"sent","n":1,"text":"a\r\nb\n\ndata: </script>","time":"1970-01-01T00:00:00.123Z"}"# + "\n\n")
    }

    @Test func `what is no number is told as one all the same`() {
        var numbers = PlayerNumbers()
        numbers.fps = .nan
        #expect(!PlayerEvent.json(numbers).contains("nan"))
    }

    @Test(arguments: [
        (0, "0.000"), (12.3454, "12.345"), (0.0007, "0.001"), (-1.5, "-1.500"), (.nan, "0.000"), (.infinity, "0.000"),
    ])
    func `a position has three decimals`(_ value: Double, _ text: String) {
        #expect(Picture(image: [], number: 1, position: value).positionText == text)
    }
}
