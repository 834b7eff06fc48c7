#if os(Linux)
    import NIOCore
    import NIOPosix
    import RTSPKit
    import Testing

    @testable import RTSPNIO

    extension RTSPNIOTests {
        @Suite struct ReceiveRoomTests {
            @Test func `datagrams of one source are known by it, and those of another are not`() async throws {
                let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
                for host in ["127.0.0.1", "::1"] {
                    let settings = DatagramPorts.Settings(host: host, receiveBuffer: 1 << 20, isGathered: true)
                    // Not every machine has version 6.
                    guard let ports = try? await DatagramPorts.bind(settings, range: nil, on: eventLoop) else { continue }
                    let port = try await eventLoop.submit { ports.value.ports.rtp }.get()
                    let address = try SocketAddress(ipAddress: host, port: Int(port))
                    var senders: [any Channel] = []
                    for _ in 0..<2 {
                        senders.append(
                            try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(to: address).get())
                    }
                    for sender in [senders[0], senders[0], senders[1]] {
                        try await sender.writeAndFlush(
                            AddressedEnvelope(remoteAddress: address, data: ByteBuffer(string: "x")))
                    }
                    let local = senders.map { $0.localAddress?.port }
                    try await eventLoop.submit {
                        let socket = try #require(ports.value.rtpSocket)
                        var room = ReceiveRoom()
                        var sources: [ReceiveRoom.Source?] = []
                        while room.read(from: socket) { sources.append(room.source) }
                        try #require(sources.count == 3)
                        #expect(sources[0] != nil)
                        #expect(sources[0] == sources[1])
                        #expect(sources[0] != sources[2])
                        #expect(sources.map { $0?.address?.ipAddress } == [host, host, host])
                        #expect(sources.map { $0?.address?.port } == [local[0], local[0], local[1]])
                        ports.value.close()
                    }.get()
                    for sender in senders { try await sender.close() }
                }
            }
        }
    }
#endif
