#if os(Linux)
    import Foundation
    import NIOCore
    import NIOPosix
    import RTPTransport
    import RTSPKit
    import Synchronization
    import Testing

    @testable import RTSPNIO

    extension RTSPNIOTests {
        /// Sending over real sockets without SwiftNIO.
        @Suite struct SendingRoomTests {
            /// `count` packets of 100 bytes, each telling its place.
            private static func batch(_ count: Int) -> RTPPacketBatch {
                RTPPacketBatch(bytes: (0..<count * 100).map { UInt8(truncatingIfNeeded: $0 / 100 &+ $0) }, stride: 100)
            }

            private static func runs(_ batch: RTPPacketBatch, maxSegments: Int) -> [RTPPacketBatch.Run] {
                var runs: [RTPPacketBatch.Run] = []
                var rest = 0..<batch.count
                while let run = batch.run(ofPacketsAt: rest, maxSegments: maxSegments) {
                    runs.append(run)
                    rest = run.packets.upperBound..<rest.upperBound
                }
                return runs
            }

            private static func reader(_ number: Int, port: Int) throws -> DatagramReader {
                DatagramReader(
                    StreamKey(connection: UInt64(number), stream: StreamID(rawValue: 1)),
                    at: try SocketAddress(ipAddress: "127.0.0.1", port: port))
            }

            /// Opens sockets to send by, and lets `body` use them on their event loop.
            private static func sending<Result: Sendable>(
                _ body: @escaping @Sendable (DatagramPorts) throws -> Result
            ) async throws -> Result {
                let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
                let ports = try await DatagramPorts.bind(
                    .init(host: "127.0.0.1", receiveBuffer: 65_536), range: nil, on: eventLoop)
                return try await eventLoop.submit {
                    defer { ports.value.close() }
                    return try body(ports.value)
                }.get()
            }

            private static func received(_ count: Int, by peer: DatagramPeer) async -> [UInt8] {
                var bytes: [UInt8] = []
                for _ in 0..<count { bytes += await peer.packet() ?? [] }
                return bytes
            }

            @Test(arguments: [1, 64])
            func `each reader gets all packets in order, however many calls that takes`(_ maxSegments: Int) async throws {
                guard maxSegments == 1 || System.supportsUDPSegmentationOffload else { return }
                let peers = [try await DatagramPeer(), try await DatagramPeer()]
                let ports = peers.map { $0.rtp.localAddress?.port ?? 0 }
                let batch = Self.batch(150)
                let runs = Self.runs(batch, maxSegments: maxSegments)
                #expect(maxSegments > 1 || runs.count * peers.count > 2 * SendingRoom.capacity)
                let taken = try await Self.sending { sockets in
                    let room = try #require(SendingRoom())
                    let readers = try ports.map { try Self.reader($0, port: $0) }
                    return room.send(runs, of: batch, to: readers[...], by: try #require(sockets.handle))
                }
                #expect(taken == runs.count * peers.count)
                for peer in peers { #expect(await Self.received(batch.count, by: peer) == batch.bytes) }
            }

            @Test func `it stops before a message that the system refuses`() async throws {
                let peer = try await DatagramPeer()
                let port = peer.rtp.localAddress?.port ?? 0
                let batch = Self.batch(3)
                let runs = Self.runs(batch, maxSegments: 1)
                let taken = try await Self.sending { sockets in
                    let room = try #require(SendingRoom())
                    // Nothing can be sent to port 0.
                    let readers = [try Self.reader(1, port: port), try Self.reader(2, port: 0), try Self.reader(3, port: port)]
                    let socket = try #require(sockets.handle)
                    return [
                        room.send(runs, of: batch, to: readers[...], by: socket),
                        room.send(runs, of: batch, to: readers[1...], by: socket),
                        room.send(runs, of: batch, to: readers[...], by: -1),
                        room.send(runs, of: batch, to: [], by: socket),
                        room.send([], of: batch, to: readers[...], by: socket),
                    ]
                }
                #expect(taken == [3, 0, 0, 0, 0])
                #expect(await Self.received(3, by: peer) == batch.bytes)
            }

            @Test func `runs of other bytes are not sent`() async throws {
                let runs = Self.runs(Self.batch(3), maxSegments: 1)
                let taken = try await Self.sending { sockets in
                    let room = try #require(SendingRoom())
                    let reader = try Self.reader(1, port: 9)
                    return room.send(runs, of: Self.batch(2), to: [reader], by: try #require(sockets.handle))
                }
                #expect(taken == 2)
            }

            /// Sends as the system does, but for a socket that is full after five messages.
            private static let fullAfterFive: SendingRoom.Call = { socket, messages, count, flags in
                let left = roomLeft.load(ordering: .relaxed)
                guard left > 0, let symbol = unsafe dlsym(nil, "sendmmsg") else { return -1 }
                let taken = unsafe unsafeBitCast(symbol, to: SendingRoom.Call.self)(socket, messages, min(count, left), flags)
                roomLeft.subtract(CUnsignedInt(max(taken, 0)), ordering: .relaxed)
                return taken
            }
            private static let roomLeft = Atomic<CUnsignedInt>(5)

            @Test func `what a full socket does not take SwiftNIO sends, everything once and in order`() async throws {
                let peers = [try await DatagramPeer(), try await DatagramPeer(), try await DatagramPeer()]
                let ports = peers.map { $0.rtp.localAddress?.port ?? 0 }
                let batch = Self.batch(3)
                let troubles = try await Self.sending { sockets in
                    let sender = PacedSender(channel: sockets.rtp, pacing: .burst, offload: false) { _ in }
                    sender.room = unsafe SendingRoom(call: Self.fullAfterFive)
                    let readers = try ports.map { try Self.reader($0, port: $0) }
                    let prepared = PreparedBatch(batch)
                    for reader in readers { sender.send(prepared, to: reader) }
                    sender.flush()
                    #expect(sender.isIdle)
                    #expect(sender.canSend(to: readers[0]))
                    return readers.map(\.trouble)
                }
                #expect(troubles == [nil, nil, nil])
                #expect(Self.roomLeft.load(ordering: .relaxed) == 0)
                for peer in peers {
                    #expect(await Self.received(3, by: peer) == batch.bytes)
                    try await peer.rtp.close()
                    #expect(await peer.packet() == nil)
                }
            }

            @Test(arguments: [true, false])
            func `where a path is refused, its reader alone is blamed`(_ offload: Bool) async throws {
                let peer = try await DatagramPeer()
                let port = peer.rtp.localAddress?.port ?? 0
                let batch = Self.batch(3)
                let troubles = try await Self.sending { sockets in
                    let sender = PacedSender(channel: sockets.rtp, pacing: .burst, offload: offload) { _ in }
                    let readers = [try Self.reader(1, port: port), try Self.reader(2, port: 0)]
                    let prepared = PreparedBatch(batch)
                    for reader in readers { sender.send(prepared, to: reader) }
                    sender.flush()
                    #expect(sender.isIdle)
                    return readers.map { $0.trouble.map { if case .shunned = $0 { true } else { false } } }
                }
                // A segmented send is blamed first.
                #expect(troubles == [nil, !offload])
                #expect(await Self.received(3, by: peer) == batch.bytes)
            }
        }
    }

    extension DatagramPorts {
        /// The RTP socket, on its event loop.
        fileprivate var handle: NIOBSDSocket.Handle? {
            try? rtp.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { $0 }
        }
    }
#endif
