#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Something that is given any bytes and must keep its word whatever they are.
struct FuzzTarget: Sendable {
    /// What `Scripts/fuzz --target` calls it.
    var name: String
    /// Takes one input; ends the process where a promise is broken.
    var run: @Sendable ([UInt8]) -> Void

    /// All targets.
    static let all: [FuzzTarget] =
        messageTargets + headerTargets + packetTargets + pictureTargets
        + [jpegConcealment, labDialect, serverConnection, clientConnection]

    /// The target that the environment variable `FUZZ_TARGET` names; prints the names of all and ends where it names none.
    static let chosen: FuzzTarget = {
        let name = unsafe getenv("FUZZ_TARGET").map { unsafe String(cString: $0) } ?? ""
        if let target = all.first(where: { $0.name == name }) { return target }
        for target in all { print("target: \(target.name)") }
        exit(name == "list" ? 0 : 2)
    }()
}

/// What libFuzzer calls before anything else.
@_cdecl("LLVMFuzzerInitialize")
public func initialize(_ count: UnsafeMutableRawPointer?, _ arguments: UnsafeMutableRawPointer?) -> CInt {
    _ = FuzzTarget.chosen
    return 0
}

/// What libFuzzer calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func test(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    FuzzTarget.chosen.run(unsafe Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}

/// Ends the process where a promise is broken.
func demand(
    _ isKept: Bool, _ promise: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) {
    if !isKept { fatalError("broken promise: \(promise())", file: file, line: line) }
}

/// Ends the process where two values that must be the same are not, and shows both.
func demandEqual<Value: Equatable>(
    _ one: Value, _ other: Value, _ promise: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) {
    demand(one == other, "\(promise())\n    \(one)\n    \(other)", file: file, line: line)
}

extension ContinuousClock.Instant {
    /// When every input begins. No result depends on which moment this is.
    static let start = ContinuousClock.now
}
