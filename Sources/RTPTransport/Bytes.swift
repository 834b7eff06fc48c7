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

    /// Appends the bytes of a span.
    ///
    /// A block move; appending byte by byte is some thirty times slower, and no safe bulk append exists yet. The pointer does not
    /// leave the closure.
    mutating func append(span: Span<UInt8>) {
        unsafe span.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }

    /// Puts what `write` writes, at most `capacity` bytes, in the place of all bytes: in the storage they have where that is large
    /// enough and nobody else's, too.
    mutating func refill(capacity: Int, _ write: (inout OutputSpan<UInt8>) -> Void) {
        removeAll(keepingCapacity: true)
        append(addingCapacity: capacity, initializingWith: write)
    }
}

extension OutputSpan<UInt8> {
    /// Writes an integer, most significant byte first.
    @inline(__always)
    mutating func append(bigEndian word: UInt32) {
        append(UInt8(truncatingIfNeeded: word >> 24))
        append(UInt8(truncatingIfNeeded: word >> 16))
        append(UInt8(truncatingIfNeeded: word >> 8))
        append(UInt8(truncatingIfNeeded: word))
    }

    /// Writes the bytes of a span in one block move, for which there must be room.
    ///
    /// `initialize` checks that there is; no safe bulk append exists yet. The pointers do not leave the closures.
    mutating func append(span: Span<UInt8>) {
        unsafe withUnsafeMutableBufferPointer { buffer, count in
            let rest = buffer.extracting(count...)
            count += unsafe span.withUnsafeBufferPointer { unsafe rest.initialize(fromContentsOf: $0) }
        }
    }
}
