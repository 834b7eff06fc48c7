#if os(Linux)
    internal import NIOCore

    #if canImport(Glibc)
        internal import Glibc
    #elseif canImport(Musl)
        internal import Musl
    #endif

    /// Room for what one read of a datagram socket brings: a datagram, or several of one sender that the system has joined.
    ///
    /// The one place that reads a socket by itself: where there are many, SwiftNIO's reads cost more than the packets do, and a room
    /// that all share stays in the processor's cache. What is unsafe is the system's interface; each pointer is good for the call
    /// alone, and what the system says of lengths is held against the room there was.
    struct ReceiveRoom {
        /// The bytes read, up to ``count``; no datagram is longer.
        private(set) var bytes = [UInt8](repeating: 0, count: 65_536)
        private(set) var count = 0
        /// The length of the datagrams that were joined, but for the last.
        private(set) var segmentSize = 0

        /// Whether what was read ends as a burst does: with a joined datagram shorter than those before it. Then hardly anything
        /// waits behind it.
        var endsBurst: Bool { segmentSize > 0 && segmentSize < count && count % segmentSize != 0 }
        /// A `sockaddr_in` or `sockaddr_in6`.
        private var address = [UInt8](repeating: 0, count: 28)
        private var notes = [UInt8](repeating: 0, count: 64)

        /// Reads what comes next, without waiting for it.
        /// - Returns: whether there was anything.
        mutating func read(from socket: NIOBSDSocket.Handle) -> Bool {
            let (room, notesRoom, addressRoom) = (bytes.count, notes.count, address.count)
            var (notesCount, isCut) = (0, false)
            let result = unsafe bytes.withUnsafeMutableBytes { bytes in
                unsafe notes.withUnsafeMutableBytes { notes in
                    unsafe address.withUnsafeMutableBytes { address in
                        var piece = unsafe iovec(iov_base: bytes.baseAddress, iov_len: room)
                        return unsafe withUnsafeMutablePointer(to: &piece) { piece in
                            var message = unsafe msghdr()
                            unsafe message.msg_name = address.baseAddress
                            unsafe message.msg_namelen = socklen_t(addressRoom)
                            unsafe message.msg_iov = piece
                            unsafe message.msg_iovlen = 1
                            unsafe message.msg_control = notes.baseAddress
                            unsafe message.msg_controllen = .init(notesRoom)
                            let result = unsafe recvmsg(socket, &message, CInt(MSG_DONTWAIT))
                            notesCount = unsafe Int(message.msg_controllen)
                            isCut = unsafe message.msg_flags & CInt(MSG_CTRUNC) != 0
                            return result
                        }
                    }
                }
            }
            guard result >= 0 else { return false }
            count = min(result, room)
            segmentSize = isCut ? count : joinedLength(in: min(notesCount, notesRoom)) ?? count
            return true
        }

        /// Where a datagram came from: what tells two addresses apart, and no more.
        struct Source: Hashable {
            /// Four bytes or sixteen, the first one highest.
            fileprivate var host: UInt128
            fileprivate var port: UInt16
            fileprivate var isVersion6: Bool

            /// The same in SwiftNIO's form.
            var address: SocketAddress? {
                let bytes = stride(from: isVersion6 ? 120 : 24, through: 0, by: -8).map {
                    UInt8(truncatingIfNeeded: host >> UInt128($0))
                }
                return try? SocketAddress(packedIPAddress: ByteBuffer(bytes: bytes), port: Int(port))
            }
        }

        /// Who sent it; `nil` where that is no address of the internet's.
        var source: Source? {
            let family = unsafe address.withUnsafeBytes { unsafe $0.loadUnaligned(as: sa_family_t.self) }
            let isVersion6 = CInt(family) == AF_INET6
            guard isVersion6 || CInt(family) == AF_INET else { return nil }
            var host: UInt128 = 0
            for index in isVersion6 ? 8..<24 : 4..<8 { host = host << 8 | UInt128(truncatingIfNeeded: address[index]) }
            return Source(host: host, port: UInt16(address[2]) << 8 | UInt16(address[3]), isVersion6: isVersion6)
        }

        /// The system's note of the length: a `cmsghdr` of `UDP_GRO`, and an `int` behind it.
        private func joinedLength(in count: Int) -> Int? {
            let header = MemoryLayout<cmsghdr>.size
            guard count >= header + MemoryLayout<CInt>.size, count <= notes.count else { return nil }
            return unsafe notes.withUnsafeBytes { notes in
                let head = unsafe notes.loadUnaligned(as: cmsghdr.self)
                guard head.cmsg_level == CInt(IPPROTO_UDP), head.cmsg_type == Self.receiveOffload else { return nil }
                return unsafe Int(notes.loadUnaligned(fromByteOffset: header, as: CInt.self))
            }
        }

        /// `UDP_GRO`, which the C library's headers do not always have.
        private static let receiveOffload: CInt = 104
    }
#endif
