internal import NIOCore
internal import NIOPosix

#if os(Linux)
    /// Reads the RTP sockets of many streams together, every few milliseconds, instead of each as often as something comes: what a
    /// burst of packets brings is read at once, and a processor that has slept wakes less often. Confined to its event loop.
    final class GatheredReading {
        /// How many reads of one socket in a row there may be, so that none keeps the others waiting.
        private static let readsPerTurn = 64

        private let eventLoop: any EventLoop
        private let interval: TimeAmount
        private var members: [ObjectIdentifier: DatagramPorts] = [:]
        private var room = ReceiveRoom()
        private var isTicking = false

        init(interval: TimeAmount, on eventLoop: any EventLoop) {
            self.interval = interval
            self.eventLoop = eventLoop
        }

        func add(_ ports: DatagramPorts) {
            members[ObjectIdentifier(ports)] = ports
            schedule()
        }

        private func schedule() {
            guard !isTicking, !members.isEmpty else { return }
            isTicking = true
            let bound = NIOLoopBound(self, eventLoop: eventLoop)
            eventLoop.scheduleTask(in: interval) { bound.value.tick() }
        }

        private func tick() {
            isTicking = false
            for (id, ports) in members {
                if ports.isClosed { members[id] = nil } else { read(ports) }
            }
            schedule()
        }

        private func read(_ ports: DatagramPorts) {
            // A socket that has been closed may be somebody else's by now.
            guard ports.rtp.isActive, let socket = ports.rtpSocket else { return }
            for _ in 0..<Self.readsPerTurn {
                guard room.read(from: socket) else { return }
                ports.onGathered?(room)
            }
        }
    }
#endif
