import Dispatch
import MJPEGSource
import NIOCore
import NIOPosix
import RTSPKit
import Synchronization
import Testing

@testable import RTSPNIO

extension RTSPNIOTests {
    @Suite struct ServerLoopTests {
        /// What is to be done once, on the event loop, when the number of readers has reached a limit.
        private final class Occasion: Sendable {
            private let action = Mutex<(readers: Int, body: @Sendable () -> Void)?>(nil)

            func set(_ readers: Int, _ body: @escaping @Sendable () -> Void) { action.withLock { $0 = (readers, body) } }

            func now(_ readers: Int) {
                let body = action.withLock { action in
                    guard let (limit, body) = action, readers >= limit else { return nil as (@Sendable () -> Void)? }
                    action = nil
                    return body
                }
                body?()
            }
        }

        private static func reader(_ running: RunningServer) async throws -> (peer: RawPeer, session: String) {
            let peer = try await RawPeer(port: running.port)
            let session = try await peer.setUp(running.url("camera"))
            return (peer, session)
        }

        /// The first thing that comes after the answer to PLAY, sender reports aside.
        private static func nextAfterReports(_ peer: RawPeer) async throws -> RTSPMessage? {
            while let message = try await peer.next() {
                if case .interleaved(let frame) = message, frame.channel != 0 { continue }
                return message
            }
            return nil
        }

        @Test func `a request that comes while a frame goes to many is answered before the last of them have it`() async throws {
            let mailbox = FrameMailbox()
            let occasion = Occasion()
            let server = RTSPServer(configuration: .test { $0.eventLoopCount = 1 })
            try server.offer(.live(mailbox) { occasion.now($0) }, at: "/camera")
            let image = Clip.large.images[0]
            let count = LiveDeliveries.turn / image.count + 4
            try await running(server) { running in
                let url = running.url("camera")
                var readers: [(peer: RawPeer, session: String)] = []
                for _ in 0..<count {
                    let reader = try await Self.reader(running)
                    #expect(try await reader.peer.ask(.play, url, session: reader.session)?.status == .ok)
                    readers.append(reader)
                }
                let asking = try #require(readers.last).peer
                let channel = asking.channel
                // The loop stands still until the request has arrived, and finds the frame before it.
                occasion.set(count + 1) {
                    let hasArrived = DispatchSemaphore(value: 0)
                    let request = ByteBuffer(string: "OPTIONS \(url) RTSP/1.0\r\nCSeq: 77\r\n\r\n")
                    channel.writeAndFlush(request).whenComplete { _ in hasArrived.signal() }
                    hasArrived.wait()
                    mailbox.post(image)
                }
                let another = try await Self.reader(running)
                #expect(try await another.peer.ask(.play, url, session: another.session)?.status == .ok)
                guard case .response(let response) = try await Self.nextAfterReports(asking) else {
                    Issue.record("the frame came first")
                    return
                }
                #expect(response.status == .ok)
                #expect(response.cSeq == 77)
                // Everybody gets the frame.
                for reader in readers + [another] {
                    guard case .interleaved = try await Self.nextAfterReports(reader.peer) else {
                        Issue.record("no frame came")
                        return
                    }
                }
            }
        }

        /// The sequence numbers of the packets up to the end of so many frames.
        private static func sequence(ofFrames count: Int, for peer: RawPeer) async throws -> [UInt16] {
            var (numbers, ends) = ([UInt16](), 0)
            while ends < count, case .interleaved(let frame)? = try await peer.next() {
                guard frame.channel == 0, frame.payload.count > 4 else { continue }
                numbers.append(UInt16(frame.payload[2]) << 8 | UInt16(frame.payload[3]))
                if frame.payload[1] & 0x80 != 0 { ends += 1 }
            }
            return numbers
        }

        @Test func `what comes while a frame goes to many waits in the mailbox, where the latest wins`() async throws {
            let mailbox = FrameMailbox()
            let occasion = Occasion()
            let server = RTSPServer(configuration: .test { $0.eventLoopCount = 1 })
            try server.offer(.live(mailbox) { occasion.now($0) }, at: "/camera")
            let images = Clip.large.images
            let count = LiveDeliveries.turn / images[0].count + 4
            try await running(server) { running in
                let url = running.url("camera")
                occasion.set(count) {
                    // On the loop: the second comes as the first has begun to leave, the third when the second has been seen.
                    let loop = MultiThreadedEventLoopGroup.currentEventLoop
                    mailbox.post(images[0])
                    loop?.execute {
                        mailbox.post(images[1])
                        loop?.execute { loop?.execute { loop?.execute { mailbox.post(images[2]) } } }
                    }
                }
                var peers: [RawPeer] = []
                for _ in 0..<count {
                    let reader = try await Self.reader(running)
                    #expect(try await reader.peer.ask(.play, url, session: reader.session)?.status == .ok)
                    peers.append(reader.peer)
                }
                for peer in peers {
                    let numbers = try await Self.sequence(ofFrames: 2, for: peer)
                    #expect(numbers.count > 2)
                    // Nothing is missing between them.
                    #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 &+ 1 == $1 })
                }
                #expect(mailbox.framesReplaced == 1)
            }
        }
    }
}
