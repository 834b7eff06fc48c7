internal import RTSPKit

extension FuzzTarget {
    /// The course dialect: parsers in any cut, what is written, and a client's session on the replies.
    static let labDialect = FuzzTarget(name: "lab-dialect") { bytes in
        var input = FuzzBytes(bytes)
        let choice = input.byte()
        let stream = input.remainder()
        detect(stream)
        let requests = labRequests([stream])
        demandEqual(labRequests(stream.pieces), requests, "a cut does not change the requests")
        demandEqual(labRequests(stream.single), requests, "single bytes give the same requests")
        let replies = labReplies([stream])
        demandEqual(labReplies(stream.pieces), replies, "a cut does not change the replies")
        for case .request(let request) in requests { writeReply(to: request, choice) }
        labSession(replies, FuzzBytes(bytes))
    }

    private static let limits = LabParserLimits(maximumMessageBytes: 1024, maximumQueued: 8192)

    private static func detect(_ stream: [UInt8]) {
        var detector = DialectDetector()
        var verdict = DialectDetector.Verdict.undecided
        for piece in stream.pieces {
            let next = detector.append(piece.span)
            demand(verdict == .undecided || next == verdict, "a verdict stays")
            verdict = next
        }
        demandEqual(verdict, DialectDetector.verdict(on: stream.span), "a cut does not change the verdict")
        demand(verdict != .undecided || stream.count < DialectDetector.maximumBytes, "a verdict comes")
    }

    private static func labRequests(_ pieces: [[UInt8]]) -> [LabParseResult] {
        var parser = LabRequestParser(limits: limits)
        var results: [LabParseResult] = []
        for piece in pieces {
            parser.append(piece.span, at: .start)
            while let result = parser.next(at: .start) { results.append(result) }
        }
        let later = ContinuousClock.Instant.start + .seconds(1)
        while let result = parser.next(at: later) { results.append(result) }
        demand(parser.deadline == nil, "quiet ends a message")
        return results
    }

    private static func labReplies(_ pieces: [[UInt8]]) -> [LabReply] {
        var parser = LabResponseParser(limits: limits)
        var results: [LabReply] = []
        for piece in pieces {
            parser.append(piece.span, at: .start)
            while let result = parser.next(at: .start) { results.append(result) }
        }
        parser.endOfStream()
        while let result = parser.next(at: .start) { results.append(result) }
        return results
    }

    private static func writeReply(to request: RTSPRequest, _ choice: UInt8) {
        let response = RTSPResponse(RTSPStatus(code: Int(choice) * 4, reasonPhrase: request.url), cSeq: request.cSeq)
        let media = LabMediaInfo(totalSeconds: Int(choice) << 40, framesPerSecond: -1, frameCount: 5, file: request.url)
        for info in [media, nil] {
            let bytes = LabSerializer.bytes(
                of: response, sessionNumber: 123_456, media: info, lineEnding: choice & 1 == 0 ? .lf : .crlf)
            demand(bytes.count < LabDialect.readSize, "a reply fits one read")
        }
        guard let bytes = try? LabSerializer.bytes(of: request, portSpelling: choice & 2 == 0 ? .blankAfterEquals : .noBlank)
        else {
            return
        }
        demand(bytes.count <= LabDialect.readSize, "a request fits one read")
        demand(bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 10 || $0 == 13 }, "a request is text")
    }

    /// The replies, with time and commands between them: the session ends when its owner wants it to.
    private static func labSession(_ replies: [LabReply], _ bytes: FuzzBytes) {
        var (bytes, now) = (bytes, ContinuousClock.Instant.start)
        var session = LabClientSession(at: now)
        _ = try? session.perform(.setup(file: "movie.Mjpeg", clientPort: 25_000), at: now)
        for reply in replies {
            now += bytes.duration()
            if case .response(let response) = reply { _ = session.receive(response, at: now) }
            switch bytes.byte() & 7 {
            case 0: _ = try? session.perform(.play, at: now)
            case 1: _ = try? session.perform(.pause, at: now)
            case 2: _ = session.mediaArrived(at: now)
            case 3: _ = session.connectionOpened(at: now)
            case 4: _ = session.connectionClosed(at: now)
            case 5: _ = try? session.perform(.teardown, at: now)
            default: break
            }
            if let deadline = session.deadline, deadline <= now {
                _ = session.advance(to: now)
                demand(session.deadline.map { $0 > now } ?? true, "what is due is done")
            }
        }
        _ = try? session.perform(.teardown, at: now)
        for _ in 0..<8 {
            guard let deadline = session.deadline else { break }
            _ = session.advance(to: deadline)
        }
        guard case .closed = session.state else { return demand(false, "TEARDOWN ends a session, answered or not") }
    }
}
