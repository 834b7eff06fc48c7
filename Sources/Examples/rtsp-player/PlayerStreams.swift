#if Player
    import Hummingbird
    import HTTPTypes
    import MJPEGSource
    import NIOCore
    import PlayerModel

    extension Response {
        /// The events of a session, as long as both sides want.
        static func events(of session: PlayerSession, for request: Request) -> Response {
            let body = ResponseBody { writer in
                let feed = await session.openEvents()
                do {
                    try await request.body.consumeWithInboundCloseHandler { _ in
                        while let text = await feed.next() { try await writer.write(ByteBuffer(string: text)) }
                    } onInboundClosed: {
                        feed.finish()
                    }
                } catch {
                    await session.closeEvents(feed)
                    throw error
                }
                await session.closeEvents(feed)
                try await writer.finish(nil)
            }
            return Response(status: .ok, headers: [.contentType: "text/event-stream; charset=utf-8"], body: body)
        }

        /// The pictures of a session, as fast as the browser takes them.
        static func pictures(of session: PlayerSession, for request: Request) -> Response {
            let body = ResponseBody { writer in
                let feed = await session.openPictures()
                do {
                    try await request.body.consumeWithInboundCloseHandler { _ in
                        for await picture in feed { try await writer.write(part(picture)) }
                    } onInboundClosed: {
                        feed.finish()
                    }
                } catch {
                    await session.closePictures(feed)
                    throw error
                }
                await session.closePictures(feed)
                try await writer.write(ByteBuffer(string: "--picture--\r\n"))
                try await writer.finish(nil)
            }
            return Response(
                status: .ok, headers: [.contentType: "multipart/x-mixed-replace; boundary=picture"], body: body)
        }

        private static func part(_ picture: Picture) -> ByteBuffer {
            let head =
                "--picture\r\nContent-Type: image/jpeg\r\nContent-Length: \(picture.image.count)\r\n"
                + "X-Frame: \(picture.number)\r\nX-Position: \(picture.positionText)\r\n\r\n"
            var buffer = ByteBuffer()
            buffer.reserveCapacity(head.utf8.count + picture.image.count + 2)
            buffer.writeString(head)
            buffer.writeBytes(picture.image)
            buffer.writeString("\r\n")
            return buffer
        }

        /// The picture shown last, as received.
        static func snapshot(of session: PlayerSession) async throws -> Response {
            guard let picture = await session.snapshot() else {
                throw Failure(.notFound, "noPicture", "No picture has been shown yet.", advice: "Press Play first.")
            }
            var headers: HTTPFields = [
                .contentType: "image/jpeg",
                .contentDisposition: "attachment; filename=\"snapshot-\(picture.number).jpg\"",
            ]
            headers.set("X-Frame", "\(picture.number)")
            headers.set("X-Position", picture.positionText)
            return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: picture.image)))
        }

        /// The recording so far.
        static func recording(of session: PlayerSession, _ name: String?) async throws -> Response {
            let format: MJPEGFormat
            switch name {
            case "lab": format = .lab
            case "raw", nil: format = .raw
            default: throw Failure(.badRequest, "badRequest", "The format is lab or raw.")
            }
            guard let reader = try await session.recordingReader(format) else {
                throw Failure(.notFound, "noRecording", "Nothing has been recorded yet.", advice: "Press Record while it plays.")
            }
            guard reader.framesTooLong == 0 else {
                throw Failure(
                    .conflict, "doesNotFit",
                    "\(reader.framesTooLong) of \(reader.frameCount) frames are longer than the lab format allows (99999 bytes).",
                    advice: "Download the recording as concatenated JPEGs.")
            }
            var headers: HTTPFields = [
                .contentType: "video/x-motion-jpeg",
                .contentDisposition: "attachment; filename=\"recording.\(format == .lab ? "Mjpeg" : "mjpeg")\"",
            ]
            headers.set("X-Frame-Count", "\(reader.frameCount)")
            let body = ResponseBody(contentLength: reader.byteCount) { writer in
                var reader = reader
                while let bytes = try reader.next() { try await writer.write(ByteBuffer(bytes: bytes)) }
                try await writer.finish(nil)
            }
            return Response(status: .ok, headers: headers, body: body)
        }
    }
#endif
