internal import Foundation
public import MJPEGSource
internal import RTSPKit

/// The session of one tab: at most one RTSP session at a time, what the tab is told of it, its pictures and its recording.
public actor PlayerSession {
    /// How a session is set up.
    public struct Configuration: Sendable {
        /// How long frames are held back; `nil` follows the measured jitter.
        public var buffer: Duration?
        /// How long to wait for a connection, and for an answer.
        public var timeout = Duration.seconds(5)
        /// How often to look after things: half as often as numbers are told.
        public var tick = Duration.milliseconds(250)
        /// The time.
        public var clock = PlayerClock.continuous
        /// Bytes that a recording may have.
        public var maximumRecording = 2 << 30

        /// The defaults suit people.
        public init() {}
    }

    /// Tells sessions apart, and cannot be guessed: 32 hexadecimal digits.
    public nonisolated let id: String
    let configuration: Configuration
    let start: ContinuousClock.Instant
    var machine = PlayerMachine()
    /// The connection to a server, with its attempts to come back; `nil` in Init.
    var ride: Task<Void, Never>?
    var stage = Stage()
    var shown = Shown()
    var dialogue: [PlayerEvent] = []
    var messages = 0
    var recording: Recording?

    private var life: Task<Void, Never>?
    private var attendance: Attendance
    private var isClosing = false
    private var eventFeed: EventFeed?
    private var pictureFeeds: [PictureFeed] = []
    private var published: PlayerEvent?
    private var lastState: PlayerState?
    private var eventCount = 0
    private var folder: SessionFolder?

    /// How many readers of pictures a session has at most.
    private static let maximumPictureFeeds = 4

    init(id: String, configuration: Configuration) {
        self.id = id
        self.configuration = configuration
        start = configuration.clock.now()
        attendance = Attendance(at: start)
    }

    // MARK: Life

    /// Begins; `onEnd` is called when all has been torn down and let go.
    func begin(onEnd: @escaping @Sendable () async -> Void) {
        guard life == nil else { return }
        life = Task {
            await self.live()
            await onEnd()
        }
    }

    /// Ends all: TEARDOWN, the feeds, the recording.
    public func end() async {
        isClosing = true
        life?.cancel()
        await life?.value
    }

    private func live() async {
        var ticks = 0
        while !isClosing, !attendance.isOver(at: configuration.clock.now()) {
            guard (try? await configuration.clock.sleep(configuration.tick)) != nil else { break }
            ticks &+= 1
            if !ticks.isMultiple(of: 2) { continue }
            if ride == nil { eventFeed?.beat() } else { await tellNumbers() }
        }
        isClosing = true
        // First of all: a server that does not answer must not outlive a player that is ended meanwhile, with the file still there.
        recording = nil
        folder = nil
        ride?.cancel()
        await ride?.value
        eventFeed?.finish()
        for feed in pictureFeeds { feed.finish() }
        pictureFeeds = []
    }

    // MARK: Doors

    /// What the tab is told now.
    public var state: PlayerState { machine.state }

    /// Carries out a command, whose outcome is told as events.
    /// - Throws: ``CommandRefusal``; then nothing has changed.
    public func perform(_ command: SessionCommand) throws(CommandRefusal) {
        guard !isClosing else { throw .notPossibleNow("The session is ending.") }
        defer { publish() }
        let effects = try machine.perform(command)
        publish()
        carryOut(effects)
    }

    /// What is told to a tab from now on, the state and the dialogue so far first. It replaces the feed before it.
    public func openEvents() -> EventFeed {
        let feed = EventFeed()
        eventFeed?.finish()
        eventFeed = feed
        attendance.come()
        if isClosing { feed.finish() }
        feed.post(published ?? event(.state, machine.state))
        for message in dialogue { feed.post(message) }
        return feed
    }

    /// The tab that read this has gone; where it was the last one the session ends soon.
    public func closeEvents(_ feed: EventFeed) {
        feed.finish()
        if eventFeed === feed { eventFeed = nil }
        attendance.leave(at: configuration.clock.now())
    }

    /// The pictures from now on, the last one shown first.
    public func openPictures() -> PictureFeed {
        let feed = PictureFeed()
        if pictureFeeds.count >= Self.maximumPictureFeeds { pictureFeeds.removeFirst().finish() }
        pictureFeeds.append(feed)
        if let picture = shown.picture { _ = feed.post(picture) }
        if isClosing { feed.finish() }
        return feed
    }

    /// Nobody reads these any more.
    public func closePictures(_ feed: PictureFeed) {
        feed.finish()
        pictureFeeds.removeAll { $0 === feed }
    }

    /// The picture shown last.
    public func snapshot() -> Picture? { shown.picture }

    /// The recording so far; `nil` where there is none.
    /// - Throws: what the file system says.
    public func recordingReader(_ format: MJPEGFormat) async throws -> RecordingReader? {
        guard let recording else { return nil }
        await recording.flush()
        return try recording.reader(format)
    }

    // MARK: Telling

    /// Tells the state where it has changed.
    func publish() {
        guard lastState != machine.state else { return }
        lastState = machine.state
        let event = event(.state, machine.state)
        published = event
        eventFeed?.post(event)
    }

    func tell(_ kind: PlayerEvent.Kind, _ value: some Encodable) -> PlayerEvent {
        let event = event(kind, value)
        eventFeed?.post(event)
        return event
    }

    /// Gives a picture to everybody who looks.
    func distribute(_ picture: Picture) {
        for feed in pictureFeeds where feed.post(picture) { shown.browserSkipped &+= 1 }
    }

    private func event(_ kind: PlayerEvent.Kind, _ value: some Encodable) -> PlayerEvent {
        eventCount &+= 1
        return PlayerEvent(kind, id: eventCount, value)
    }

    // MARK: Carrying out

    func carryOut(_ effects: [PlayerMachine.Effect]) {
        for effect in effects {
            switch effect {
            case .connect(let setup): connect(setup)
            case .play(let position): play(from: position)
            case .pause: pause()
            case .seek(let position, let staysReady): seek(to: position, staysReady: staysReady)
            case .tearDown: ride?.cancel()
            case .wait: break
            case .hurry: stage.hurry()
            case .record(let isOn): record(isOn)
            case .close:
                isClosing = true
                life?.cancel()
            }
        }
    }

    private func record(_ isOn: Bool) {
        if isOn {
            do {
                let folder = try folder ?? SessionFolder(id: id)
                self.folder = folder
                recording = try Recording(in: folder.url, limits: .init(bytes: configuration.maximumRecording))
                machine.recorded(recording?.state)
            } catch {
                // One that was made before stays.
                var state = recording?.state ?? .init(on: false, frames: 0, bytes: 0, tooLongForLab: 0, stopped: nil)
                state.stopped = "No file for another recording can be made."
                machine.recorded(state)
            }
        } else {
            recording?.stop()
            machine.recorded(recording?.state)
        }
        publish()
    }
}
