/// Whether anybody still looks at a session.
struct Attendance: Hashable, Sendable {
    /// How long a session waits for its first tab.
    static let patience = Duration.seconds(10)
    /// How long it waits for a tab that has gone to come back.
    static let grace = Duration.seconds(1)

    private var tabs = 0
    private var deadline: ContinuousClock.Instant?

    init(at now: ContinuousClock.Instant) { deadline = now + Self.patience }

    /// A tab has come.
    mutating func come() {
        tabs += 1
        deadline = nil
    }

    /// A tab has gone.
    mutating func leave(at now: ContinuousClock.Instant) {
        tabs = max(0, tabs - 1)
        if tabs == 0 { deadline = now + Self.grace }
    }

    /// Whether nobody will come any more.
    func isOver(at now: ContinuousClock.Instant) -> Bool { deadline.map { $0 <= now } ?? false }
}
