import NIOCore
import NIOPosix
import RTSPKit
import Testing

@testable import RTSPNIO

extension RTSPNIOTests {
    /// Datagrams over real sockets.
    @Suite struct DatagramPortsTests {
        @Test func `a pair of ports is even and odd`() async throws {
            let loop = MultiThreadedEventLoopGroup.singleton.next()
            for _ in 0..<10 {
                let ports = try await DatagramPorts.bind(.init(host: "127.0.0.1", receiveBuffer: 65_536), range: nil, on: loop)
                let pair = try await loop.submit {
                    defer { ports.value.close() }
                    return ports.value.ports
                }.get()
                #expect(pair.rtp % 2 == 0)
                #expect(pair.rtcp == pair.rtp + 1)
            }
        }

        @Test func `a socket that breaks is opened again on the same port`() async throws {
            let loop = MultiThreadedEventLoopGroup.singleton.next()
            let ports = try await DatagramPorts.bind(.init(host: "127.0.0.1", receiveBuffer: 65_536), range: nil, on: loop)
            let (ready, continuation) = AsyncStream.makeStream(of: Void.self)
            let port = try await loop.submit {
                ports.value.onReady = { continuation.yield() }
                // Nothing can be sent to port 0: the system refuses, and NIO closes the socket.
                let nowhere = try SocketAddress(ipAddress: "127.0.0.1", port: 0)
                for _ in 0..<2 {
                    ports.value.rtp.write(
                        AddressedEnvelope(remoteAddress: nowhere, data: ByteBuffer(string: "x")), promise: nil)
                }
                ports.value.rtp.flush()
                #expect(!ports.value.rtp.isActive)
                return ports.value.ports.rtp
            }.get()
            for await _ in ready { break }
            let again = try await loop.submit { ports.value.rtp.isActive ? ports.value.rtp.localAddress?.port : nil }.get()
            #expect(again == Int(port))
            try await loop.submit { ports.value.close() }.get()
        }

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
                    #expect(room.endsBurst)
                    let source = try #require(room.source)
                    #expect(source.address?.ipAddress == "127.0.0.1")
                    #expect(source.address?.port == port)
                    let isReadAgain = room.read(from: socket)
                    #expect(!isReadAgain)
                    ports.value.close()
                }.get()
                try await sender.close()
            }
        #endif
    }
}
