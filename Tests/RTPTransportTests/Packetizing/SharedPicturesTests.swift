import Testing

@testable import RTPTransport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The pictures that real programs wrote, where they lie beside the repository; each says how it can travel.
struct SharedPicturesTests {
    private struct Row: CustomStringConvertible {
        var name: String
        var carriage: String
        var description: String { name }
    }

    private static func read(_ name: String) -> [UInt8]? {
        let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(5).joined(separator: "/")
        guard let file = unsafe fopen("\(folder)/shared/media/jpeg/\(name)", "rb") else { return nil }
        defer { unsafe fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe fread(&buffer, 1, buffer.count, file)
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
    }

    private static let rows: [Row] = {
        guard let manifest = read("manifest.tsv") else { return [] }
        return String(decoding: manifest, as: UTF8.self).split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split(separator: "\t")
            return fields.count >= 3 ? Row(name: String(fields[0]), carriage: String(fields[2])) : nil
        }
    }()

    private func isExpected(_ carriage: JPEGCarriage, _ words: String) -> Bool {
        switch carriage {
        case .direct:
            words.hasPrefix("as it is") || words.hasPrefix("beyond the header") || words.contains("sent as it is")
                || words.hasPrefix("carried or refused")
        case .afterRecoding: words.contains("re-coding") || words.hasPrefix("carried or refused")
        case .afterReencoding: words.contains("re-encoding") || words.hasPrefix("carried or refused")
        case .never: words.hasPrefix("refused") || words.hasPrefix("carried or refused")
        }
    }

    @Test func `each picture can travel as its list says`() {
        for row in Self.rows {
            let image = Self.read(row.name) ?? []
            let carriage = JPEGCarriage(of: image)
            #expect(isExpected(carriage, row.carriage), "\(row): \(carriage)")
        }
    }

    @Test func `what can travel does, with every option, whole`() throws {
        for row in Self.rows {
            let image = Self.read(row.name) ?? []
            guard let header = try? JPEGImageHeader(scanning: image) else { continue }
            for aligns in [false, true] {
                var options = JPEGPacketizer.Options()
                options.alignsToRestartIntervals = aligns
                var packetizer = JPEGPacketizer(options: options)
                let packets = try packetizer.packets(image)
                #expect(packets.flatMap(\.data) == Array(image[header.scan]), "\(row)")
                #expect(packets.allSatisfy { $0.bytes.count <= 1412 })
                #expect((packets[0].extensionMark == 0xFFD8) == !header.fitsPayloadHeader, "\(row)")
                if aligns, header.restartInterval > 0, !row.name.contains("mutated") {
                    #expect(packets.allSatisfy { $0.restart?.count != 0x3FFF }, "\(row)")
                }
            }
        }
    }
}
