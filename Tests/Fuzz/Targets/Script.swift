/// The byte language of the targets with a state: a stream of bytes for the control connection with steps between them.
///
/// `FE n` is the step numbered n, with the arguments that it asks for; every other byte is part of what the peer sends. So a dialogue
/// in plain text is a script, and libFuzzer's dictionary and its changes make sense of it.
enum Script {
    static let escape: UInt8 = 0xFE

    /// What stands in front of the next step, and its number; `nil` at the end.
    static func next(_ bytes: inout FuzzBytes) -> (sent: [UInt8], step: UInt8?)? {
        guard !bytes.isEmpty else { return nil }
        var sent: [UInt8] = []
        while !bytes.isEmpty {
            let byte = bytes.byte()
            if byte == escape { return (sent, bytes.byte()) }
            sent.append(byte)
        }
        return (sent, nil)
    }
}
