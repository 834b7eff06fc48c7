import RTSPKit
import RTSPTestKit
import Testing

@Suite struct MessageGeneratorTests {
    /// All that a parser makes of some bytes.
    struct Outcome: Sendable, Equatable {
        var messages: [RTSPMessage] = []
        var error: RTSPParseError?
        var mostBuffered = 0
    }

    static func parse(_ pieces: [[UInt8]], limits: RTSPParserLimits = .default) -> Outcome {
        var parser = RTSPParser(limits: limits)
        var outcome = Outcome()
        for piece in pieces {
            parser.append(piece.span)
            do {
                while let message = try parser.next() { outcome.messages.append(message) }
            } catch {
                outcome.error = error
            }
            outcome.mostBuffered = max(outcome.mostBuffered, parser.bufferedByteCount)
        }
        return outcome
    }

    @Test(arguments: GeneratorMood.allCases, MessageGenerator.Speaker.allCases)
    func `the same seed gives the same message, another seed another`(
        mood: GeneratorMood, speaker: MessageGenerator.Speaker
    ) {
        let generator = MessageGenerator(speaker)
        #expect((0..<50).allSatisfy { generator.sample(mood, seed: $0) == generator.sample(mood, seed: $0) })
        #expect(Set((0..<50).map { generator.sample(mood, seed: $0).bytes }).count > 25)
    }

    @Test(arguments: MessageGenerator.Speaker.allCases)
    func `a valid message is read as what it means, however it is cut`(speaker: MessageGenerator.Speaker) {
        var dice = SeededGenerator(seed: 1)
        for _ in 0..<60 {
            let sample = MessageGenerator(speaker).sample(.valid, using: &dice)
            let bytes = ParserVerifier.glued(sample.bytes)
            #expect(Self.parse([bytes]).messages == (sample.messages ?? []) + (sample.messages ?? []), "\(sample)")
            let deviation = ParserVerifier.firstDeviation(of: bytes, step: 7, using: &dice) { Self.parse($0).messages }
            #expect(deviation == nil, "\(sample.label) \(deviation?.description ?? "")")
        }
    }

    @Test func `every method, many statuses and frames are among the valid messages`() {
        var (methods, codes, frames): (Set<RTSPMethod>, Set<Int>, Int) = ([], [], 0)
        for seed in 0..<2_000 as Range<UInt64> {
            for message in MessageGenerator(seed % 2 == 0 ? .client : .server).sample(.valid, seed: seed).messages ?? [] {
                switch message {
                case .request(let request): methods.insert(request.method)
                case .response(let response): codes.insert(response.status.code)
                case .interleaved: frames += 1
                }
            }
        }
        #expect(methods.isSuperset(of: RTSPMethod.allDefined))
        #expect(codes.count >= 10)
        #expect(frames > 100)
    }

    @Test func `the phrase of a status is read as it was written`() throws {
        var phrases: Set<String> = []
        for seed in 0..<200 as Range<UInt64> {
            let sample = MessageGenerator(.server).sample(.valid, seed: seed)
            guard case .response(let expected)? = sample.messages?.first else { continue }
            guard case .response(let found)? = Self.parse([sample.bytes]).messages.first else {
                Issue.record("\(sample)")
                continue
            }
            #expect(found.status.reasonPhrase == expected.status.reasonPhrase)
            phrases.insert(found.status.reasonPhrase)
        }
        #expect(phrases.contains("Très bien"))
    }

    @Test(arguments: MessageGenerator.Quirk.allCases)
    func `what the field sends is read as it is meant`(quirk: MessageGenerator.Quirk) {
        var dice = SeededGenerator(seed: 2)
        for speaker in MessageGenerator.Speaker.allCases {
            for _ in 0..<15 {
                let sample = MessageGenerator(speaker).sample(quirk, using: &dice)
                let outcome = Self.parse([sample.bytes])
                #expect(outcome.error == nil, "\(sample)")
                #expect(outcome.messages == sample.messages, "\(sample)")
                #expect(
                    ParserVerifier.firstDeviation(of: sample.bytes, step: 11, randomCuts: 4, using: &dice) {
                        Self.parse($0).messages
                    } == nil, "\(sample)")
            }
        }
    }

    @Test func `a stream of messages is what its messages are, back to back`() {
        for seed in 0..<20 as Range<UInt64> {
            var dice = SeededGenerator(seed: seed)
            let stream = MessageGenerator(.client).stream(of: 10, seed % 2 == 0 ? .valid : .odd, using: &dice)
            #expect(Self.parse([stream.bytes]).messages == stream.messages, "\(stream.label)")
        }
    }

    @Test func `messages of a stream are numbered from where it is told to begin`() {
        var dice = SeededGenerator(seed: 4)
        for speaker in MessageGenerator.Speaker.allCases {
            let stream = MessageGenerator(speaker, cSeq: 40).stream(of: 20, .valid, using: &dice)
            for (index, message) in (stream.messages ?? []).enumerated() {
                switch message {
                case .request(let request): #expect(request.cSeq == 40 + index)
                case .response(let response): #expect(response.cSeq == 40 + index)
                case .interleaved: continue
                }
            }
            #expect(stream.messages?.count == 20)
        }
    }

    @Test(arguments: MessageGenerator.Attack.allCases)
    func `hostile bytes end the same however they are cut, and never wait in more than the limits allow`(
        attack: MessageGenerator.Attack
    ) {
        let limits = RTSPParserLimits()
        let most = limits.body + limits.headerBytes + limits.startLine
        var dice = SeededGenerator(seed: 3)
        var endings: Set<String> = []
        for speaker in MessageGenerator.Speaker.allCases {
            for _ in 0..<8 {
                let sample = MessageGenerator(speaker).sample(attack, using: &dice)
                #expect(sample.messages == nil)
                let whole = Self.parse([sample.bytes])
                endings.insert(whole.error.map { "\($0.reason)" } ?? "none")
                for cut in ParserVerifier.randomCuts(of: sample.bytes, count: 3, pieces: 40, using: &dice) {
                    let outcome = Self.parse(cut)
                    #expect(outcome.messages == whole.messages, "\(sample.label)")
                    #expect(outcome.error == whole.error, "\(sample.label)")
                    #expect(outcome.mostBuffered <= most, "\(sample.label)")
                }
            }
        }
        // Those whose very point is a limit must meet it.
        let expected: [MessageGenerator.Attack: String] = [
            .negativeLength: "invalidContentLength", .hugeLength: "bodyTooLarge", .contradictoryLengths: "invalidContentLength",
            .unreadableLength: "invalidContentLength", .endlessStartLine: "startLineTooLong", .junkFlood: "tooMuchJunk",
        ]
        if let reason = expected[attack] { #expect(endings.contains(reason), "\(endings)") }
    }
}
