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
    fileprivate enum Entry: Sendable {
        case stored(name: String, @Sendable () throws -> any SeekableFrameSource & Sendable)
        case live(LiveDescription)
    }

    fileprivate struct State: Sendable {
        var entries: [String: Entry] = [:]
        /// Also those that were withdrawn while somebody reads them.
        var hubs: [LivePresentationID: LiveHubReference] = [:]
        var fallback: (@Sendable (String) -> Offering?)?
        var nextLiveID: UInt64 = 1
        var sessionCount = 0
        /// While running.
        var loops: [ServerLoopReference] = []
    }

    let configuration: RTSPServer.Configuration
    let wallClock: WallClock
    private let threads: ServerThreads
    private let state = Mutex(State())

    init(configuration: RTSPServer.Configuration, threads: ServerThreads) {
        self.configuration = configuration
        self.threads = threads
        wallClock = .system()
    }

    // MARK: What is offered

    func offer(_ offering: Offering, at path: String) throws(RTSPError) {
        let path = Self.normalized(path)
        let name = Self.name(of: path)
        let isFree: Bool
        var hub: LiveHubReference?
        switch offering.kind {
        case .stored(let open):
            isFree = state.withLock { $0.claim(path, for: .stored(name: name, open)) }
        case .live(let mailbox, let framesPerSecond, let onReaders):
            let presentation = makeLive(name: name, framesPerSecond: framesPerSecond)
            let reference = makeHub(mailbox, presentation, onReaders)
            isFree = state.withLock { state in
                guard state.claim(path, for: .live(presentation.description)) else { return false }
                state.hubs[presentation.description.id] = reference
                return true
            }
            guard isFree else { break }
            mailbox.onArrival { [weak reference] in reference?.wake() }
            hub = reference
        }
        guard isFree else { throw RTSPError(code: .alreadyOffered, message: "something is offered at \(path) already") }
        // What was posted before is not announced again.
        hub?.wake()
    }

    func withdraw(_ path: String) {
        let path = Self.normalized(path)
        let hub = state.withLock { state -> (LivePresentationID, LiveHubReference)? in
            guard case .live(let live) = state.entries.removeValue(forKey: path) else { return nil }
            return state.hubs[live.id].map { (live.id, $0) }
        }
        guard let (id, hub) = hub else { return }
        hub.execute { [weak self] in
            $0.withdraw { self?.state.withLock { $0.hubs[id] = nil } }
        }
    }

    func setFallback(_ find: (@Sendable (String) -> Offering?)?) { state.withLock { $0.fallback = find } }

    /// The hub of a live presentation; `nil` once nobody can read it any more.
    func hub(_ id: LivePresentationID) -> LiveHubReference? { state.withLock { $0.hubs[id] } }

    private func makeLive(name: String, framesPerSecond: Double?) -> LivePresentation {
        let id = state.withLock { state in
            defer { state.nextLiveID += 1 }
            return state.nextLiveID
        }
        var generator = SystemRandomNumberGenerator()
        return LivePresentation(
            id: LivePresentationID(rawValue: id), name: name, framesPerSecond: framesPerSecond,
            packetSize: configuration.packetSize, canonicalName: configuration.canonicalName, wallClock: wallClock,
            using: &generator)
    }

    private func makeHub(
        _ mailbox: FrameMailbox, _ presentation: LivePresentation, _ onReaders: (@Sendable (Int) -> Void)?
    ) -> LiveHubReference {
        let onEvent = configuration.onEvent
        let name = presentation.description.name
        let hub = LiveHub(mailbox: mailbox, presentation: presentation, onReaders: onReaders) { error in
            onEvent?("", .pictureRefused(presentation: name, error))
        }
        return LiveHubReference(hub, threads: threads)
    }

    private static func normalized(_ path: String) -> String {
        "/" + path.split(separator: "/").joined(separator: "/")
    }

    /// The last component, which names the presentation for people.
    private static func name(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    // MARK: What happens

    func handle(_ event: ServerEvent, from member: ServerMember, on loop: ServerLoop) {
        switch event {
        case .ask(.find(let path, let purpose)):
            find(path, for: purpose, member: member, on: loop)
            return
        case .ask(.join(let id)):
            join(id, member: member, on: loop)
            return
        case .left(let id):
            loop.left(id, connection: member.id)
        case .sessionStarted:
            member.holdsReservation = false
        case .answered(.setup, _, _):
            release(member)
        case .sessionEnded:
            state.withLock { $0.sessionCount -= 1 }
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

    /// The loops, while the server runs.
    var loops: [ServerLoopReference] { state.withLock { $0.loops } }

    func setLoops(_ loops: [ServerLoopReference]) { state.withLock { $0.loops = loops } }

    var sessionCount: Int { state.withLock { $0.sessionCount } }

    private func find(
        _ path: String, for purpose: ServerQuestion.Purpose, member: ServerMember, on loop: ServerLoop
    ) {
        if purpose == .session {
            let hasRoom = state.withLock { state in
                guard state.sessionCount < configuration.maximumSessions else { return false }
                state.sessionCount += 1
                return true
            }
            guard hasRoom else { return refuse(.serviceUnavailable, member, on: loop) }
            member.holdsReservation = true
        }
        let path = Self.normalized(path)
        let (entry, fallback) = state.withLock { ($0.entries[path], $0.fallback) }
        if case .live(let description) = entry {
            loop.answer(.found(.live(description), Self.newIdentity()), to: member.id)
            return
        }
        guard entry != nil || fallback != nil else { return refuse(.notFound, member, on: loop) }
        // Opening a source may read the disk, so it happens on a thread that may block.
        let id = member.id
        let reference = ServerLoopReference(loop)
        let logger = configuration.logger
        NIOThreadPool.singleton.runIfActive(eventLoop: loop.eventLoop) {
            Self.open(entry, fallback: fallback, path: path, logger: logger)
        }.whenComplete { result in
            reference.execute { loop in
                let answer = (try? result.get()) ?? .refused(.internalServerError)
                loop.answer(answer, to: id)
            }
        }
    }

    private func refuse(_ status: RTSPStatus, _ member: ServerMember, on loop: ServerLoop) {
        loop.answer(.refused(status), to: member.id)
    }

    private static func open(
        _ entry: Entry?, fallback: (@Sendable (String) -> Offering?)?, path: String, logger: Logger
    ) -> ServerAnswer {
        do {
            if case .stored(let name, let open) = entry {
                return .found(.stored(StoredPresentation(name: name, source: try open())), newIdentity())
            }
            if case .stored(let open) = fallback?(path)?.kind {
                return .found(.stored(StoredPresentation(name: name(of: path), source: try open())), newIdentity())
            }
            return .refused(.notFound)
        } catch {
            logger.warning("cannot open", metadata: ["path": "\(path)", "error": "\(error)"])
            return .refused(.internalServerError)
        }
    }

    private func join(_ id: LivePresentationID, member: ServerMember, on loop: ServerLoop) {
        let connection = member.id
        guard let hub = hub(id) else {
            loop.answer(.refused(.notFound), to: connection)
            return
        }
        let reference = ServerLoopReference(loop)
        hub.execute { $0.join(reference, connection: connection) }
    }

    private static func newIdentity() -> SessionIdentity {
        var generator = SystemRandomNumberGenerator()
        return SessionIdentity(using: &generator)
    }
}

extension ServerShared.State {
    /// Puts `entry` at `path`, if nothing is there.
    fileprivate mutating func claim(_ path: String, for entry: ServerShared.Entry) -> Bool {
        guard entries[path] == nil else { return false }
        entries[path] = entry
        return true
    }
}
