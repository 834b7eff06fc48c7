import RTSPKit

/// Bytes into requests, one in each run.
package struct Parsing: Workload {
    private var parser = RTSPParser()
    private let requests = Requests.all
    private var count = 0

    package init() {}

    package mutating func run() throws {
        let request = requests[count % requests.count]
        count += 1
        parser.append(request.span)
        guard case .request = try parser.next() else { throw WorkloadFailure("no request") }
    }
}

/// Answers into bytes, one in each run: those that a server gives to the requests of a session.
package struct Serializing: Workload {
    private var responses: [RTSPResponse] = []
    private var count = 0

    package init() throws {
        let server = try LiveServer()
        var (connection, transport, parser) = (server.connection(), CountingTransport(), RTSPParser())
        for request in Requests.all {
            try server.take(request, &connection, at: server.start, via: &transport)
            let answer = transport.takeControl()
            parser.append(answer.span)
            guard case .response(let response) = try parser.next(), response.status == .ok else {
                throw WorkloadFailure("no answer")
            }
            responses.append(response)
        }
    }

    package mutating func run() throws {
        let bytes = RTSPSerializer.bytes(of: responses[count % responses.count])
        count += 1
        guard bytes.count > 30 else { throw WorkloadFailure("\(bytes.count) bytes") }
    }
}
