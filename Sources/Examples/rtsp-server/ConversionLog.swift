import RTPTransport
import RTSPNIO

/// Puts conversions into lines for the operator.
enum ConversionLog {
    /// The line for a notice.
    static func line(_ presentation: String, _ notice: ConversionNotice) -> String {
        switch notice {
        case .began(.recoded, let error):
            "\(presentation): pictures are coded anew for RFC 2435\(reason(error)), their content untouched"
        case .began(_, nil): "\(presentation): pictures are made smaller for readers that asked for it"
        case .began(_, let error): "\(presentation): pictures are decoded and encoded for RFC 2435\(reason(error))"
        case .failed(let error): "warning: \(presentation): a picture cannot be converted and is left out: \(error)"
        }
    }

    /// The line when the server stops; `nil` where nothing was converted.
    static func line(_ statistics: ConversionStatistics) -> String? {
        guard statistics.count > 0 else { return nil }
        let parts = [
            (statistics.recoded, "coded anew"), (statistics.reencoded, "decoded and encoded"),
            (statistics.untouched, "untouched"),
            (statistics.failed, "failed"), (statistics.shared, "shared"), (statistics.abandoned, "abandoned"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return "conversions: " + parts.joined(separator: ", ")
            + ", \(milliseconds(statistics.meanTime)) each, \(milliseconds(statistics.longestTime)) the longest"
    }

    /// What an operator can do about the pictures of a stored presentation that cannot travel; `nil` where nothing helps.
    static func advice(_ error: JPEGError, _ presentation: String) -> String? {
        JPEGCarriage(error).conversionCommand(forFileAt: presentation)
            .map { "Convert the file: \($0) - or let the server do it: --convert auto" }
    }

    private static func reason(_ error: JPEGError?) -> String {
        switch error {
        case nil: ""
        case .foreignHuffmanTables: " (own Huffman tables)"
        case .progressive: " (progressive)"
        case .arithmetic: " (arithmetic coding)"
        case .severalScans: " (several scans)"
        case .unsupportedSampling(let sampling): " (sampled \(sampling))"
        case .unsupportedComponents(let count): " (\(count) component\(count == 1 ? "" : "s"))"
        case .notYCbCr: " (RGB)"
        case .differentChromaTables: " (different tables for Cb and Cr)"
        case let error?: " (\(error))"
        }
    }

    private static func milliseconds(_ time: Duration) -> String { (time / .milliseconds(1)).tenths + " ms" }
}
