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
        case stored(name: String, @Sendable () throws -> any SeekableFrameSource & Sendable)
        case live(LiveDescription, NIOLoopBoundBox<LiveHub>, any EventLoop)
    }

    private struct State: Sendable {
        var entries: [String: Entry] = [:]
        var fallback: (@Sendable (String) -> Offering?)?
        var nextLiveID: UInt64 = 1
        var sessionCount = 0
    }

    let configuration: RTSPServer.Configuration
    let wallClock: WallClock
    private let state = Mutex(State())

    init(configuration: RTSPServer.Configuration) {
        self.configuration = configuration
        wallClock = .system()
    }

    // MARK: What is offered

    func offer(_ offering: Offering, at path: String, on eventLoop: any EventLoop) throws(RTSPError) {
        let path = Self.normalized(path)
        let entry = entry(for: offering, path: path, on: eventLoop)
        let isFree = state.withLock { state in
            guard state.entries[path] == nil else { return false }
            state.entries[path] = entry
            return true
        }
        guard isFree else { throw RTSPError(code: .alreadyOffered, message: "something is offered at \(path) already") }
        if case .live(_, let hub, let home) = entry { home.execute { hub.value.start() } }
    }

    func withdraw(_ path: String) {
        let entry = state.withLock { $0.entries.removeValue(forKey: Self.normalized(path)) }
        if case .live(_, let hub, let home) = entry { home.execute { hub.value.stop() } }
    }

    func setFallback(_ find: (@Sendable (String) -> Offering?)?) { state.withLock { $0.fallback = find } }

    private func entry(for offering: Offering, path: String, on eventLoop: any EventLoop) -> Entry {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        switch offering.kind {
        case .stored(let open):
            return .stored(name: name, open)
        case .live(let mailbox, let framesPerSecond, let onReaders):
            let id = state.withLock { state in
                defer { state.nextLiveID += 1 }
                return state.nextLiveID
            }
            var generator = SystemRandomNumberGenerator()
            let presentation = LivePresentation(
                id: LivePresentationID(rawValue: id), name: name, framesPerSecond: framesPerSecond,
                packetSize: configuration.packetSize, canonicalName: configuration.canonicalName, wallClock: wallClock,
                using: &generator)
            let onEvent = configuration.onEvent
            let hub = LiveHub(
                mailbox: mailbox, presentation: presentation, eventLoop: eventLoop, onReaders: onReaders
            ) { error in
                onEvent?("", .pictureRefused(presentation: name, error))
            }
            return .live(
                presentation.description, NIOLoopBoundBox.makeBoxSendingValue(hub, eventLoop: eventLoop), eventLoop)
        }
    }

    private static func normalized(_ path: String) -> String {
        "/" + path.split(separator: "/").joined(separator: "/")
    }

    // MARK: What happens

    func handle(_ event: ServerEvent, from member: ServerLoop.Member, on loop: ServerLoop) {
        switch event {
        case .ask(.find(let path, let purpose)):
            find(path, for: purpose, member: member, on: loop)
            return
        case .ask(.join(let id)):
            join(id, member: member, on: loop)
            return
        case .left(let id):
            guard let (hub, home) = liveHub(id) else { break }
            let reference = ServerLoopReference(loop)
            home.execute { hub.value.leave(reference) }
        case .sessionStarted:
            member.holdsReservation = false
        case .answered(.setup, _, _):
            release(member)
        case .sessionEnded:
            state.withLock { $0.sessionCount -= 1 }
        case .answered, .violated, .pictureRefused, .sourceFailed:
            break
        }
        let peer = member.address.map { "\($0.ipAddress ?? "?"):\($0.port ?? 0)" } ?? "?"
        configuration.onEvent?(peer, event)
        configuration.logger.trace("event", metadata: ["peer": "\(peer)", "event": "\(event)"])
    }

    /// Gives back a place that no session took.
    func release(_ member: ServerLoop.Member) {
        guard member.holdsReservation else { return }
        member.holdsReservation = false
        state.withLock { $0.sessionCount -= 1 }
    }

    var sessionCount: Int { state.withLock { $0.sessionCount } }

    private func find(
        _ path: String, for purpose: ServerQuestion.Purpose, member: ServerLoop.Member, on loop: ServerLoop
    ) {
        if purpose == .session {
            let hasRoom = state.withLock { state in
                guard state.sessionCount < configuration.maximumSessions else { return false }
                state.sessionCount += 1
                return true
            }
            guard hasRoom else { return loop.answer(.refused(.serviceUnavailable), to: member.id) }
            member.holdsReservation = true
        }
        let path = Self.normalized(path)
        let (entry, fallback) = state.withLock { ($0.entries[path], $0.fallback) }
        if case .live(let description, _, _) = entry {
            return loop.answer(.found(.live(description), Self.newIdentity()), to: member.id)
        }
        guard entry != nil || fallback != nil else { return loop.answer(.refused(.notFound), to: member.id) }
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

    private static func open(
        _ entry: Entry?, fallback: (@Sendable (String) -> Offering?)?, path: String, logger: Logger
    ) -> ServerAnswer {
        do {
            if case .stored(let name, let open) = entry {
                return .found(.stored(StoredPresentation(name: name, source: try open())), newIdentity())
            }
            let name = path.split(separator: "/").last.map(String.init) ?? path
            if case .stored(let open) = fallback?(path)?.kind {
                return .found(.stored(StoredPresentation(name: name, source: try open())), newIdentity())
            }
            return .refused(.notFound)
        } catch {
            logger.warning("cannot open", metadata: ["path": "\(path)", "error": "\(error)"])
            return .refused(.internalServerError)
        }
    }

    private func join(_ id: LivePresentationID, member: ServerLoop.Member, on loop: ServerLoop) {
        guard let (hub, home) = liveHub(id) else { return loop.answer(.refused(.notFound), to: member.id) }
        let reference = ServerLoopReference(loop)
        let member = member.id
        home.execute { hub.value.join(reference, session: member) }
    }

    private func liveHub(_ id: LivePresentationID) -> (NIOLoopBoundBox<LiveHub>, any EventLoop)? {
        state.withLock { state in
            for case .live(let description, let hub, let home) in state.entries.values where description.id == id {
                return (hub, home)
            }
            return nil
        }
    }

    private static func newIdentity() -> SessionIdentity {
        var generator = SystemRandomNumberGenerator()
        return SessionIdentity(using: &generator)
    }
}
