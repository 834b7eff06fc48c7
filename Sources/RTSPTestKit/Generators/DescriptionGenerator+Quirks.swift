internal import RTSPKit

extension DescriptionGenerator {
    /// What devices send against the RFC, and must not cost the stream of pictures. The raw value is the number that the quirk is
    /// known by in this library.
    public enum Quirk: String, Sendable, Hashable, CaseIterable {
        /// No `v=`.
        case missingVersion = "S01"
        /// No `s=`.
        case missingName = "S02"
        /// No `o=`.
        case missingOrigin = "S03"
        /// No `t=`, and what is left in any order.
        case anyOrder = "S04"
        /// LF for line ends, empty lines, no end of the last line.
        case lineFeeds = "S05"
        /// Blanks in the user name.
        case blanksInUser = "S06"
        /// The session in hexadecimal.
        case hexadecimalSession = "S07"
        /// Decimal or negative numbers in the origin.
        case oddNumbers = "S08"
        /// `IN IPV4`, or `IP IP4`.
        case oddNetwork = "S09"
        /// An origin or a connection that is cut off.
        case cutOff = "S10"
        /// A connection without `IP4`.
        case missingAddressType = "S11"
        /// `t=now-`.
        case oddTime = "S12"
        /// Bandwidths of other types.
        case oddBandwidth = "S13"
        /// Another transport in one section.
        case oddProtocol = "S14"
        /// A section with a format that is no number.
        case oddFormat = "S15"
        /// A section of another kind.
        case oddKind = "S16"
        /// A section that cannot be read.
        case unreadableSection = "S17"
        /// Several names, also in a section.
        case severalNames = "S18"
        /// Parameters of one stream in another.
        case misplacedParameters = "S19"
        /// A blank at the end of `rtpmap`.
        case trailingBlank = "S20"
        /// `fmtp` without parameters.
        case emptyParameters = "S21"
        /// `control` of the session absolute, a query, or missing.
        case oddControl = "S22"
        /// Channels of audio that need no mention.
        case opus = "S24"
        /// Directions that do not exist.
        case oddDirection = "S25"
        /// Parameter sets that are empty or broken.
        case oddParameterSets = "S26"
        /// A clock rate of 0, or none.
        case missingClockRate = "S27"
        /// Two streams with one control URL.
        case duplicateControl = "S28"

        var label: String { "\(rawValue) \(self)" }
    }

    /// A description with this quirk, whose stream of pictures must be found all the same.
    public func sample(_ quirk: Quirk, using generator: inout some RandomNumberGenerator) -> Sample {
        var draft = Draft()
        change(&draft, by: quirk, using: &generator)
        return Sample(label: quirk.label, bytes: draft.bytes, expected: nil)
    }

    /// The lines of a description, by where they stand.
    private struct Draft {
        var head = ["v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=movie", "c=IN IP4 0.0.0.0", "t=0 0", "a=control:*", "a=range:npt=0-10"]
        /// Sections before the pictures.
        var before: [String] = []
        var picture = ["m=video 0 RTP/AVP 26", "a=rtpmap:26 JPEG/90000", "a=control:stream=0", "a=framerate:25"]
        var after: [String] = []
        var lineEnd = "\r\n"
        var isClosed = true

        mutating func replace(_ type: String, _ line: String?) {
            guard let index = head.firstIndex(where: { $0.utf8.starts(with: type.utf8) }) else { return }
            if let line { head[index] = line } else { head.remove(at: index) }
        }

        var bytes: [UInt8] {
            let lines = head + before + picture + after + (isClosed ? [""] : [])
            return Array(lines.joined(separator: lineEnd).utf8)
        }
    }

    private func change(_ draft: inout Draft, by quirk: Quirk, using generator: inout some RandomNumberGenerator) {
        switch quirk {
        case .missingVersion: draft.replace("v=", nil)
        case .missingName: draft.replace("s=", nil)
        case .missingOrigin: draft.replace("o=", nil)
        case .anyOrder:
            draft.replace("t=", nil)
            draft.head.shuffle(using: &generator)
        case .lineFeeds:
            draft.lineEnd = "\n"
            draft.isClosed = generator.onceIn(2)
            draft.head.insert("", at: generator.number(0...draft.head.count))
        case .blanksInUser: draft.replace("o=", "o=IP Camera (1) 1 1 IN IP4 192.0.2.1")
        case .hexadecimalSession: draft.replace("o=", "o=- \(generator.hexadecimal(16)) 1 IN IP4 192.0.2.1")
        case .oddNumbers: draft.replace("o=", generator.one(of: "o=- 1.5 1 IN IP4 h", "o=- -7 -1 IN IP4 h", "o=- 1e9 0 IN IP4 h"))
        case .oddNetwork: draft.replace("o=", generator.one(of: "o=- 1 1 IN IPV4 192.0.2.1", "o=- 1 1 IP IP4 192.0.2.1"))
        case .cutOff:
            draft.replace("o=", generator.one(of: "o=- 1001 1 IN", "o=-", "o=", "o=- 1 1 IN IP4"))
            draft.replace("c=", generator.one(of: "c=IN", "c=", "c=IN IP4", "c=IN IP4 "))
        case .missingAddressType: draft.replace("c=", "c=IN 192.0.2.1")
        case .oddTime: draft.replace("t=", "t=now-")
        case .oddBandwidth:
            draft.head.append(generator.one(of: "b=TIAS:1", "b=RS:0", "b=RR:x", "b=:", "b=X-YZ:128", "b=AS:99999999999"))
        default: changeSections(&draft, by: quirk, using: &generator)
        }
    }

    private func changeSections(_ draft: inout Draft, by quirk: Quirk, using generator: inout some RandomNumberGenerator) {
        let video = ["m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000", "a=control:stream=1"]
        switch quirk {
        case .oddProtocol: draft.before = ["m=video 0 MP2T/RTP/UDP 33", "a=control:stream=1"]
        case .oddFormat: draft.before = ["m=application/MERCURY 0 RTP/AVP smart/1/90000", "a=control:stream=1"]
        case .oddKind: draft.before = ["m=\(generator.one(of: "meta", "metadata", "vana")) 0 RTP/AVP 107", "a=control:stream=1"]
        case .unreadableSection:
            draft.before = [
                generator.one(of: "m=", "m=video", "m=audio -1 RTP/AVP 0", "m=audio 99999 RTP/AVP 0"), "a=control:stream=1",
            ]
        case .severalNames:
            draft.head.append("s=again")
            draft.picture += ["s=inside", "i=one", "i=two"]
        case .misplacedParameters:
            draft.picture.append("a=fmtp:96 packetization-mode=1")
            draft.after = video
        case .trailingBlank: draft.picture[1] = "a=rtpmap:26 JPEG/90000 "
        case .emptyParameters: draft.before = video + ["a=fmtp:96"]
        case .oddControl:
            draft.replace("a=control", generator.one(of: "a=control:rtsp://host/movie/", "a=control:?a=b", "a=control:", nil))
            draft.picture = ["m=video 0 RTP/AVP 26", "a=control:stream=0", "a=rtpmap:26 JPEG/90000"]
        case .opus: draft.before = ["m=audio 0 RTP/AVP 111", "a=rtpmap:111 opus/48000/1", "a=control:stream=1"]
        case .oddDirection: draft.picture.append(generator.one(of: "a=sendonly", "a=recvonly:", "a=CV-RTSPHandler", "a=sendback"))
        case .oddParameterSets:
            let sets = generator.one(of: "", "AAAAAWdCACg=,AAAAAWjOPIA=", "Z0IAKA==;", "!!!", ",,,")
            draft.before = video + ["a=fmtp:96 sprop-parameter-sets=\(sets)"]
        case .missingClockRate:
            draft.picture[1] = generator.one(of: "a=rtpmap:26 JPEG/0", "a=rtpmap:26 JPEG", "a=rtpmap:26 JPEG/")
        default: draft.after = ["m=audio 0 RTP/AVP 0", "a=control:stream=0"]
        }
    }
}

extension DescriptionGenerator {
    /// What only attackers and broken devices send.
    public enum Attack: String, Sendable, Hashable, CaseIterable {
        /// More bytes than a description may have.
        case tooLarge
        /// More lines than it may have.
        case tooManyLines
        /// More sections than it may have.
        case tooManySections
        /// One line of many kilobytes.
        case longLine
        /// Numbers beyond what they may be.
        case absurdNumbers
        /// Control characters, and bytes that are no UTF-8.
        case controlCharacters
        /// Lines that are none.
        case brokenLines
        /// A good description with bits flipped or pieces lost.
        case damaged
        /// A good description that breaks off.
        case truncated
        /// Any bytes at all.
        case noise
    }

    /// A description of this kind; nothing is promised of it but that it does no harm.
    public func sample(_ attack: Attack, using generator: inout some RandomNumberGenerator) -> Sample {
        Sample(label: "hostile \(attack)", bytes: bytes(of: attack, using: &generator), expected: nil)
    }

    private func bytes(of attack: Attack, using generator: inout some RandomNumberGenerator) -> [UInt8] {
        let good = Draft().bytes
        switch attack {
        case .tooLarge: return good + [UInt8](repeating: 0x61, count: generator.number(131_072...200_000))
        case .tooManyLines:
            return good
                + Array(String(repeating: generator.one(of: "a=b\r\n", "\n", "x\n"), count: generator.number(2_000...5_000)).utf8)
        case .tooManySections:
            return good + Array(String(repeating: "m=video 0 RTP/AVP 26\n", count: generator.number(60...300)).utf8)
        case .longLine:
            let start = generator.one(
                of: "o=", "s=", "c=IN IP4 ", "b=AS:", "a=", "m=video 0 RTP/AVP ", "a=rtpmap:26 ", "a=range:npt=")
            let part = generator.one(of: "a", " 1", ":", "/", "1", "-", "=")
            return good + Array((start + String(repeating: part, count: generator.number(1_000...40_000))).utf8)
        case .absurdNumbers:
            let number = generator.one(of: "-1", "65536", "4294967296", "99999999999999999999999", "1e999", "nan", "")
            let lines = [
                "o=- \(number) \(number) IN IP4 \(number)", "c=IN IP4 1.2.3.4/\(number)/\(number)", "b=AS:\(number)",
                "t=\(number) \(number)", "a=range:npt=\(number)-\(number)", "m=video \(number)/\(number) RTP/AVP \(number) 26",
                "a=rtpmap:\(number) JPEG/\(number)/\(number)", "a=framerate:\(number)", "a=framesize:26 \(number)-\(number)",
                "a=x-dimensions:\(number),\(number)", "a=fmtp:\(number) \(number)",
            ]
            return Array(lines.shuffled(using: &generator).joined(separator: "\n").utf8)
        case .controlCharacters:
            var bytes = good
            for _ in 0..<generator.number(1...20) {
                bytes.insert(generator.one(of: 0, 1, 0x0D, 0x7F, 0x80, 0xC0, 0xFF), at: generator.number(0...bytes.count))
            }
            return bytes
        case .brokenLines:
            let lines = [
                "=", "a", "a=", "=a", "m=", "m==", "a=:", "a=rtpmap", "a=rtpmap:", "a=rtpmap:26", "c=", "o=", "b=", "  ", "é=",
            ]
            return Array(
                (0..<generator.number(1...40)).map { _ in generator.one(of: lines, else: "") }.joined(separator: "\n").utf8)
        case .damaged: return generator.damaged(good)
        case .truncated: return Array(good.prefix(generator.number(0...good.count)))
        case .noise: return generator.bytes(generator.number(0...2_000))
        }
    }
}
