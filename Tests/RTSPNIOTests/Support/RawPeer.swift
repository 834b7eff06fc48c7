import NIOCore
import NIOPosix
import RTSPKit
import Testing

/// A bare connection to the server, to say what no good client says.
final class RawPeer {
    let channel: any Channel
    private var chunks: AsyncStream<[UInt8]>.Iterator
    private var parser = RTSPParser()
    private var cSeq = 0

    init(port: Int, host: String = "127.0.0.1", isReading: Bool = true, receiveBuffer: Int? = nil) async throws {
        let (stream, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        chunks = stream.makeAsyncIterator()
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: isReading)
            // One that does not read does not go either when the server does.
            .channelOption(.allowRemoteHalfClosure, value: !isReading)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
        if let receiveBuffer { bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: .init(receiveBuffer)) }
        channel = try await bootstrap.channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(Collector(continuation))
            }
        }.connect(host: host, port: port).get()
    }

    deinit { channel.close(promise: nil) }

    func close() async { try? await channel.close() }

    func send(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func resumeReading() async throws { try await channel.setOption(.autoRead, value: true).get() }

    /// The next message: a response, or a frame between them; `nil` at the end of the connection.
    func next() async throws -> RTSPMessage? {
        while true {
            if let message = try parser.next() { return message }
            guard let chunk = await chunks.next(isolation: #isolation) else { return nil }
            parser.append(chunk.span)
        }
    }

    /// The next response, whatever comes before it.
    func response() async throws -> RTSPResponse? {
        while let message = try await next() {
            if case .response(let response) = message { return response }
        }
        return nil
    }

    /// Sends a request and waits for its response.
    func ask(
        _ method: RTSPMethod, _ url: String, session: String? = nil, transport: String? = nil
    ) async throws -> RTSPResponse? {
        cSeq += 1
        var request = RTSPRequest(method, url: url, cSeq: cSeq)
        request.headers["Session"] = session
        request.headers["Transport"] = transport
        try await send(RTSPSerializer.bytes(of: request))
        return try await response()
    }

    /// SETUP of the only stream of `url`.
    /// - Returns: the session.
    func setUp(_ url: String, _ transport: String = "RTP/AVP/TCP;unicast;interleaved=0-1") async throws -> String {
        let response = try await ask(.setup, url + "/stream=0", transport: transport)
        #expect(response?.status == .ok)
        return response?.headers["Session"].flatMap { SessionHeader.parse($0)?.id } ?? ""
    }

    /// Reads until the peer ends the connection.
    /// - Returns: the responses that came before that.
    func responsesToTheEnd() async throws -> [RTSPResponse] {
        var responses: [RTSPResponse] = []
        while let response = try await response() { responses.append(response) }
        return responses
    }
}

/// Hands on what arrives.
private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let continuation: AsyncStream<[UInt8]>.Continuation

    init(_ continuation: AsyncStream<[UInt8]>.Continuation) { self.continuation = continuation }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        continuation.yield(Array(Self.unwrapInboundIn(data).readableBytesView))
    }

    func channelInactive(context: ChannelHandlerContext) { continuation.finish() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
