internal import NIOCore
internal import RTSPKit

/// Calling connections when their deadlines come, by one timer for all of them.
extension ServerLoop {
    /// Sees to it that the connection is called when its deadline comes.
    func schedule(_ member: ServerMember) {
        guard !member.isForgotten else { return }
        member.deadline = member.connection.deadline
        plan(member)
        setTimer()
    }

    /// Puts the connection on the agenda. Most deadlines only move on: a time that is too early is left, and set anew when it comes.
    private func plan(_ member: ServerMember) {
        guard let deadline = member.deadline else { return member.callTime = nil }
        let time = eventLoop.tick(after: ContinuousClock.now.duration(to: deadline))
        if let callTime = member.callTime, callTime <= time { return }
        member.callTime = time
        agenda.add(Agenda.Entry(time: time, id: member.id))
        // Times that were moved forward leave entries behind.
        if agenda.count > 2 * members.count + 64 { agenda.removeAll { members[$0.id]?.callTime == $0.time } }
    }

    private func setTimer() {
        guard !isCalling, let earliest = agenda.earliest else { return }
        if let timerTime, timerTime <= earliest { return }
        timer?.cancel()
        timerTime = earliest
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        timer = eventLoop.scheduleTask(deadline: earliest) { bound.value.callWhoIsDue() }
    }

    private func callWhoIsDue() {
        (timer, timerTime) = (nil, nil)
        isCalling = true
        let (now, instant) = (eventLoop.now, ContinuousClock.now)
        while let entry = agenda.take(until: now) {
            guard let member = members[entry.id], member.callTime == entry.time else { continue }
            member.callTime = nil
            if let deadline = member.deadline, deadline > instant {
                plan(member)
            } else {
                enter(member.id, .advance) { connection, now, outbox in connection.advance(to: now, via: &outbox) }
            }
        }
        isCalling = false
        setTimer()
    }
}
