import NIOCore
import NIOEmbedded
import NIOPosix
import RTPTransport
import RTSPKit
import Testing

@testable import RTSPNIO

extension RTSPNIOTests {
    @Suite struct PacedSenderTests {
        /// A sender on a channel in memory, whose clock is the channel's.
        private final class Bench {
            let channel = EmbeddedChannel()
            let address: SocketAddress
            let reader: DatagramReader
            private(set) var drained: [DatagramReader] = []
            private var sender: PacedSender?

            init() throws {
                address = try SocketAddress(ipAddress: "127.0.0.1", port: 5000)
                reader = DatagramReader(StreamKey(connection: 1, stream: StreamID(rawValue: 1)), at: address)
                try channel.connect(to: address).wait()
            }

            /// Another reader, on the port `5000 + number`.
            func reader(_ number: Int) throws -> DatagramReader {
                DatagramReader(
                    StreamKey(connection: UInt64(number), stream: StreamID(rawValue: 1)),
                    at: try SocketAddress(ipAddress: "127.0.0.1", port: 5000 + number))
            }

            func makeSender(_ pacing: Pacing = Pacing(), offload: Bool = true) -> PacedSender {
                let origin = ContinuousClock.now
                let start = channel.embeddedEventLoop.now
                let loop = channel.embeddedEventLoop
                let sender = PacedSender(
                    channel: channel, pacing: pacing, offload: offload,
                    clock: { origin + .nanoseconds((loop.now - start).nanoseconds) },
                    drained: { [unowned self] in drained.append($0) })
                self.sender = sender
                return sender
            }

            /// What has left since the last call.
            func written() throws -> [AddressedEnvelope<ByteBuffer>] {
                var envelopes: [AddressedEnvelope<ByteBuffer>] = []
                while let envelope = try channel.readOutbound(as: AddressedEnvelope<ByteBuffer>.self) {
                    envelopes.append(envelope)
                }
                return envelopes
            }

            func advance(_ time: TimeAmount) { channel.embeddedEventLoop.advanceTime(by: time) }
        }

        /// `count` bytes in packets of 1412, each byte telling its place.
        private static func batch(_ count: Int, seed: Int = 0) -> RTPPacketBatch {
            RTPPacketBatch(bytes: (0..<count).map { UInt8(truncatingIfNeeded: $0 / 1412 + $0 + seed) }, stride: 1412)
        }

        private static func bytes(_ envelopes: [AddressedEnvelope<ByteBuffer>]) -> [UInt8] {
            envelopes.flatMap { Array($0.data.readableBytesView) }
        }

        @Test(arguments: [true, false])
        func `a frame of 300 kB leaves in chunks, whole and in order`(_ offload: Bool) throws {
            let bench = try Bench()
            let sender = bench.makeSender(Pacing(packetsPerChunk: 16), offload: offload)
            let batch = Self.batch(300_000)
            sender.sendNow(batch, to: bench.reader)
            var all = try bench.written()
            #expect(Self.bytes(all).count <= 20 * 1412)
            #expect(bench.drained.isEmpty)
            var chunks = 1
            while !sender.isIdle, chunks < 100 {
                bench.advance(.milliseconds(1))
                let next = try bench.written()
                #expect(Self.bytes(next).count <= 24 * 1412)
                all += next
                chunks += 1
            }
            #expect((10...14).contains(chunks))
            #expect(Self.bytes(all) == batch.bytes)
            #expect(bench.drained.map(\.key) == [bench.reader.key])
            for envelope in all {
                #expect(envelope.remoteAddress == bench.address)
                #expect(envelope.data.readableBytes <= (offload ? 65_507 : 1412))
                #expect((envelope.metadata?.segmentSize != nil) == (envelope.data.readableBytes > 1412))
            }
            #expect(sender.isIdle)
        }

        @Test(arguments: [true, false])
        func `packets of lengths of their own leave whole, in runs that the system can cut`(_ offload: Bool) throws {
            let bench = try Bench()
            let sender = bench.makeSender(offload: offload)
            let lengths = [1412, 1412, 900, 1000, 1000, 1412, 700, 701]
            let ends = lengths.reduce(into: [Int]()) { $0.append(($0.last ?? 0) + $1) }
            let batch = RTPPacketBatch(bytes: Self.batch(ends.last ?? 0).bytes, ends: ends)
            sender.sendNow(batch, to: bench.reader)
            let written = try bench.written()
            #expect(Self.bytes(written) == batch.bytes)
            #expect(
                written.map(\.data.readableBytes) == (offload ? [1412 * 2 + 900, 2000, 1412 + 700, 701] : lengths))
            #expect(written.map { $0.metadata?.segmentSize } == (offload ? [1412, 1000, 1412, nil] : lengths.map { _ in nil }))
            #expect(bench.drained.map(\.key) == [bench.reader.key])
        }

        @Test func `a small frame leaves at once`() throws {
            let bench = try Bench()
            let sender = bench.makeSender()
            let batch = Self.batch(10_000)
            sender.sendNow(batch, to: bench.reader)
            #expect(Self.bytes(try bench.written()) == batch.bytes)
            #expect(bench.drained.map(\.key) == [bench.reader.key])
            #expect(sender.isIdle)
        }

        @Test func `two frames for one reader keep their order, and a third must wait`() throws {
            let bench = try Bench()
            let sender = bench.makeSender(Pacing(packetsPerChunk: 16))
            let batches = [Self.batch(100_000), Self.batch(100_000, seed: 1)]
            for batch in batches {
                #expect(sender.canSend(to: bench.reader))
                sender.sendNow(batch, to: bench.reader)
            }
            #expect(!sender.canSend(to: bench.reader))
            #expect(sender.canSend(to: try bench.reader(2)))
            var all = try bench.written()
            var largest = 0
            for _ in 0..<40 {
                bench.advance(.milliseconds(1))
                let next = try bench.written()
                largest = max(largest, Self.bytes(next).count)
                all += next
            }
            #expect(Self.bytes(all) == batches.flatMap(\.bytes))
            // The second is paced from when it begins, so it does not leave in a burst.
            #expect(largest <= 32 * 1412)
            #expect(bench.drained.map(\.key) == [bench.reader.key])
        }

        @Test func `readers do not wait for one another`() throws {
            let bench = try Bench()
            let sender = bench.makeSender()
            let large = Self.batch(300_000)
            let small = Self.batch(1000)
            let other = try bench.reader(2)
            sender.sendNow(large, to: bench.reader)
            sender.sendNow(small, to: other)
            #expect(bench.drained.map(\.key) == [other.key])
            bench.advance(.milliseconds(30))
            #expect(bench.drained.map(\.key) == [other.key, bench.reader.key])
        }

        @Test func `what follows a frame waits for its last packet`() throws {
            let bench = try Bench()
            let sender = bench.makeSender()
            var steps: [String] = []
            sender.after(bench.reader) { steps.append("idle") }
            let batch = Self.batch(100_000)
            sender.sendNow(batch, to: bench.reader)
            sender.after(bench.reader) { steps.append("after") }
            #expect(steps == ["idle"])
            bench.advance(.milliseconds(30))
            #expect(steps == ["idle", "after"])
            #expect(Self.bytes(try bench.written()) == batch.bytes)
        }

        @Test func `stopped, it sends nothing more`() throws {
            let bench = try Bench()
            let sender = bench.makeSender()
            let batch = Self.batch(300_000)
            sender.sendNow(batch, to: bench.reader)
            _ = try bench.written()
            sender.stop()
            bench.advance(.milliseconds(30))
            #expect(try bench.written().isEmpty)
            #expect(bench.drained.isEmpty)
        }

        @Test func `a path that takes no segmented sends gets single packets`() throws {
            let bench = try Bench()
            let sender = bench.makeSender()
            let batch = Self.batch(20_000)
            try bench.channel.pipeline.syncOperations.addHandler(RefusingHandler())
            sender.sendNow(batch, to: bench.reader)
            #expect(Self.bytes(try bench.written()) == batch.bytes)
            #expect(sender.canSend(to: bench.reader))
            #expect(bench.reader.trouble == .unsegmented)
        }

        @Test func `a reader over whom the socket breaks loses offload first, then its packets`() throws {
            let bench = try Bench()
            let sender = bench.makeSender()
            let batch = Self.batch(10_000)
            for expected in [true, false, nil] as [Bool?] {
                let channel = EmbeddedChannel(handler: BreakingHandler(), loop: bench.channel.embeddedEventLoop)
                try channel.connect(to: bench.address).wait()
                sender.channel = channel
                sender.sendNow(batch, to: bench.reader)
                let first = try channel.readOutbound(as: AddressedEnvelope<ByteBuffer>.self)
                #expect(first.map { $0.metadata?.segmentSize != nil } == expected)
            }
            // It is tried again after a while.
            bench.advance(.seconds(6))
            sender.channel = bench.channel
            sender.sendNow(batch, to: bench.reader)
            #expect(Self.bytes(try bench.written()) == batch.bytes)
            #expect(bench.reader.trouble != nil)
        }

        @Test func `readers of one batch share its chunks and the calls to the system`() throws {
            let bench = try Bench()
            let flushes = FlushCounter()
            try bench.channel.pipeline.syncOperations.addHandler(flushes)
            let sender = bench.makeSender(Pacing(packetsPerChunk: 32))
            let readers = try (0..<10).map(bench.reader)
            let batch = PreparedBatch(Self.batch(55 * 1412))
            for reader in readers { sender.send(batch, to: reader) }
            #expect(try bench.written().isEmpty)
            #expect(sender.busyCount == 10)
            sender.flush()
            let first = try bench.written()
            #expect(first.map(\.remoteAddress) == readers.map(\.address))
            #expect(first.allSatisfy { $0.data.readableBytes == 32 * 1412 })
            #expect(flushes.count == 1)
            bench.advance(.milliseconds(1))
            let second = try bench.written()
            #expect(second.map(\.remoteAddress) == readers.map(\.address))
            #expect(second.allSatisfy { $0.data.readableBytes == 23 * 1412 })
            #expect(flushes.count == 2)
            #expect(bench.drained.map(\.key) == readers.map(\.key))
            #expect(sender.isIdle)
        }

        @Test func `where the socket breaks over one of many readers, the others are served again and it is found`() throws {
            let bench = try Bench()
            let sender = bench.makeSender(.burst)
            let readers = try (0..<6).map(bench.reader)
            let culprit = readers[3]
            var served: [SocketAddress: Int] = [:]
            for _ in 0..<4 {
                // The owner of the socket opens another where it has broken.
                if !sender.channel.isActive || sender.channel === bench.channel {
                    let channel = EmbeddedChannel(
                        handler: BreakingOverHandler(address: culprit.address), loop: bench.channel.embeddedEventLoop)
                    try channel.connect(to: bench.address).wait()
                    sender.channel = channel
                }
                let batch = PreparedBatch(Self.batch(10_000))
                for reader in readers { sender.send(batch, to: reader) }
                sender.flush()
                let channel = try #require(sender.channel as? EmbeddedChannel)
                while let envelope = try channel.readOutbound(as: AddressedEnvelope<ByteBuffer>.self) {
                    served[envelope.remoteAddress, default: 0] += 1
                }
            }
            guard case .shunned = culprit.trouble else {
                Issue.record("not found: \(String(describing: culprit.trouble))")
                return
            }
            #expect(readers.filter { $0 !== culprit }.allSatisfy { $0.trouble == nil })
            #expect(readers.prefix(3).allSatisfy { (served[$0.address] ?? 0) >= 3 })
            #expect(readers.suffix(2).allSatisfy { (served[$0.address] ?? 0) >= 1 })
        }
    }
}

extension PacedSender {
    /// Sends a batch that only this reader gets.
    fileprivate func sendNow(_ batch: RTPPacketBatch, to reader: DatagramReader) {
        send(PreparedBatch(batch), to: reader)
        flush()
    }
}

/// Counts how often the system is called.
private final class FlushCounter: ChannelOutboundHandler {
    typealias OutboundIn = AddressedEnvelope<ByteBuffer>
    private(set) var count = 0

    func flush(context: ChannelHandlerContext) {
        count += 1
        context.flush()
    }
}

/// Breaks as a socket does when it is to send to one address: what was written before that leaves, the rest does not.
private final class BreakingOverHandler: ChannelOutboundHandler {
    typealias OutboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>
    private let address: SocketAddress
    private var isBroken = false

    init(address: SocketAddress) { self.address = address }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        isBroken = isBroken || Self.unwrapOutboundIn(data).remoteAddress == address
        if isBroken { promise?.fail(ChannelError.ioOnClosedChannel) } else { context.write(data, promise: promise) }
    }

    func flush(context: ChannelHandlerContext) {
        context.flush()
        if isBroken { context.close(promise: nil) }
    }
}

/// Lets the first writes through, then breaks as a socket does.
private final class BreakingHandler: ChannelOutboundHandler {
    typealias OutboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    func flush(context: ChannelHandlerContext) {
        context.flush()
        context.close(promise: nil)
    }
}

/// Refuses segmented sends, as a path with a small MTU does.
private final class RefusingHandler: ChannelOutboundHandler {
    typealias OutboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard Self.unwrapOutboundIn(data).metadata == nil else {
            promise?.fail(ChannelError.writeMessageTooLarge)
            return
        }
        context.write(data, promise: promise)
    }
}
