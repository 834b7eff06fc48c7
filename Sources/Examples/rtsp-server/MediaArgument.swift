import MJPEGSource
import RTSPNIO

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// One MEDIA argument: `[name=]path[@fps]`, or `[name=]-` for a stream of JPEGs on standard input.
struct MediaArgument {
    let name: String
    /// `nil` is standard input.
    let path: String?
    let framesPerSecond: Double

    init(_ argument: String, defaultRate: Double) throws {
        var rest = Substring(argument)
        var name: String?
        // A name has no slash, so a path with an equals sign in one of its folders needs no escape.
        if let equals = rest.firstIndex(of: "="), !rest[..<equals].contains("/"), equals > rest.startIndex,
            !FileManager.default.fileExists(atPath: argument)
        {
            name = String(rest[..<equals])
            rest = rest[rest.index(after: equals)...]
        }
        var rate = defaultRate
        if let at = rest.lastIndex(of: "@"), let stated = Double(rest[rest.index(after: at)...]),
            !FileManager.default.fileExists(atPath: String(rest))
        {
            guard (0.1...1000).contains(stated) else { throw ServerFailure.usage("\(argument): no such frame rate") }
            rate = stated
            rest = rest[..<at]
        }
        framesPerSecond = rate
        path = rest == "-" ? nil : String(rest)
        let fileName = rest == "-" ? "stdin" : URL(fileURLWithPath: String(rest)).lastPathComponent
        self.name = name ?? fileName
    }
}

/// One `--pattern` argument: `name[=WxH@fps]`.
struct PatternArgument {
    let name: String
    var width = 640
    var height = 360
    var framesPerSecond = 25

    init(_ argument: String) throws {
        let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
        guard let first = parts.first, !first.isEmpty else { throw ServerFailure.usage("--pattern needs a name") }
        name = first
        guard parts.count == 2 else { return }
        let sizeAndRate = parts[1].split(separator: "@", maxSplits: 1)
        let size = sizeAndRate.first?.split(separator: "x").compactMap { Int($0) } ?? []
        let rate = sizeAndRate.count == 2 ? Int(sizeAndRate[1]) : framesPerSecond
        guard size.count == 2, let rate, (16...2040).contains(size[0]), (16...2040).contains(size[1]),
            (1...240).contains(rate)
        else {
            throw ServerFailure.usage("--pattern \(argument): expected name=WIDTHxHEIGHT@FPS, up to 2040x2040")
        }
        width = size[0]
        height = size[1]
        framesPerSecond = rate
    }
}

/// Why the server cannot start; the exit status says which kind (the numbers are those of sysexits.h).
enum ServerFailure: Error, CustomStringConvertible {
    /// 64: the command line makes no sense.
    case usage(String)
    /// 66: a medium is missing, unreadable or empty.
    case noInput(String)
    /// 69: the address or the port cannot be had.
    case unavailable(String)

    var status: Int32 {
        switch self {
        case .usage: 64
        case .noInput: 66
        case .unavailable: 69
        }
    }

    var description: String {
        switch self {
        case .usage(let text), .noInput(let text), .unavailable(let text): text
        }
    }
}
