internal import CTurboJPEG

/// One instance of the C codec, destroyed with this value.
///
/// An instance is made for each picture: that costs a few microseconds of the milliseconds that a picture takes, and lets
/// ``JPEGEncoder`` and ``JPEGDecoder`` be plain values that any thread may use.
@safe struct TurboHandle: ~Copyable {
    private let raw: tjhandle

    static func compressor() throws(JPEGCodingError) -> TurboHandle {
        try unsafe TurboHandle(adopting: tjInitCompress())
    }

    static func decompressor() throws(JPEGCodingError) -> TurboHandle {
        try unsafe TurboHandle(adopting: tjInitDecompress())
    }

    /// An instance that does everything: encodes, decodes, and codes coefficients anew.
    static func transformer() throws(JPEGCodingError) -> TurboHandle {
        try unsafe TurboHandle(adopting: tjInitTransform())
    }

    private init(adopting raw: tjhandle?) throws(JPEGCodingError) {
        guard let raw = unsafe raw else { throw JPEGCodingError(.unavailable, "libturbojpeg could not make a codec") }
        unsafe self.raw = raw
    }

    deinit {
        unsafe tjDestroy(raw)
    }

    /// Calls `body` with the instance, which lives at least until `body` has returned.
    func callAsFunction(_ body: (tjhandle) -> Int32) -> Int32 {
        unsafe body(raw)
    }

    /// Whether the last failure was one that libjpeg can go on after, with part of the picture missing.
    var lastFailureIsWarning: Bool {
        unsafe tjGetErrorCode(raw) == Int32(TJERR_WARNING.rawValue)
    }

    /// The words of libjpeg for the last failure.
    var lastMessage: String {
        guard let text = unsafe tjGetErrorStr2(raw) else { return "unknown" }
        return unsafe String(cString: text)
    }
}
