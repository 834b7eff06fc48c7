#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The three streams of the process, without the megabytes that Foundation's take.
enum StandardStream {
    /// What has arrived on standard input, waiting for at least a byte; empty at its end.
    static func input() -> [UInt8] {
        // The system writes at most the capacity that it is given, and says how much.
        unsafe [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
            repeat {
                count = unsafe read(STDIN_FILENO, buffer.baseAddress, buffer.count)
            } while count < 0 && errno == EINTR
            count = max(count, 0)
        }
    }

    /// Prints on standard output.
    static func output(_ text: String) { put(text, on: STDOUT_FILENO) }

    /// Prints on standard error.
    static func errors(_ text: String) { put(text, on: STDERR_FILENO) }

    private static func put(_ text: String, on descriptor: Int32) {
        let bytes = Array(text.utf8)
        var start = 0
        while start < bytes.count {
            let count = unsafe bytes[start...].withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
            // Nobody listens any more, or the disk is full: nowhere to say so.
            guard count > 0 || errno == EINTR else { return }
            start += max(count, 0)
        }
    }
}
