internal import MJPEGSource
internal import NIOCore
internal import NIOPosix
internal import RTPTransport
internal import RTSPKit
internal import Synchronization

/// A live presentation that can be found, or a variant of one.
struct LiveEntry: Sendable {
    var description: LiveDescription
    let hub: LiveHubReference
    let name: ConversionName
    /// What is made smaller of the frames.
    let variant: PresentationVariant
    /// What it is a variant of.
    var base: LivePresentationID?
    /// The variants that there are of it.
    var variants: [PresentationVariant: LivePresentationID] = [:]
    /// How many connections have sessions that were set up with this variant.
    var holders = 0
}

/// Live presentations and their variants.
extension ServerShared {
    /// The hub of a live presentation; `nil` once nobody can read it any more.
    func hub(_ id: LivePresentationID) -> LiveHubReference? { state.withLock { $0.lives[id]?.hub } }

    /// - Returns: whether the path was free.
    func offerLive(
        _ mailbox: FrameMailbox, _ framesPerSecond: Double?, _ onReaders: (@Sendable (Int) -> Void)?,
        variant: PresentationVariant, at path: String, on eventLoop: any EventLoop
    ) -> Bool {
        let name = Self.name(of: path)
        let entry = makeLive(mailbox, name, conversionName(name), framesPerSecond, variant, on: eventLoop, onReaders)
        let isFree = state.withLock { state in
            guard state.claim(path, for: .live(entry.description.id)) else { return false }
            state.lives[entry.description.id] = entry
            return true
        }
        guard isFree else { return false }
        mailbox.onArrival { [weak hub = entry.hub] in hub?.wake() }
        // What was posted before is not announced again.
        entry.hub.wake()
        return true
    }

    /// - Returns: whether the path was free.
    func offerBroadcast(
        _ source: any SeekableFrameSource & Sendable, variant: PresentationVariant, at path: String
    ) -> Bool {
        let mailbox = FrameMailbox()
        let (frameCount, duration) = (source.frameCount, source.duration / .seconds(1))
        // The loop of the hub, which a frame then reaches without waking another.
        let eventLoop = threads.group.next()
        let broadcast = NIOLoopBoundBox.makeBoxSendingValue(
            Broadcast(source, to: mailbox, on: eventLoop, logger: configuration.logger), eventLoop: eventLoop)
        return offerLive(
            mailbox, duration > 0 ? Double(frameCount) / duration : nil, { broadcast.value.setReaders($0) },
            variant: variant, at: path, on: eventLoop)
    }

    func withdrawLive(_ id: LivePresentationID) {
        hub(id)?.execute { [weak self] in
            $0.withdraw { self?.state.withLock { $0.lives[id] = nil } }
        }
    }

    func findLive(
        _ id: LivePresentationID, _ wanted: PresentationVariant, for purpose: ServerQuestion.Purpose, member: ServerMember,
        on loop: ServerLoop
    ) {
        guard let entry = state.withLock({ $0.lives[id] }) else { return refuse(.notFound, member, on: loop) }
        let variant = conversions == nil ? entry.variant : wanted.limited(by: entry.variant)
        var description = entry.description
        if variant != entry.variant {
            if purpose == .session {
                guard let made = holdVariant(variant, of: id, for: member) else {
                    return refuse(.notEnoughBandwidth, member, on: loop)
                }
                description = made
            }
            // The pictures of a variant may not have come yet; how large they will be is known.
            description.pictureSize = originalSize(of: entry)?.scaled(variant.scale)
        }
        loop.answer(.found(.live(description), loop.newIdentity()), to: member.id)
    }

    /// The size of the frames as they come.
    private func originalSize(of entry: LiveEntry) -> PictureSize? {
        entry.variant.scale == .full ? entry.description.pictureSize : nil
    }

    func join(_ id: LivePresentationID, member: ServerMember, on loop: ServerLoop) {
        let connection = member.id
        guard let hub = hub(id) else {
            loop.answer(.refused(.notFound), to: connection)
            return
        }
        let reference = ServerLoopReference(loop)
        hub.perform { $0.join(reference, connection: connection) }
    }

    // MARK: Variants

    /// The variant of a live presentation, made where nobody has asked for it before; `nil` where there are too many.
    private func holdVariant(
        _ variant: PresentationVariant, of base: LivePresentationID, for member: ServerMember
    ) -> LiveDescription? {
        guard let entry = state.withLock({ $0.lives[base] }) else { return nil }
        let isKnown = entry.variants[variant] != nil
        guard isKnown || entry.variants.count < configuration.adaptation.maximumLiveVariants else { return nil }
        let mailbox = FrameMailbox()
        let made = isKnown ? nil : makeVariant(variant, of: entry, mailbox)
        let isHeld = member.variants
        let found = state.withLock { state -> (LiveEntry, isNew: Bool)? in
            if let id = state.lives[base]?.variants[variant], let entry = state.lives[id] {
                if !isHeld.contains(id) { state.lives[id]?.holders += 1 }
                return (entry, false)
            }
            guard let made, let count = state.lives[base]?.variants.count,
                count < configuration.adaptation.maximumLiveVariants
            else { return nil }
            state.lives[base]?.variants[variant] = made.description.id
            state.lives[made.description.id] = made
            state.lives[made.description.id]?.holders = 1
            return (made, true)
        }
        guard let (held, isNew) = found else { return nil }
        let id = held.description.id
        member.variants.insert(id)
        guard isNew else { return held.description }
        mailbox.onArrival { [weak hub = held.hub] in hub?.wake() }
        entry.hub.execute { $0.add(id, mailbox) }
        return held.description
    }

    private func makeVariant(_ variant: PresentationVariant, of base: LiveEntry, _ mailbox: FrameMailbox) -> LiveEntry {
        let id = newLiveID()
        var entry = makeLive(
            mailbox, base.description.name, base.name, base.description.framesPerSecond, variant, id: id,
            on: threads.group.next()
        ) { [weak hub = base.hub] count in hub?.execute { $0.setReaders(count, of: id) } }
        entry.base = base.description.id
        return entry
    }

    /// A connection has no session with this variant any more; without any such connection the variant is gone.
    func releaseVariant(_ id: LivePresentationID) {
        let base = state.withLock { state -> LiveHubReference? in
            guard let entry = state.lives[id], let base = entry.base else { return nil }
            state.lives[id]?.holders -= 1
            guard entry.holders <= 1 else { return nil }
            state.lives[id] = nil
            state.lives[base]?.variants[entry.variant] = nil
            return state.lives[base]?.hub
        }
        base?.execute { $0.remove(id) }
    }

    // MARK: Making

    private func newLiveID() -> LivePresentationID {
        state.withLock { state in
            defer { state.nextLiveID += 1 }
            return LivePresentationID(rawValue: state.nextLiveID)
        }
    }

    private func makeLive(
        _ mailbox: FrameMailbox, _ name: String, _ conversionName: ConversionName, _ framesPerSecond: Double?,
        _ variant: PresentationVariant, id: LivePresentationID? = nil, on eventLoop: any EventLoop,
        _ onReaders: (@Sendable (Int) -> Void)?
    ) -> LiveEntry {
        let id = id ?? newLiveID()
        var generator = SystemRandomNumberGenerator()
        let presentation = LivePresentation(
            id: id, name: name, framesPerSecond: framesPerSecond, packetSize: configuration.packetSize,
            canonicalName: configuration.canonicalName, wallClock: wallClock, jpeg: configuration.jpeg, using: &generator)
        let work = conversions.map {
            LiveWork(conversions: $0, name: conversionName, variant: variant, packetSize: configuration.packetSize)
        }
        let onEvent = configuration.onEvent
        let voice = LiveHub.Voice(
            readers: onReaders, refusal: { onEvent?("", .pictureRefused(presentation: name, $0)) },
            size: { [weak self] size in self?.state.withLock { $0.lives[id]?.description.pictureSize = size } })
        let description = presentation.description
        let hub = LiveHub(mailbox: mailbox, presentation: presentation, work: work, voice: voice)
        return LiveEntry(
            description: description, hub: LiveHubReference(hub, on: eventLoop, threads: threads), name: conversionName,
            variant: variant)
    }
}
