internal import Logging
internal import MJPEGSource
internal import NIOCore
internal import NIOPosix
internal import RTPTransport
internal import RTSPKit
internal import Synchronization

/// What stands at a path, and how it is opened.
extension ServerShared {
    func find(
        _ path: String, _ variant: PresentationVariant, for purpose: ServerQuestion.Purpose, member: ServerMember,
        on loop: ServerLoop
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
        switch entry {
        case .live(let id): findLive(id, variant, for: purpose, member: member, on: loop)
        case .stored(let stored):
            let name = Self.name(of: path)
            openElsewhere(for: member, on: loop) { shared, wake in shared.open(stored, name, variant, wake) }
        case nil:
            guard let fallback else { return refuse(.notFound, member, on: loop) }
            openElsewhere(for: member, on: loop) { shared, wake in
                guard let offering = fallback(path), let stored = shared.storedEntry(offering, at: path) else {
                    return .refused(.notFound)
                }
                return shared.open(stored, Self.name(of: path), variant, wake)
            }
        }
    }

    func refuse(_ status: RTSPStatus, _ member: ServerMember, on loop: ServerLoop) {
        loop.answer(.refused(status), to: member.id)
    }

    /// Opening a source may read the disk, so it happens on a thread that may block.
    private func openElsewhere(
        for member: ServerMember, on loop: ServerLoop,
        _ open: @escaping @Sendable (ServerShared, _ wake: @escaping @Sendable () -> Void) -> ServerAnswer
    ) {
        let id = member.id
        let reference = ServerLoopReference(loop)
        NIOThreadPool.singleton.runIfActive(eventLoop: loop.eventLoop) { [self] in
            open(self) { reference.execute { $0.mediaReady(id) } }
        }.whenComplete { result in
            reference.execute { loop in
                let answer = (try? result.get()) ?? .refused(.internalServerError)
                loop.answer(answer, to: id)
            }
        }
    }

    /// How many of the fallback's names are remembered.
    private static let maximumFallbackNames = 1000

    private func storedEntry(_ offering: Offering, at path: String) -> StoredEntry? {
        guard case .stored(let open) = offering.kind else { return nil }
        let name = state.withLock { state in
            if let name = state.fallbackNames[path] { return name }
            let name = conversionName(Self.name(of: path))
            if state.fallbackNames.count < Self.maximumFallbackNames { state.fallbackNames[path] = name }
            return name
        }
        return StoredEntry(name: name, variant: fixed(offering), open: open)
    }

    private func open(
        _ entry: StoredEntry, _ name: String, _ wanted: PresentationVariant, _ wake: @escaping @Sendable () -> Void
    ) -> ServerAnswer {
        do {
            let source = try entry.open()
            let variant = conversions == nil ? .original : wanted.limited(by: entry.variant)
            var probe = source
            let size = (try? probe.nextFrame())
                .flatMap { PictureSize(ofJPEG: $0.image.span)?.scaled(variant.scale) }
            var presentation = StoredPresentation(name: name, source: source, pictureSize: size)
            if let conversions {
                presentation.original = source
                presentation.source = ConvertingSource(
                    source,
                    ConvertingSource.Work(
                        conversions: conversions, name: entry.name, variant: variant, packetSize: configuration.packetSize,
                        framesPerSecond: presentation.framesPerSecond, wake: wake))
            }
            return .found(.stored(presentation), Self.newIdentity())
        } catch {
            configuration.logger.warning("cannot open", metadata: ["presentation": "\(name)", "error": "\(error)"])
            return .refused(.internalServerError)
        }
    }

    static func newIdentity() -> SessionIdentity {
        var generator = SystemRandomNumberGenerator()
        return SessionIdentity(using: &generator)
    }
}
