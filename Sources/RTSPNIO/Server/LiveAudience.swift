/// The connections of one loop that read one live presentation, in the order in which they came. Confined to its event loop.
struct LiveAudience {
    /// Each connection once, however many of its sessions read.
    private(set) var members: [ServerMember] = []
    private var counts: [UInt64: Int] = [:]

    /// How many sessions read.
    var sessionCount: Int { counts.values.reduce(0, +) }

    var isEmpty: Bool { members.isEmpty }

    /// How many sessions of a connection read.
    func sessionCount(of member: ServerMember) -> Int { counts[member.id] ?? 0 }

    /// One more session of `member` reads.
    mutating func join(_ member: ServerMember) {
        if counts[member.id] == nil { members.append(member) }
        counts[member.id, default: 0] += 1
    }

    /// A session of `member` reads no longer.
    /// - Returns: whether one did.
    mutating func leave(_ member: ServerMember) -> Bool {
        guard let count = counts[member.id] else { return false }
        counts[member.id] = count > 1 ? count - 1 : nil
        if count == 1 { members.removeAll { $0 === member } }
        return true
    }
}
