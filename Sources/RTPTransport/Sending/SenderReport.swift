/// The RTCP packets that a sender needs. No report blocks, since it receives nothing.
extension RTPSender {
    /// Appends what the sender says about its stream (RFC 3550 section 6.4.1).
    ///
    /// ```text
    /// |V=2|P|   RC=0  |    PT=200     |            length=6           |
    /// |                             SSRC                              |
    /// |             NTP timestamp, most significant word              |
    /// |             NTP timestamp, least significant word             |
    /// |                         RTP timestamp                         |
    /// |                     sender's packet count                     |
    /// |                      sender's octet count                     |
    /// ```
    func appendSenderReport(streamTime: Duration, ntp: NTPTimestamp, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: [0x80, 200, 0, 6])
        bytes.appendBigEndian(ssrc)
        bytes.appendBigEndian(ntp.rawValue)
        bytes.appendBigEndian(timestamp(at: streamTime).rawValue)
        bytes.appendBigEndian(packetCount)
        bytes.appendBigEndian(octetCount)
    }

    /// Appends who the source is: one chunk with one CNAME item (RFC 3550 section 6.5).
    ///
    /// ```text
    /// |V=2|P|   SC=1  |    PT=202     |            length             |
    /// |                             SSRC                              |
    /// |    CNAME=1    |  name length  | name, 0...255 bytes         …
    /// |  1...4 zero bytes up to the next 32-bit boundary              |
    /// ```
    func appendSourceDescription(to bytes: inout [UInt8]) {
        let name = Self.shortened(canonicalName)
        let item = 2 + name.count
        bytes.append(contentsOf: [0x81, 202])
        bytes.appendBigEndian(UInt16(truncatingIfNeeded: 1 + item / 4 + 1))
        bytes.appendBigEndian(ssrc)
        bytes.append(1)
        bytes.append(UInt8(truncatingIfNeeded: name.count))
        bytes.append(contentsOf: name)
        bytes.append(contentsOf: repeatElement(0, count: 4 - item % 4))
    }

    /// Appends that the source leaves (RFC 3550 section 6.6).
    ///
    /// ```text
    /// |V=2|P|   SC=1  |    PT=203     |            length=1           |
    /// |                             SSRC                              |
    /// ```
    func appendGoodbye(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: [0x81, 203, 0, 1])
        bytes.appendBigEndian(ssrc)
    }

    /// The name in UTF-8, cut between characters where it is longer than its length byte can say.
    private static func shortened(_ name: String) -> [UInt8] {
        var bytes: [UInt8] = []
        for character in name {
            guard bytes.count + character.utf8.count <= 255 else { break }
            bytes.append(contentsOf: character.utf8)
        }
        return bytes
    }
}
