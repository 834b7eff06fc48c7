internal import RTPTransport

/// What PLAY with a place to go to forgets, and a refusal brings back.
struct HeldPlay: Sendable {
    var buffer: JitterBuffer
    var hasSaidGoodbye: Bool
    var origin: Duration
    var newestMediaTime: Duration
    var offset: Duration?
    var newOffsetBehind: Duration?
    var end: Duration?
    var senderClock: SenderReport?
}
