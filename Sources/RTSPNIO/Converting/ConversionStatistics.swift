public import RTPTransport

/// How many pictures a server has converted, and what that took.
public struct ConversionStatistics: Sendable, Hashable {
    /// Pictures that were coded anew, their coefficients untouched.
    public var recoded = 0
    /// Pictures that were decoded and encoded.
    public var reencoded = 0
    /// Pictures that the converter gave back as they were.
    public var untouched = 0
    /// Pictures that could not be converted.
    public var failed = 0
    /// Times that a session took what another had converted before, or had asked for already.
    public var shared = 0
    /// Pictures that nobody waited for any more when their turn came.
    public var abandoned = 0
    /// The time that all conversions took together.
    public var totalTime = Duration.zero
    /// The time that the longest took.
    public var longestTime = Duration.zero

    /// No conversions.
    public init() {}

    /// How many pictures the converter has been given.
    public var count: Int { recoded + reencoded + untouched + failed }

    /// The time that a conversion took on average.
    public var meanTime: Duration { count > 0 ? totalTime / count : .zero }

    mutating func note(_ outcome: ConversionOutcome, _ time: Duration) {
        switch outcome {
        case .success(let picture):
            switch picture.way {
            case .untouched: untouched += 1
            case .recoded: recoded += 1
            case .reencoded: reencoded += 1
            }
        case .failure: failed += 1
        }
        totalTime += time
        longestTime = max(longestTime, time)
    }
}

/// What a server tells of its conversions, each once for a presentation.
public enum ConversionNotice: Sendable, Hashable {
    /// The first picture was converted in this way; the error says what was in the way of sending it as it is, and is `nil` where
    /// a variant was asked for.
    case began(ConvertedJPEG.Way, because: JPEGError?)
    /// A picture could not be converted, and is left out.
    case failed(JPEGConversionError)
}

typealias ConversionOutcome = Result<ConvertedJPEG, JPEGConversionError>
