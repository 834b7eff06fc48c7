internal import CTurboJPEG

/// The samplings that libturbojpeg has names for, whatever factors a file says them with.
enum TurboSampling: Sendable, Hashable {
    case yuv444, yuv422, yuv420, gray, yuv440, yuv411

    /// The sampling with this number; `nil` for one that has none here.
    init?(turboValue: Int32) {
        switch turboValue {
        case Int32(TJSAMP_444.rawValue): self = .yuv444
        case Int32(TJSAMP_422.rawValue): self = .yuv422
        case Int32(TJSAMP_420.rawValue): self = .yuv420
        case Int32(TJSAMP_GRAY.rawValue): self = .gray
        case Int32(TJSAMP_440.rawValue): self = .yuv440
        case Int32(TJSAMP_411.rawValue): self = .yuv411
        default: return nil
        }
    }

    /// The same in libturbojpeg's numbers.
    var turboValue: Int32 {
        switch self {
        case .yuv444: Int32(TJSAMP_444.rawValue)
        case .yuv422: Int32(TJSAMP_422.rawValue)
        case .yuv420: Int32(TJSAMP_420.rawValue)
        case .gray: Int32(TJSAMP_GRAY.rawValue)
        case .yuv440: Int32(TJSAMP_440.rawValue)
        case .yuv411: Int32(TJSAMP_411.rawValue)
        }
    }

    /// Pixels that share a sample of colour in a line, and lines that do.
    private var divisor: (across: Int, down: Int) {
        switch self {
        case .yuv444, .gray: (1, 1)
        case .yuv422: (2, 1)
        case .yuv420: (2, 2)
        case .yuv440: (1, 2)
        case .yuv411: (4, 1)
        }
    }

    /// How large the planes of such a picture are.
    func planeSizes(width: Int, height: Int) -> [(width: Int, height: Int)] {
        let (across, down) = divisor
        // Brightness is rounded up to whole samples of colour, as libturbojpeg has it.
        let columns = (width + across - 1) / across
        let rows = (height + down - 1) / down
        let luma = (width: columns * across, height: rows * down)
        return self == .gray ? [luma] : [luma, (columns, rows), (columns, rows)]
    }

    /// What RFC 2435 can carry and loses the least of this sampling's colour.
    var carriable: TurboSampling {
        switch self {
        case .yuv422, .yuv444, .yuv411: .yuv422
        case .yuv420, .yuv440, .gray: .yuv420
        }
    }
}
