/// All sessions of a player, one for each tab.
public actor PlayerSessions {
    /// How many there may be.
    public static let maximum = 16

    private let configuration: PlayerSession.Configuration
    private var sessions: [String: PlayerSession] = [:]
    private var isClosing = false

    /// No sessions yet.
    public init(configuration: PlayerSession.Configuration = .init()) { self.configuration = configuration }

    /// Makes a session; `nil` where there are too many already.
    public func make() async -> PlayerSession? {
        guard !isClosing, sessions.count < Self.maximum else { return nil }
        let id = Self.freshID()
        let session = PlayerSession(id: id, configuration: configuration)
        sessions[id] = session
        await session.begin { [weak self] in await self?.remove(id) }
        return session
    }

    /// The session of this identifier.
    public func session(_ id: String) -> PlayerSession? { sessions[id] }

    /// How many sessions there are.
    public var count: Int { sessions.count }

    /// Ends all sessions, and makes no more.
    public func end() async {
        isClosing = true
        await withTaskGroup { group in
            for session in sessions.values { group.addTask { await session.end() } }
        }
    }

    private func remove(_ id: String) { sessions[id] = nil }

    /// 128 random bits.
    private static func freshID() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<16).map { _ in
            let byte = UInt8.random(in: .min ... .max, using: &generator)
            return (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }
}
