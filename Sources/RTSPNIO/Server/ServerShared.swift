internal import Logging
internal import MJPEGSource
internal import NIOCore
internal import NIOPosix
internal import RTPTransport
internal import RTSPKit
internal import Synchronization

/// What the loops of one server share: what is offered, how many sessions there are, and who is told what happens.
final class ServerShared: Sendable {
    /// What stands at a path, ready to be found.
    enum Entry: Sendable {
        case stored(StoredEntry)
        case live(LivePresentationID)
    }

    /// Stored media that is opened for everyone who asks.
    struct StoredEntry: Sendable {
        let name: ConversionName
        let variant: PresentationVariant
        let open: @Sendable () throws -> any SeekableFrameSource & Sendable
    }

    struct State: Sendable {
        var entries: [String: Entry] = [:]
        /// Also those that were withdrawn while somebody reads them.
        var lives: [LivePresentationID: LiveEntry] = [:]
        var fallback: (@Sendable (String) -> Offering?)?
        /// What was said of the media that the fallback has found.
        var fallbackNames: [String: ConversionName] = [:]
        var nextLiveID: UInt64 = 1
        var sessionCount = 0
        /// While running.
        var loops: [ServerLoopReference] = []
    }

    let configuration: RTSPServer.Configuration
    let wallClock: WallClock
    /// `nil` without a converter.
    let conversions: Conversions?
    let threads: ServerThreads
    let state = Mutex(State())
    private let deliveries = Mutex(DeliveryStatistics())

    init(configuration: RTSPServer.Configuration, threads: ServerThreads) {
        self.configuration = configuration
        self.threads = threads
        conversions = configuration.converter.map {
            Conversions(
                converter: $0, threadCount: configuration.conversionThreads, cacheBytes: configuration.conversionCacheBytes)
        }
        wallClock = .system()
    }

    // MARK: What is offered

    func offer(_ offering: Offering, at path: String) throws(RTSPError) {
        let path = Self.normalized(path)
        let isFree: Bool
        switch offering.kind {
        case .stored(let open):
            let entry = StoredEntry(name: conversionName(Self.name(of: path)), variant: fixed(offering), open: open)
            isFree = state.withLock { $0.claim(path, for: .stored(entry)) }
        case .live(let mailbox, let framesPerSecond, let onReaders):
            isFree = offerLive(
                mailbox, framesPerSecond, onReaders, variant: fixed(offering), at: path, on: threads.group.next())
        case .broadcast(let source):
            isFree = offerBroadcast(source, variant: fixed(offering), at: path)
        }
        guard isFree else { throw RTSPError(code: .alreadyOffered, message: "something is offered at \(path) already") }
    }

    func withdraw(_ path: String) {
        let path = Self.normalized(path)
        let live = state.withLock { state -> LivePresentationID? in
            guard case .live(let id) = state.entries.removeValue(forKey: path) else { return nil }
            return id
        }
        if let live { withdrawLive(live) }
    }

    func setFallback(_ find: (@Sendable (String) -> Offering?)?) { state.withLock { $0.fallback = find } }

    /// What is made smaller of an offering for everybody.
    func fixed(_ offering: Offering) -> PresentationVariant {
        guard conversions != nil else { return .original }
        return offering.variant.limited(by: PresentationVariant(followsLoss: configuration.adaptation.followsLoss))
    }

    func conversionName(_ name: String) -> ConversionName { ConversionName(name, tell: configuration.onConversion) }

    static func normalized(_ path: String) -> String {
        "/" + path.split(separator: "/").joined(separator: "/")
    }

    /// The last component, which names the presentation for people.
    static func name(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    // MARK: What happens

    func handle(_ event: ServerEvent, from member: ServerMember, on loop: ServerLoop) {
        switch event {
        case .ask(.find(let path, let purpose, let variant)):
            find(path, variant, for: purpose, member: member, on: loop)
            return
        case .ask(.join(let id)):
            join(id, member: member, on: loop)
            return
        case .left(let id):
            loop.left(id, member)
        case .sessionStarted:
            member.holdsReservation = false
        case .answered(.setup, _, _):
            release(member)
        case .sessionEnded:
            state.withLock { $0.sessionCount -= 1 }
            if member.connection.sessionCount == 0 { releaseVariants(of: member) }
        case .answered, .violated, .pictureRefused, .sourceFailed:
            break
        }
        configuration.onEvent?(member.peer, event)
        configuration.logger.trace("event", metadata: ["peer": "\(member.peer)", "event": "\(event)"])
    }

    /// Gives back a place that no session took.
    func release(_ member: ServerMember) {
        guard member.holdsReservation else { return }
        member.holdsReservation = false
        state.withLock { $0.sessionCount -= 1 }
    }

    /// Gives back the variants that the connection's sessions were set up with.
    func releaseVariants(of member: ServerMember) {
        for id in member.variants { releaseVariant(id) }
        member.variants = []
    }

    /// How long live frames took to leave.
    var delivery: DeliveryStatistics { deliveries.withLock { $0 } }

    func note(delivery time: Duration) { deliveries.withLock { $0.note(time) } }

    /// The loops, while the server runs.
    var loops: [ServerLoopReference] { state.withLock { $0.loops } }

    func setLoops(_ loops: [ServerLoopReference]) { state.withLock { $0.loops = loops } }

    var sessionCount: Int { state.withLock { $0.sessionCount } }
}

extension ServerShared.State {
    /// Puts `entry` at `path`, if nothing is there.
    mutating func claim(_ path: String, for entry: ServerShared.Entry) -> Bool {
        guard entries[path] == nil else { return false }
        entries[path] = entry
        return true
    }
}
