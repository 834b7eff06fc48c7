import RTPTransport
import RTSPKit
import RTSPTestKit
import Testing

/// How a client connection ends as its user asked.
@Suite struct ClientTearDownTests {
    @Test func `TEARDOWN in each state ends without a failure, and leaves no session at the server`() throws {
        var asking = ClientDialogue()
        asking.tearDown()
        #expect(asking.ending == .some(nil))
        #expect(asking.history == [.options])

        var settingUp = ClientDialogue()
        settingUp.replyToOptions()
        settingUp.replyToDescribe()
        settingUp.tearDown()
        #expect(settingUp.ending == nil)
        var silent = settingUp
        var refused = settingUp
        var cut = settingUp
        settingUp.replyToSetup()
        #expect(settingUp.requests.map(\.method) == [.teardown])
        #expect(settingUp.requests[0].headers["Session"] == "S1")
        settingUp.reply()
        #expect(settingUp.ending == .some(nil))
        silent.pass(.seconds(5))
        #expect(silent.ending == .some(nil))
        refused.reply(.notFound)
        #expect(refused.ending == .some(nil))
        cut.close()
        #expect(cut.ending == .some(nil))

        var playing = ClientDialogue()
        playing.setUp()
        try playing.play()
        playing.replyToPlay()
        playing.tearDown()
        playing.tearDown()
        #expect(playing.requests.map(\.method) == [.teardown])
        playing.pass(.seconds(2))
        #expect(playing.ending == .some(nil))
        playing.tearDown()
        #expect(playing.events.count { if case .closed = $0 { true } else { false } } == 1)
    }

    @Test func `TEARDOWN while falling back is the end`() throws {
        var talk = ClientDialogue()
        talk.setUp()
        try talk.play()
        talk.replyToPlay()
        talk.pass(.seconds(3))
        #expect(talk.requests.map(\.method) == [.teardown])
        talk.tearDown()
        talk.reply()
        #expect(talk.ending == .some(nil))
        #expect(talk.history.last == .teardown)
    }

    /// Found by the simulation (scenario 90).
    @Test func `what the server answers to PLAY after TEARDOWN brings nothing to life again`() throws {
        var talk = ClientDialogue()
        talk.setUp()
        try talk.play()
        talk.tearDown()
        #expect(talk.history.suffix(2) == [.play, .teardown])
        talk.replyToPlay()
        #expect(!talk.events.contains { if case .playing = $0 { true } else { false } })
        #expect(talk.client.state == .ready)
        try talk.stream(5)
        #expect(talk.client.statistics().packets == 0)
        #expect(!talk.events.contains { if case .frame = $0 { true } else { false } })
        talk.reply()
        #expect(talk.ending == .some(nil))
    }
}
