/// Keeps an instant in a form whose layout compilers may rely on.
///
/// `ContinuousClock.Instant` has no such layout, so that every structure which holds one, however deep inside, is copied and destroyed
/// through tables at run time rather than by moving its bytes. The machines, which live for as long as a session and are passed on with
/// every packet, keep their times in this form.
@propertyWrapper
struct StoredInstant: Sendable, Hashable {
    /// The bits of the instant, which is a `Duration` and nothing else.
    var bits: Duration

    init(wrappedValue: ContinuousClock.Instant) { bits = wrappedValue.bits }

    var wrappedValue: ContinuousClock.Instant {
        get { ContinuousClock.Instant(bits: bits) }
        set { bits = newValue.bits }
    }
}

/// Keeps an instant that may be missing, as ``StoredInstant`` does.
@propertyWrapper
struct StoredOptionalInstant: Sendable, Hashable {
    /// The bits of the instant.
    var bits: Duration?

    init(wrappedValue: ContinuousClock.Instant?) { bits = wrappedValue?.bits }

    var wrappedValue: ContinuousClock.Instant? {
        get { bits.map { ContinuousClock.Instant(bits: $0) } }
        set { bits = newValue?.bits }
    }
}

// Both are sixteen bytes without references; were they ever of different sizes, the first use would trap, in the tests.
extension ContinuousClock.Instant {
    var bits: Duration { unsafe unsafeBitCast(self, to: Duration.self) }

    init(bits: Duration) { self = unsafe unsafeBitCast(bits, to: ContinuousClock.Instant.self) }
}
