/// Reads the headers of one picture of a source after the other, and answers from memory while they stay the same.
///
/// The pictures of a camera or a movie mostly begin with the same bytes up to their data, so what they are, and how they can travel, is
/// decided once, and again when those bytes change. Headers of more than 64 KiB are read every time.
public struct JPEGHeaderMemory: Sendable, Hashable {
    /// What the bytes were found to be.
    private enum Answer: Sendable, Hashable {
        case header(JPEGImageHeader)
        case hindrance(JPEGError)
    }

    /// The longest headers that are kept.
    private static let maximumLength = 1 << 16

    /// The last picture up to its data; empty where there is nothing to remember.
    private var bytes: [UInt8] = []
    private var answer: Answer?

    /// How many times headers were read because they differed from those before. Unchanged after a picture, it says that the picture
    /// is of the same kind, tables included, as the one before.
    public private(set) var readCount = 0

    /// Remembers nothing yet.
    public init() {}

    /// The headers of `image`, as ``JPEGImageHeader/init(scanning:)`` reads them.
    /// - Throws: ``JPEGError`` where RFC 2435 cannot carry the picture. What is broken is read anew every time.
    public mutating func header(of image: Span<UInt8>) throws(JPEGError) -> JPEGImageHeader {
        switch remembered(image) {
        case .header(var header):
            let start = header.scan.lowerBound
            header.scan = start..<JPEGHeaderScanner.endOfScan(in: image, from: start)
            guard !header.scan.isEmpty else { throw .truncated }
            return header
        case .hindrance(let error): throw error
        case nil: return try read(image)
        }
    }

    /// How `image` can travel, as ``JPEGCarriage/init(of:)`` has it; of a picture in several scans, the headers before the first decide.
    public mutating func carriage(of image: Span<UInt8>) -> JPEGCarriage {
        do throws(JPEGError) {
            // Where the data ends does not matter here, so it is not looked for.
            if case .header(let known) = remembered(image) { return JPEGCarriage(known) }
            return JPEGCarriage(try header(of: image))
        } catch {
            return JPEGCarriage(error)
        }
    }

    private func remembered(_ image: Span<UInt8>) -> Answer? {
        guard let answer, bytes.count <= image.count,
            JPEGHeaderScanner.equal(image.extracting(0..<bytes.count), bytes.span)
        else { return nil }
        return answer
    }

    private mutating func read(_ image: Span<UInt8>) throws(JPEGError) -> JPEGImageHeader {
        readCount &+= 1
        var scanner = JPEGHeaderScanner()
        do throws(JPEGError) {
            let header = try scanner.scan(image)
            keep(.header(header), image, upTo: header.scan.lowerBound)
            return header
        } catch {
            // One broken picture among sound ones is no reason to forget those.
            if case .never = JPEGCarriage(error) { throw error }
            keep(.hindrance(error), image, upTo: scanner.scanStart ?? .max)
            throw error
        }
    }

    private mutating func keep(_ answer: Answer, _ image: Span<UInt8>, upTo end: Int) {
        bytes = []
        self.answer = nil
        guard end <= min(Self.maximumLength, image.count) else { return }
        bytes.append(span: image.extracting(0..<end))
        self.answer = answer
    }
}
