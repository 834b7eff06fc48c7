#if Player
    import Hummingbird
    import HTTPTypes
    import Logging
    import NIOCore
    import PlayerModel

    /// Answers every request: asks the guard first, and puts the same headers on every response.
    struct PlayerResponder: HTTPResponder {

        let listening: Listening
        let streams: [String]
        let sessions: PlayerSessions
        let logger: Logger

        /// Bytes that the body of a request may have.
        private static let maximumBody = 16_384

        private static let headers = [
            "Content-Security-Policy":
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
                + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cache-Control": "no-store",
        ]

        func respond(to request: Request, context: Incoming) async throws -> Response {
            var response = await answer(request, on: context.channel)
            for (name, value) in Self.headers { response.headers.set(name, value) }
            if response.status == .methodNotAllowed { response.headers[.allow] = "GET, HEAD, POST" }
            // A body here would be taken for the beginning of the next response (RFC 9110 section 9.3.2).
            return request.method == .head ? response.createHeadResponse() : response
        }

        private func answer(_ request: Request, on channel: any Channel) async -> Response {
            guard let requests = listening.requests else { return .text(.serviceUnavailable, "Not yet.") }
            switch requests.judge(request.guarded) {
            case .forbid(let sentence): return .text(.forbidden, sentence)
            case .unsupportedType(let sentence): return .text(.unsupportedMediaType, sentence)
            case .allow: break
            }
            do {
                return try await route(request, on: channel)
            } catch let failure as Failure {
                return .failure(failure)
            } catch {
                logger.debug("a request failed", metadata: ["error": "\(error)"])
                return .failure(.init(.internalServerError, "other", "The player cannot do this now."))
            }
        }

        // MARK: Routes

        private func route(_ request: Request, on channel: any Channel) async throws -> Response {
            let parts = request.uri.path.split(separator: "/").map(String.init)
            switch (request.method, parts.first, parts.dropFirst().first, parts.count) {
            case (.get, "api", "player", 2), (.head, "api", "player", 2):
                return .json(.ok, Welcome(streams: streams))
            case (.post, "api", "sessions", 2):
                return try await makeSession(request)
            case (.get, "api", "sessions", 4):
                return try await show(parts[3], of: session(parts[2]), request, on: channel)
            case (.post, "api", "sessions", 4):
                return try await perform(parts[3], in: session(parts[2]), request)
            case (.get, _, _, 0...1), (.head, _, _, 0...1):
                guard let response = PageFile.response(for: parts.first ?? "index.html") else { throw Failure.notFound }
                return response
            case (.get, _, _, _), (.post, _, _, _):
                throw Failure.notFound
            default:
                throw Failure(.methodNotAllowed, "badRequest", "Only GET, HEAD and POST are answered here.")
            }
        }

        private func makeSession(_ request: Request) async throws -> Response {
            _ = try await body(of: request)
            guard let session = await sessions.make() else {
                throw Failure(
                    .serviceUnavailable, "tooManySessions", "The player has \(PlayerSessions.maximum) sessions already.",
                    advice: "Close a tab of the player that is not needed.")
            }
            return .json(.created, ["id": session.id])
        }

        private func session(_ id: String) async throws -> PlayerSession {
            guard let session = await sessions.session(id) else {
                throw Failure(.notFound, "noSuchSession", "This session has ended.", advice: "Reload the page.")
            }
            return session
        }

        private func show(
            _ what: String, of session: PlayerSession, _ request: Request, on channel: any Channel
        ) async throws -> Response {
            switch what {
            case "events": return .events(of: session, for: request)
            case "pictures":
                // What waits in the system's buffer is shown late: a slow browser shall rather miss pictures.
                try? await channel.setOption(.socketOption(.so_sndbuf), value: 1 << 18).get()
                return .pictures(of: session, for: request)
            case "snapshot": return try await .snapshot(of: session)
            case "recording": return try await .recording(of: session, request.uri.queryParameters["format"].map(String.init))
            default: throw Failure.notFound
            }
        }

        private func perform(_ name: String, in session: PlayerSession, _ request: Request) async throws -> Response {
            let body = try await body(of: request)
            do {
                try await session.perform(SessionCommand(name: name, body: body))
            } catch CommandRefusal.badRequest(let sentence) {
                throw Failure(.badRequest, "badRequest", sentence)
            } catch CommandRefusal.notPossibleNow(let sentence) {
                throw Failure(.conflict, "notPossibleNow", sentence)
            }
            return .json(.accepted, [String: String]())
        }

        private func body(of request: Request) async throws -> [UInt8] {
            let tooLong = Failure(.contentTooLarge, "badRequest", "The body is too long.")
            if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > Self.maximumBody { throw tooLong }
            do {
                return Array(try await request.body.collect(upTo: Self.maximumBody).readableBytesView)
            } catch {
                throw tooLong
            }
        }
    }

    /// A request's connection.
    struct Incoming: RequestContext {
        var coreContext: CoreRequestContextStorage
        let channel: any Channel

        init(source: ApplicationRequestContextSource) {
            coreContext = CoreRequestContextStorage(source: source)
            channel = source.channel
        }
    }

    /// What the page asks first.
    private struct Welcome: Encodable {
        var streams: [String]
        var version = "0.1.0"
    }

    /// A request that cannot be fulfilled.
    struct Failure: Error {
        var status: HTTPResponse.Status
        var code: String
        var message: String
        var advice: String

        init(_ status: HTTPResponse.Status, _ code: String, _ message: String, advice: String = "") {
            self.status = status
            self.code = code
            self.message = message
            self.advice = advice
        }

        static let notFound = Failure(.notFound, "notFound", "There is nothing here.")
    }

    extension Request {
        /// What the guard looks at.
        var guarded: RequestGuard.Request {
            let fetchSite = HTTPField.Name("Sec-Fetch-Site").flatMap { headers[$0] }
            return .init(
                method: method.rawValue, path: uri.path, host: head.authority, origin: headers[.origin], fetchSite: fetchSite,
                contentType: headers[.contentType])
        }
    }

    extension HTTPFields {
        /// Sets a field whose name is known to be one.
        mutating func set(_ name: String, _ value: String) {
            guard let name = HTTPField.Name(name) else { return }
            self[name] = value
        }
    }

    extension Response {
        static func text(_ status: HTTPResponse.Status, _ text: String) -> Response {
            Response(
                status: status, headers: [.contentType: "text/plain; charset=utf-8"],
                body: .init(byteBuffer: ByteBuffer(string: text + "\n")))
        }

        static func json(_ status: HTTPResponse.Status, _ value: some Encodable) -> Response {
            Response(
                status: status, headers: [.contentType: "application/json"],
                body: .init(byteBuffer: ByteBuffer(string: PlayerEvent.json(value))))
        }

        static func failure(_ failure: Failure) -> Response {
            let error = ["code": failure.code, "message": failure.message, "advice": failure.advice]
            return .json(failure.status, ["error": error])
        }
    }
#endif
