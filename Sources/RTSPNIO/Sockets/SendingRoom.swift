#if os(Linux)
    internal import NIOCore
    internal import RTPTransport

    #if canImport(Glibc)
        internal import Glibc
    #elseif canImport(Musl)
        internal import Musl
    #endif

    /// Room for the headers of what one call gives to a datagram socket: many messages, each to one of many readers.
    ///
    /// The one place that writes to a socket by itself, so that a packet for each of many readers is not an envelope of SwiftNIO's for
    /// each. What is unsafe is the system's interface; the headers point into this room, to where they were made to point at first, and
    /// at a batch's bytes for as long as the call takes. Confined to one event loop.
    @safe final class SendingRoom {
        /// The system's `mmsghdr`, which Swift is not shown.
        @unsafe private struct Header {
            var message = unsafe msghdr()
            var sentCount: CUnsignedInt = 0
        }

        /// Where the system is to cut a message: a `cmsghdr` of `UDP_SEGMENT`.
        private struct SegmentNote {
            var head = cmsghdr()
            var length: UInt16 = 0
        }

        /// `sendmmsg`.
        typealias Call = @convention(c) (CInt, UnsafeMutableRawPointer, CUnsignedInt, CInt) -> CInt

        /// How many messages one call takes.
        static let capacity = 128
        /// Room for a `sockaddr_in6`, the longest of the internet's.
        private static let addressLength = 32
        /// `UDP_SEGMENT`, which the C library's headers do not always have.
        private static let segmentOption: CInt = 103

        private let call: Call
        private let headers = UnsafeMutablePointer<Header>.allocate(capacity: capacity)
        private let pieces = UnsafeMutablePointer<iovec>.allocate(capacity: capacity)
        private let notes = UnsafeMutablePointer<SegmentNote>.allocate(capacity: capacity)
        private let addresses = UnsafeMutableRawPointer.allocate(byteCount: capacity * addressLength, alignment: 8)

        /// Nothing where the C library has no such call.
        convenience init?() {
            // Swift is not shown the call either, so it is asked for by its name.
            guard let symbol = unsafe dlsym(nil, "sendmmsg") else { return nil }
            unsafe self.init(call: unsafeBitCast(symbol, to: Call.self))
        }

        init(call: Call) {
            unsafe self.call = call
            unsafe pieces.initialize(repeating: iovec(), count: Self.capacity)
            var note = SegmentNote()
            note.head.cmsg_level = CInt(IPPROTO_UDP)
            note.head.cmsg_type = Self.segmentOption
            note.head.cmsg_len = .init(MemoryLayout<cmsghdr>.size + MemoryLayout<UInt16>.size)
            unsafe notes.initialize(repeating: note, count: Self.capacity)
            for slot in 0..<Self.capacity {
                var header = unsafe Header()
                unsafe header.message.msg_name = addresses + slot * Self.addressLength
                unsafe header.message.msg_iov = pieces + slot
                unsafe header.message.msg_iovlen = 1
                unsafe (headers + slot).initialize(to: header)
            }
        }

        deinit {
            unsafe headers.deallocate()
            unsafe pieces.deallocate()
            unsafe notes.deallocate()
            unsafe addresses.deallocate()
        }

        /// Gives the socket all `runs` of a batch for the first reader, then all for the next, and so on, without waiting.
        /// - Returns: how many messages it has taken before it refused one.
        func send(
            _ runs: [RTPPacketBatch.Run], of batch: RTPPacketBatch, to readers: ArraySlice<DatagramReader>,
            by socket: NIOBSDSocket.Handle
        ) -> Int {
            let bytes = batch.bytes
            return unsafe bytes.withUnsafeBytes { bytes in
                var (filled, taken) = (0, 0)
                for reader in readers {
                    let address = reader.address
                    for run in runs {
                        guard unsafe fill(filled, with: run, of: bytes, to: address) else {
                            return taken + send(filled, by: socket)
                        }
                        filled += 1
                        guard filled == Self.capacity else { continue }
                        taken += send(filled, by: socket)
                        guard taken.isMultiple(of: Self.capacity) else { return taken }
                        filled = 0
                    }
                }
                return taken + send(filled, by: socket)
            }
        }

        /// - Returns: whether there is such a message.
        private func fill(
            _ slot: Int, with run: RTPPacketBatch.Run, of bytes: UnsafeRawBufferPointer, to address: SocketAddress
        ) -> Bool {
            guard slot < Self.capacity, run.bytes.lowerBound >= 0, run.bytes.upperBound <= bytes.count,
                let base = bytes.baseAddress, let segmentLength = UInt16(exactly: run.segmentLength)
            else { return false }
            let addressLength = unsafe address.withSockAddr { source, length in
                guard length <= Self.addressLength else { return 0 }
                unsafe (addresses + slot * Self.addressLength).copyMemory(from: source, byteCount: length)
                return length
            }
            guard addressLength > 0 else { return false }
            unsafe headers[slot].message.msg_namelen = socklen_t(addressLength)
            // The system only reads what it is to send.
            unsafe pieces[slot].iov_base = UnsafeMutableRawPointer(mutating: base + run.bytes.lowerBound)
            unsafe pieces[slot].iov_len = run.bytes.count
            let isCut = run.packets.count > 1
            unsafe notes[slot].length = segmentLength
            unsafe headers[slot].message.msg_control = isCut ? UnsafeMutableRawPointer(notes + slot) : nil
            unsafe headers[slot].message.msg_controllen = .init(isCut ? MemoryLayout<SegmentNote>.stride : 0)
            return true
        }

        /// Gives the socket the first `count` messages of the room.
        private func send(_ count: Int, by socket: NIOBSDSocket.Handle) -> Int {
            var taken = 0
            // It stops before a message that it refuses, and says so when that is the first.
            while taken < count, count <= Self.capacity {
                let result = unsafe call(socket, headers + taken, CUnsignedInt(count - taken), CInt(MSG_DONTWAIT))
                guard result > 0 else { break }
                taken += Int(result)
            }
            return min(taken, count)
        }
    }
#endif
