import Testing

@testable import PlayerModel

@Suite(.timeLimit(.minutes(1))) struct FeedTests {
    private static func event(_ kind: PlayerEvent.Kind, _ id: Int) -> PlayerEvent { PlayerEvent(kind, id: id, ["v": id]) }

    @Test func `of states and numbers only the newest waits, of a dialogue the last 200`() async throws {
        let feed = EventFeed()
        for id in 1...1000 {
            feed.post(Self.event(.state, id))
            feed.post(Self.event(.numbers, id))
            feed.post(Self.event(.dialogue, id))
        }
        let text = try #require(await feed.next())
        let ids = text.split(separator: "\n").filter { $0.hasPrefix("id: ") }.compactMap { Int($0.dropFirst(4)) }
        // In the order in which they happened.
        #expect(ids == Array(801...1000) + [1000, 1000])
    }

    @Test func `a beat is told where there is nothing else`() async {
        let feed = EventFeed()
        feed.beat()
        #expect(await feed.next() == ":\n\n")
        feed.post(Self.event(.state, 1))
        feed.beat()
        #expect(await feed.next()?.hasPrefix("event: state\nid: 1\n") == true)
    }

    @Test func `a reader that waits is woken, and what waits is read before the end`() async {
        let feed = EventFeed()
        async let first = feed.next()
        await Task.yield()
        feed.post(Self.event(.state, 1))
        #expect(await first?.contains("id: 1") == true)
        feed.post(Self.event(.state, 2))
        feed.finish()
        feed.post(Self.event(.state, 3))
        #expect(await feed.next()?.contains("id: 2") == true)
        #expect(await feed.next() == nil)
        #expect(await feed.next() == nil)
    }

    @Test func `cancelling the reader ends its feed`() async {
        let feed = EventFeed()
        let reader = Task { await feed.next() }
        reader.cancel()
        #expect(await reader.value == nil)
    }

    @Test func `a slow reader gets the newest picture, and the others are counted`() async {
        let feed = PictureFeed()
        for number in 1...100 { _ = feed.post(Picture(image: [], number: number, position: 0)) }
        #expect(feed.picturesMissed == 99)
        feed.finish()
        var numbers: [Int] = []
        for await picture in feed { numbers.append(picture.number) }
        #expect(numbers == [100])
    }
}
