#if os(Linux)
    internal import NIOCore
    internal import NIOPosix

    #if canImport(Glibc)
        internal import Glibc
    #elseif canImport(Musl)
        internal import Musl
    #endif

    /// Asks the system once at which of many sockets something waits: most of them have nothing most of the time, and a read that
    /// finds nothing costs as much as this does for all.
    struct SocketQuestion {
        private var sockets: [pollfd] = []

        mutating func removeAll() { sockets.removeAll(keepingCapacity: true) }

        /// One more socket; `nil` keeps its place and is never ready.
        mutating func add(_ socket: NIOBSDSocket.Handle?) {
            // The system passes over what is negative.
            sockets.append(pollfd(fd: socket ?? -1, events: Int16(POLLIN), revents: 0))
        }

        /// Asks, and does not wait.
        /// - Returns: whether any is ready.
        mutating func ask() -> Bool {
            // The system writes into as many as it is told of, and keeps no pointer.
            unsafe sockets.withUnsafeMutableBufferPointer { unsafe poll($0.baseAddress, nfds_t($0.count), 0) } > 0
        }

        /// Whether there is something to read, or an error to be fetched, at the socket that was added as number `index`.
        func isReady(at index: Int) -> Bool { sockets.indices.contains(index) && sockets[index].revents != 0 }
    }
#endif
