#if os(Linux)
    import NIOCore
    import NIOPosix
    import RTSPKit
    import Testing

    @testable import RTSPNIO

    extension RTSPNIOTests {
        @Suite struct SocketQuestionTests {
            @Test func `one question finds the socket where something waits, among others and closed ones`() async throws {
                let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
                let settings = DatagramPorts.Settings(host: "127.0.0.1", receiveBuffer: 1 << 20, isGathered: true)
                let quiet = try await DatagramPorts.bind(settings, range: nil, on: eventLoop)
                let busy = try await DatagramPorts.bind(settings, range: nil, on: eventLoop)
                let port = try await eventLoop.submit { busy.value.ports.rtp }.get()
                let sender = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .connect(to: SocketAddress(ipAddress: "127.0.0.1", port: Int(port))).get()
                let address = try #require(sender.remoteAddress)
                try await sender.writeAndFlush(AddressedEnvelope(remoteAddress: address, data: ByteBuffer(string: "x")))
                // On loopback what has been sent has arrived.
                try await eventLoop.submit {
                    var question = SocketQuestion()
                    question.add(nil)
                    question.add(quiet.value.rtpSocket)
                    question.add(busy.value.rtpSocket)
                    let finds = question.ask()
                    #expect(finds)
                    #expect((0..<4).filter { question.isReady(at: $0) } == [2])
                    var room = ReceiveRoom()
                    let socket = try #require(busy.value.rtpSocket)
                    let isRead = room.read(from: socket)
                    #expect(isRead)
                    #expect(!room.endsBurst)
                    let findsMore = question.ask()
                    #expect(!findsMore)
                    #expect(!question.isReady(at: 2))
                    question.removeAll()
                    let findsAnything = question.ask()
                    #expect(!findsAnything)
                    quiet.value.close()
                    busy.value.close()
                }.get()
                try await sender.close()
            }
        }
    }
#endif
