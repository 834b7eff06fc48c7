import NIOCore
import NIOPosix
import RTSPKit
import Testing

@testable import RTSPNIO

extension RTSPNIOTests {
    /// Datagrams over real sockets.
    @Suite struct DatagramPortsTests {
        /// What one read brought, and the length that it was told to have been joined of.
        private struct Arrival: Sendable, Equatable {
            var bytes: [UInt8]
            var segmentSize: Int?
        }

        private static func sender(to ports: PortPair) async throws -> any Channel {
            try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(to: SocketAddress(ipAddress: "127.0.0.1", port: Int(ports.rtp))).get()
        }

        @Test func `datagrams that the system joins come with their length, others alone`() async throws {
            guard System.supportsUDPReceiveOffload, System.supportsUDPSegmentationOffload else { return }
            let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
            let settings = DatagramPorts.Settings(host: "127.0.0.1", receiveBuffer: 1 << 20, joinsDatagrams: true)
            let ports = try await DatagramPorts.bind(settings, range: nil, on: eventLoop)
            let (arrivals, continuation) = AsyncStream.makeStream(of: Arrival.self)
            let pair = try await eventLoop.submit {
                ports.value.onSegments = { _, bytes, length in
                    continuation.yield(Arrival(bytes: Array(bytes.readableBytesView), segmentSize: length))
                }
                ports.value.onDatagram = { _, _, bytes in
                    continuation.yield(Arrival(bytes: Array(bytes.readableBytesView), segmentSize: nil))
                }
                return ports.value.ports
            }.get()
            let sender = try await Self.sender(to: pair)
            let address = try #require(sender.remoteAddress)
            let bytes = (0..<3500).map { UInt8(truncatingIfNeeded: $0 / 7) }
            var envelope = AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: bytes))
            envelope.metadata = .init(ecnState: .transportNotCapable, packetInfo: nil, segmentSize: 1000)
            try await sender.writeAndFlush(envelope)
            try await sender.writeAndFlush(AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: [1, 2, 3])))
            var received: [Arrival] = []
            for await arrival in arrivals {
                received.append(arrival)
                if arrival.bytes == [1, 2, 3] { break }
            }
            #expect(received.flatMap(\.bytes) == bytes + [1, 2, 3])
            #expect(received.first?.segmentSize == 1000)
            #expect(received.last?.segmentSize == nil)
            #expect(received.count == 2)
            try await sender.close()
            try await eventLoop.submit { ports.value.close() }.get()
        }

        #if os(Linux)
            @Test func `a read without SwiftNIO brings the same bytes, length and address, and no read brings nothing`()
                async throws
            {
                guard System.supportsUDPReceiveOffload, System.supportsUDPSegmentationOffload else { return }
                let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
                let settings = DatagramPorts.Settings(
                    host: "127.0.0.1", receiveBuffer: 1 << 20, joinsDatagrams: true, isGathered: true)
                let ports = try await DatagramPorts.bind(settings, range: nil, on: eventLoop)
                let pair = try await eventLoop.submit { ports.value.ports }.get()
                let sender = try await Self.sender(to: pair)
                let address = try #require(sender.remoteAddress)
                let bytes = (0..<2500).map { UInt8(truncatingIfNeeded: $0 / 3) }
                var envelope = AddressedEnvelope(remoteAddress: address, data: ByteBuffer(bytes: bytes))
                envelope.metadata = .init(ecnState: .transportNotCapable, packetInfo: nil, segmentSize: 1200)
                try await sender.writeAndFlush(envelope)
                let port = sender.localAddress?.port
                // On loopback what has been sent has arrived.
                try await eventLoop.submit {
                    var room = ReceiveRoom()
                    let socket = try #require(
                        try ports.value.rtp.pipeline.syncOperations
                            .withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { $0 })
                    #expect(ports.value.rtpSocket == socket)
                    let isRead = room.read(from: socket)
                    #expect(isRead)
                    #expect(Array(room.bytes.prefix(room.count)) == bytes)
                    #expect(room.segmentSize == 1200)
                    #expect(room.source?.ipAddress == "127.0.0.1")
                    #expect(room.source?.port == port)
                    let isReadAgain = room.read(from: socket)
                    #expect(!isReadAgain)
                    ports.value.close()
                }.get()
                try await sender.close()
            }
        #endif
    }
}
