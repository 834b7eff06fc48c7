/// The state tables of RFC 2326 appendix A as data. Both session machines ask them before anything else.
///
/// The tables of the client (A.1) and of the server (A.2) have the same rows; they differ in *when* a row takes effect: the
/// server moves when it answers with success, the client when that answer reaches it. `Documentation/StateMachines.md` is
/// printed from here.
public enum SessionTransitions {
    /// What one method does in one phase.
    public struct Row: Sendable, Hashable {
        /// The method of the request.
        public let method: RTSPMethod
        /// The phase in which it is made.
        public let from: SessionPhase
        /// The phase after its success; `nil` where it is refused with 455.
        public let to: SessionPhase?
        /// What the RFC's table says in place of `to`.
        public let standard: SessionPhase?
        /// Where this row departs from RFC 2326, or needs a word: why.
        public let note: String?

        init(
            _ method: RTSPMethod, _ from: SessionPhase, _ to: SessionPhase?, standard: SessionPhase?? = .none, note: String? = nil
        ) {
            self.method = method
            self.from = from
            self.to = to
            self.standard = standard ?? to
            self.note = note
        }

        /// True where the row says something else than the RFC's table.
        public var isDeviation: Bool { to != standard }
    }

    /// Something other than a method that moves a session.
    public struct Occurrence: Sendable, Hashable {
        /// Which of the two machines it moves.
        public enum Role: String, Sendable, Hashable, CaseIterable {
            /// RFC 2326 A.1.
            case client
            /// RFC 2326 A.2.
            case server
        }

        /// The machine.
        public let role: Role
        /// What happens, in a few words.
        public let what: String
        /// The phases in which it matters.
        public let from: [SessionPhase]
        /// The phase after it; `nil` where the session ends.
        public let to: SessionPhase?
    }

    /// Every method that has an effect, in every phase.
    public static let rows: [Row] = [
        Row(.setup, .initial, .ready),
        Row(.setup, .ready, .ready, note: "Adds a stream, or replaces the transport of one that was set up before."),
        Row(.setup, .playing, nil, standard: .playing, note: noChangeInFlight),
        Row(.setup, .recording, nil, standard: .recording, note: noChangeInFlight),
        Row(.play, .initial, nil),
        Row(.play, .ready, .playing),
        Row(.play, .playing, .playing, note: "A new range takes effect at once, as in RFC 7826, and is not queued."),
        Row(.play, .recording, nil),
        Row(.pause, .initial, nil),
        Row(.pause, .ready, .ready, standard: .some(nil), note: "As in RFC 7826: who pauses twice has what was asked for."),
        Row(.pause, .playing, .ready, note: "Takes effect at once; a pause point in its Range is not waited for."),
        Row(.pause, .recording, .ready),
        Row(
            .teardown, .initial, .initial, note: "Where no session is named, the connection answers 454 before a session sees it."
        ),
        Row(.teardown, .ready, .initial, note: endsSession),
        Row(.teardown, .playing, .initial, note: endsSession),
        Row(.teardown, .recording, .initial, note: endsSession),
        Row(.record, .initial, nil),
        Row(.record, .ready, .recording, note: notOffered),
        Row(.record, .playing, nil),
        Row(.record, .recording, .recording, note: notOffered),
    ]

    /// The methods that change nothing and are allowed in every phase.
    public static let methodsWithoutEffect: [RTSPMethod] = [
        .options, .describe, .announce, .getParameter, .setParameter, .redirect,
    ]

    /// What moves a session besides methods.
    public static let occurrences: [Occurrence] = [
        Occurrence(role: .client, what: "media ends", from: [.playing], to: .ready),
        Occurrence(role: .client, what: "454 to a keep-alive", from: [.ready, .playing, .recording], to: nil),
        Occurrence(role: .client, what: "server's TEARDOWN", from: SessionPhase.allCases, to: nil),
        Occurrence(role: .client, what: "request not answered in time", from: SessionPhase.allCases, to: nil),
        Occurrence(role: .client, what: "server breaks the protocol", from: SessionPhase.allCases, to: nil),
        Occurrence(role: .client, what: "connection closed", from: SessionPhase.allCases, to: nil),
        Occurrence(role: .server, what: "end of the range", from: [.playing], to: .ready),
        Occurrence(role: .server, what: "no sign of life", from: SessionPhase.allCases, to: nil),
        Occurrence(role: .server, what: "too many requests waiting", from: SessionPhase.allCases, to: nil),
        Occurrence(role: .server, what: "connection closed, nothing set up", from: [.initial], to: nil),
        Occurrence(role: .server, what: "connection closed, interleaved", from: [.ready, .playing, .recording], to: nil),
    ]

    /// The phase after `method` has succeeded in `phase`; `nil` where the method is not valid there, or is not in the tables.
    public static func next(_ method: RTSPMethod, from phase: SessionPhase) -> SessionPhase? {
        if methodsWithoutEffect.contains(method) { return phase }
        return rows.first { $0.method == method && $0.from == phase }?.to
    }

    /// The methods that are valid in `phase`, in the order of RFC 2326 section 10.
    public static func methods(in phase: SessionPhase) -> [RTSPMethod] {
        RTSPMethod.allDefined.filter { next($0, from: phase) != nil }
    }

    private static let noChangeInFlight =
        "A transport is not changed while it carries media; PAUSE comes first. RFC 7826 lets a server refuse this with 455 too."
    private static let endsSession =
        "Naming the whole presentation, or its last stream. The machines end: no session id is used twice."
    private static let notOffered = "Known to the table; neither machine records yet, and a server answers 501."
}
