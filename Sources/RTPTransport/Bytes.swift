extension Span<UInt8> {
    /// The 16 bits at `offset`, most significant byte first; the caller has checked the bounds.
    func bigEndian16(at offset: Int) -> UInt16 {
        UInt16(self[offset]) << 8 | UInt16(self[offset + 1])
    }

    /// The 32 bits at `offset`, most significant byte first; the caller has checked the bounds.
    func bigEndian32(at offset: Int) -> UInt32 {
        UInt32(self[offset]) << 24 | UInt32(self[offset + 1]) << 16 | UInt32(self[offset + 2]) << 8 | UInt32(self[offset + 3])
    }
}

extension [UInt8] {
    /// Appends an integer, most significant byte first.
    mutating func appendBigEndian<Value: FixedWidthInteger & UnsignedInteger>(_ value: Value) {
        var shift = Value.bitWidth - 8
        while shift >= 0 {
            append(UInt8(truncatingIfNeeded: value >> Value(truncatingIfNeeded: shift)))
            shift -= 8
        }
    }

    /// Appends the bytes of a span: the one bulk copy of this module.
    ///
    /// A block move; appending byte by byte is some thirty times slower, and no safe bulk append exists yet. The pointer does not
    /// leave the closure.
    mutating func append(span: Span<UInt8>) {
        unsafe span.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}
