import RTPTransport
import RTSPKit
import RTSPTestKit

extension Scenario {
    /// Somebody who plays a short movie to its end.
    static func short(
        frames: Int = 3, size: Int = 3000, transport: ClientConfiguration.TransportChoice = .udp, seed: UInt64 = 7
    ) -> Scenario {
        var scenario = Scenario(empty: seed)
        scenario.network = NetworkConditions(delay: .milliseconds(20))
        scenario.media["/movie"] = .stored(frames: frames, framesPerSecond: 10, size: size)
        var viewer = Viewer(
            path: "/movie",
            acts: [
                Act(.connect, at: .zero), Act(.play(nil), at: .milliseconds(300)),
                Act(.tearDown, at: .milliseconds(1000) + .milliseconds(100) * frames),
            ])
        viewer.transport = transport
        viewer.playout = .fixed(.milliseconds(50))
        scenario.viewers = [viewer]
        return scenario
    }

    /// What happened when it ran.
    var transcript: Transcript { run(records: true).transcript ?? Transcript(start: .now) }
}

extension Transcript {
    static let client = Machine(.client, 1)
    static let server = Machine(.server, 1)
    static let stream = StreamID(rawValue: 1)

    /// What one machine would have put down by itself.
    func only(_ role: Machine.Role, inputsOnly: Bool = false) -> Transcript {
        var part = self
        part.participants.removeAll { $0.machine.role != role }
        part.entries.removeAll { $0.machine.role != role }
        if inputsOnly { part.entries.removeAll { if case .input = $0.what { false } else { true } } }
        return part
    }

    mutating func add(_ milliseconds: Int, _ machine: Machine, _ what: What) {
        entries.append(Entry(what, to: machine, at: .milliseconds(milliseconds)))
    }

    /// A message from one machine to the other that takes 10 ms.
    mutating func say(_ milliseconds: Int, from sender: Machine, to receiver: Machine, _ text: String) {
        add(milliseconds, sender, .output(.bytes(Array(text.utf8))))
        add(milliseconds + 10, receiver, .input(.bytes(Array(text.utf8))))
    }

    /// RTP packets of 20 bytes from `firstNumber` on.
    static func packets(_ count: Int, firstNumber: UInt16, timestamp: UInt32) -> [[UInt8]] {
        (0..<count).map { index in
            var packet: [UInt8] = []
            RTPHeader(
                marker: index == count - 1, payloadType: 26, sequenceNumber: firstNumber &+ UInt16(index),
                timestamp: RTPTimestamp(rawValue: timestamp), ssrc: 9
            ).append(to: &packet)
            return packet + Array(repeating: UInt8(index), count: 8)
        }
    }

    /// A frame of which the packets arrive that are counted in `arriving`, 10 ms later.
    mutating func send(_ milliseconds: Int, _ packets: [[UInt8]], arriving: [Int]) {
        let batch = RTPPacketBatch(bytes: packets.flatMap(\.self), stride: 20)
        add(milliseconds, Self.server, .output(.batch(batch, Self.stream)))
        for index in arriving { add(milliseconds + 10, Self.client, .input(.rtp(packets[index]))) }
    }

    /// By hand, without saying what the machines were made of.
    static func byHand() -> Transcript {
        var transcript = Transcript(start: .now)
        transcript.say(
            0, from: client, to: server, "SETUP rtsp://host/movie RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP;unicast\r\n\r\n")
        transcript.add(10, server, .output(.open(stream, .datagrams(rtp: 5000, rtcp: 5001))))
        transcript.say(10, from: server, to: client, "RTSP/1.0 200 OK\r\nCSeq: 1\r\nSession: 0123456789abcdef;timeout=60\r\n\r\n")
        transcript.send(30, packets(3, firstNumber: 65_534, timestamp: 100), arriving: [0, 1, 2])
        transcript.send(70, packets(3, firstNumber: 1, timestamp: 200), arriving: [0, 2])
        transcript.send(110, packets(2, firstNumber: 4, timestamp: 300), arriving: [])
        transcript.add(500, client, .input(.tearDown))
        return transcript
    }
}

/// Says what is wrong with a document that should be XML; `nil` where all is well. It knows elements, attributes in double quotes
/// and the five entities, and nothing else.
func complaint(aboutXML text: String) -> String? {
    var open: [String] = []
    var rest = text[...]
    func isSound(_ text: Substring) -> Bool {
        text.split(separator: "&", omittingEmptySubsequences: false).dropFirst().allSatisfy { part in
            ["amp;", "lt;", "gt;", "quot;", "#39;"].contains { part.hasPrefix($0) }
        } && text.unicodeScalars.allSatisfy { $0.value >= 32 || $0 == "\n" }
    }
    while let start = rest.firstIndex(of: "<") {
        guard isSound(rest[..<start]), !rest[..<start].contains(">") || open.last == "style" else {
            return "text: \(rest[..<start])"
        }
        guard let end = rest[start...].firstIndex(of: ">") else { return "a tag does not end" }
        var tag = rest[rest.index(after: start)..<end]
        rest = rest[rest.index(after: end)...]
        if tag.first == "/" {
            guard open.popLast() == String(tag.dropFirst()) else { return "\(tag) ends what is not open" }
            continue
        }
        let isEmpty = tag.last == "/"
        if isEmpty { tag.removeLast() }
        let quotes = tag.split(separator: "\"", omittingEmptySubsequences: false)
        guard quotes.count % 2 == 1, !tag.contains("<"), isSound(tag) else { return "tag: \(tag)" }
        for index in stride(from: 0, to: quotes.count - 1, by: 2) where !quotes[index].hasSuffix("=") {
            return "attribute: \(tag)"
        }
        guard let name = tag.split(separator: " ").first, name.allSatisfy(\.isLetter) else { return "name: \(tag)" }
        if !isEmpty { open.append(String(name)) }
    }
    return open.isEmpty && rest.allSatisfy(\.isWhitespace) ? nil : "not closed: \(open), left: \(rest)"
}
