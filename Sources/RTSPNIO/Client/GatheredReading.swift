internal import NIOCore
internal import NIOPosix

#if os(Linux)
    /// Reads the RTP sockets of many streams together, every few milliseconds, instead of each as often as something comes: what a
    /// burst of packets brings is read at once, and a processor that has slept wakes less often. Confined to its event loop.
    final class GatheredReading {
        /// How many reads of one socket in a row there may be, so that none keeps the others waiting.
        private static let readsPerRound = 64

        private let eventLoop: any EventLoop
        private let interval: TimeAmount
        private var members: [DatagramPorts] = []
        private var question = SocketQuestion()
        private var room = ReceiveRoom()
        private var isTicking = false

        init(interval: TimeAmount, on eventLoop: any EventLoop) {
            self.interval = interval
            self.eventLoop = eventLoop
        }

        func add(_ ports: DatagramPorts) {
            members.append(ports)
            schedule()
        }

        private func schedule() {
            guard !isTicking, !members.isEmpty else { return }
            let tick = Tick(reading: NIOLoopBound(self, eventLoop: eventLoop))
            isTicking = (try? eventLoop.scheduleCallback(in: interval, handler: tick)) != nil
        }

        fileprivate func tick() {
            isTicking = false
            members.removeAll { $0.isClosed }
            // Hardly ever does more than one burst wait.
            if readRound(toEndOfBurst: true) { _ = readRound(toEndOfBurst: false) }
            schedule()
        }

        /// - Returns: whether some may have more.
        private func readRound(toEndOfBurst: Bool) -> Bool {
            question.removeAll()
            for ports in members { question.add(ports.rtpSocket) }
            guard question.ask() else { return false }
            var mayHaveMore = false
            for (index, ports) in members.enumerated() where question.isReady(at: index) {
                if read(ports, toEndOfBurst: toEndOfBurst) { mayHaveMore = true }
            }
            return mayHaveMore
        }

        /// Reads to the end of a burst, or until nothing is left, which costs one read more.
        private func read(_ ports: DatagramPorts, toEndOfBurst: Bool) -> Bool {
            // A socket that has been closed may be somebody else's by now.
            guard ports.rtp.isActive else { return false }
            for _ in 0..<Self.readsPerRound {
                guard let socket = ports.rtpSocket, room.read(from: socket) else { return false }
                ports.onGathered?(room)
                if toEndOfBurst, room.endsBurst { break }
            }
            return true
        }
    }

    private struct Tick: NIOScheduledCallbackHandler, Sendable {
        let reading: NIOLoopBound<GatheredReading>

        func handleScheduledCallback(eventLoop: some EventLoop) { reading.value.tick() }
    }
#endif
