import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The keys of a terminal, one by one, without waiting for Return. `nil` where there is no terminal.
final class Keyboard: Sendable {
    /// A key that means something here.
    enum Key: Sendable {
        case space, left, right, quit
    }

    let keys: AsyncStream<Key>
    private let saved: termios

    init?() {
        guard isatty(0) == 1, isatty(1) == 1 else { return nil }
        var settings = termios()
        guard unsafe tcgetattr(0, &settings) == 0 else { return nil }
        saved = settings
        settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
        unsafe tcsetattr(0, TCSANOW, &settings)
        let (stream, continuation) = AsyncStream.makeStream(of: Key.self)
        keys = stream
        Thread.detachNewThread {
            while true {
                let typed = [UInt8](FileHandle.standardInput.availableData)
                guard !typed.isEmpty else { break }
                for key in Self.keys(in: typed) { continuation.yield(key) }
            }
            continuation.finish()
        }
    }

    /// Gives the terminal back as it was.
    func restore() {
        var settings = saved
        unsafe tcsetattr(0, TCSANOW, &settings)
    }

    private static func keys(in typed: [UInt8]) -> [Key] {
        var keys: [Key] = []
        var rest = typed[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: " "): keys.append(.space)
            case UInt8(ascii: "q"), UInt8(ascii: "Q"): keys.append(.quit)
            case 0x1B where rest.starts(with: Array("[D".utf8)), 0x1B where rest.starts(with: Array("[C".utf8)):
                keys.append(rest.dropFirst().first == UInt8(ascii: "D") ? .left : .right)
                rest = rest.dropFirst(2)
            default: continue
            }
        }
        return keys
    }
}

/// SIGINT and SIGTERM: asked for once, the presentation is torn down in order.
enum Interrupts {
    /// Waits for the first of them; false where the task is cancelled before.
    static func first() async -> Bool {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        let sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield() }
            source.activate()
            return source
        }
        defer { for source in sources { source.cancel() } }
        for await _ in stream { return true }
        return false
    }
}
