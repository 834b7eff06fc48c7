/// How a picture gets into packets of RFC 2435: the cheapest way that is exact, or why there is none.
public enum JPEGCarriage: Sendable, Hashable, CustomStringConvertible {
    /// As it is; its picture data is sent unchanged or, where its blocks stand in another order, re-ordered without loss.
    case direct
    /// Once it is coded anew, with coefficients untouched: the standard Huffman tables, one scan.
    case afterRecoding(JPEGError)
    /// Once it is decoded and encoded with another sampling, which costs a little quality; greyscale loses nothing.
    case afterReencoding(JPEGError)
    /// Not at all: it is broken.
    case never(JPEGError)

    /// What is in the way of this kind of trouble with a picture.
    public init(_ error: JPEGError) {
        self =
            switch error {
            case .progressive, .arithmetic, .severalScans, .foreignHuffmanTables: .afterRecoding(error)
            case .unsupportedProcess, .unsupportedPrecision, .unsupportedComponents, .notYCbCr, .unsupportedSampling,
                .differentChromaTables, .tooManyBytes:
                .afterReencoding(error)
            case .notJPEG, .truncated, .malformed: .never(error)
            }
    }

    /// How the picture in these bytes can travel, by its headers.
    ///
    /// Where several things are in the way, the gravest counts: what is broken before what has to be encoded again, and that before
    /// what has to be coded anew. Picture data is not decoded; damage in it shows only where it has to be re-ordered.
    public init(of image: Span<UInt8>) {
        do throws(JPEGError) {
            self.init(try JPEGImageHeader(scanning: image))
        } catch {
            self.init(error)
        }
    }

    /// How a picture with these headers can travel.
    init(_ header: JPEGImageHeader) {
        self = header.scan.count < JPEGPacketizer.dataLimit ? .direct : .afterReencoding(.tooManyBytes(header.scan.count))
    }

    /// Whether the picture can travel as it is.
    public var isDirect: Bool { self == .direct }

    /// What is in the way; `nil` where nothing is.
    public var reason: JPEGError? {
        switch self {
        case .direct: nil
        case .afterRecoding(let error), .afterReencoding(let error), .never(let error): error
        }
    }

    /// For people: one sentence.
    public var description: String {
        switch self {
        case .direct: "The picture can be sent as it is."
        case .afterRecoding(let error): "It can be sent once it is coded anew, which loses nothing: \(Self.clause(error))"
        case .afterReencoding(let error):
            "It can be sent once it is decoded and encoded, which costs a little quality: \(Self.clause(error))"
        case .never(let error): "It cannot be sent: \(Self.clause(error))"
        }
    }

    /// The command that makes a picture or a movie that can be sent of the file at `path`, for a shell; `nil` where none is needed or none
    /// would help.
    ///
    /// The result stands beside the file, with `-rtp` in its name. `jpegtran` (libjpeg) codes a picture anew without loss. All else,
    /// and movies, which `jpegtran` cannot read, are for `ffmpeg`, which has to be told to use the standard Huffman tables.
    public func conversionCommand(forFileAt path: String) -> String? {
        let isPicture = Self.pictureEndings.contains { path.lowercased().hasSuffix($0) }
        let (source, result) = (Self.quoted(path), Self.quoted(Self.resultPath(for: path)))
        switch self {
        case .direct, .never: return nil
        case .afterRecoding where isPicture: return "jpegtran -copy none -outfile \(result) \(source)"
        case .afterRecoding, .afterReencoding:
            return "ffmpeg -i \(source) -c:v mjpeg -pix_fmt yuvj420p -huffman default -q:v 2 \(result)"
        }
    }

    /// The graver, the larger.
    var gravity: Int {
        switch self {
        case .direct: 0
        case .afterRecoding: 1
        case .afterReencoding: 2
        case .never: 3
        }
    }

    private static let pictureEndings = [".jpg", ".jpeg", ".jpe", ".jfif"]

    /// The sentence for `error` as the second half of one.
    private static func clause(_ error: JPEGError) -> String {
        let sentence = error.description
        return sentence.prefix(1).lowercased() + sentence.dropFirst()
    }

    /// `-rtp` before the ending of the file's name.
    private static func resultPath(for path: String) -> String {
        let name = path.lastIndex(of: "/").map { path[path.index(after: $0)...] } ?? path[...]
        // A point at the beginning hides a file and begins no ending.
        guard let point = name.lastIndex(of: "."), point > name.startIndex else { return path + "-rtp" }
        return path[..<point] + "-rtp" + path[point...]
    }

    /// One word for a shell, and no option.
    private static func quoted(_ path: String) -> String {
        var word = path.hasPrefix("-") ? "'./" : "'"
        for character in path { word += character == "'" ? "'\\''" : String(character) }
        return word + "'"
    }
}
