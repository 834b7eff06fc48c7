internal import NIOCore
internal import RTSPKit

/// Those who wait for something to happen to a client's session, and what has happened for those who come later.
struct ClientWaiters {
    typealias Description = (description: SessionDescription, raw: [UInt8])
    typealias Readiness = (description: SessionDescription?, transport: String, session: String?)

    private var describing: [EventLoopPromise<Description>] = []
    private var settingUp: [EventLoopPromise<Readiness>] = []
    /// Those who wait for the end.
    var closing: [EventLoopPromise<Void>] = []
    /// Those who wait for the answer to PLAY.
    var playing: [EventLoopPromise<Void>] = []
    /// Those who wait for the answer to PAUSE.
    var paused: [EventLoopPromise<Void>] = []
    private var description: Description?
    private var agreed: (transport: String, session: String?)?
    private var reason: RTSPError?
    /// Whether it is over.
    private(set) var isClosed = false

    /// Whether it is over because something went wrong.
    var hasFailed: Bool { reason != nil }

    /// What those are told who want something of a session that is over.
    var failure: RTSPError { reason ?? RTSPError(code: .closed, message: "the presentation has been closed") }

    mutating func waitUntilDescribed(_ promise: EventLoopPromise<Description>) {
        if let description {
            promise.succeed(description)
        } else if isClosed {
            promise.fail(failure)
        } else {
            describing.append(promise)
        }
    }

    mutating func waitUntilReady(_ promise: EventLoopPromise<Readiness>) {
        if isClosed {
            promise.fail(failure)
        } else if let agreed {
            promise.succeed((description?.description, agreed.transport, agreed.session))
        } else {
            settingUp.append(promise)
        }
    }

    mutating func described(_ description: Description) {
        self.description = description
        for promise in describing { promise.succeed(description) }
        describing = []
    }

    mutating func ready(_ transport: String, _ session: String?) {
        agreed = (transport, session)
        for promise in settingUp { promise.succeed((description?.description, transport, session)) }
        settingUp = []
    }

    mutating func succeed(_ list: WritableKeyPath<ClientWaiters, [EventLoopPromise<Void>]>) {
        for promise in self[keyPath: list] { promise.succeed() }
        self[keyPath: list] = []
    }

    mutating func fail(_ list: WritableKeyPath<ClientWaiters, [EventLoopPromise<Void>]>, _ error: RTSPError) {
        for promise in self[keyPath: list] { promise.fail(error) }
        self[keyPath: list] = []
    }

    /// It is over: everyone is told.
    /// - Returns: those who waited for it, to be told at last.
    mutating func close(_ failure: RTSPError?) -> [EventLoopPromise<Void>] {
        isClosed = true
        reason = failure
        for promise in describing { promise.fail(self.failure) }
        for promise in settingUp { promise.fail(self.failure) }
        describing = []
        settingUp = []
        fail(\.playing, self.failure)
        fail(\.paused, self.failure)
        defer { closing = [] }
        return closing
    }
}
