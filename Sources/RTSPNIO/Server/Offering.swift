public import MJPEGSource
public import RTSPKit

/// What the server offers at a path.
public struct Offering: Sendable {
    enum Kind: Sendable {
        case stored(@Sendable () throws -> any SeekableFrameSource & Sendable)
        case live(FrameMailbox, framesPerSecond: Double?, onReaders: (@Sendable (Int) -> Void)?)
        case broadcast(any SeekableFrameSource & Sendable)
    }

    let kind: Kind
    /// What is made smaller for everybody.
    private(set) var variant = PresentationVariant.original

    /// The same, made smaller for everybody: where clients may ask for variants, they get none that is larger in any respect.
    ///
    /// It takes a converter (``RTSPServer/Configuration/converter``); without one there is only the original.
    public func variant(_ variant: PresentationVariant) -> Offering {
        var offering = self
        offering.variant = self.variant.limited(by: variant)
        return offering
    }

    /// Stored media: `open` is called once for every DESCRIBE and every session, on a thread that may block.
    ///
    /// Where opening is dear, open once and return copies: copies of an ``MJPEGFile`` share the file and its index.
    public static func stored(_ open: @escaping @Sendable () throws -> any SeekableFrameSource & Sendable) -> Offering {
        Offering(kind: .stored(open))
    }

    /// Live media: what is posted to `mailbox` goes to all readers at once. One mailbox serves one offering.
    /// - Parameters:
    ///   - mailbox: where the frames are posted.
    ///   - framesPerSecond: the nominal rate, for the description; `nil` where there is none.
    ///   - onReaders: told the number of readers whenever it changes, on an event loop: a camera nobody watches may rest.
    public static func live(
        _ mailbox: FrameMailbox, framesPerSecond: Double? = nil, onReaders: (@Sendable (Int) -> Void)? = nil
    ) -> Offering {
        Offering(kind: .live(mailbox, framesPerSecond: framesPerSecond, onReaders: onReaders))
    }

    /// Live media that the server plays by itself: `source` in time, the same frame for everybody, as a television station does.
    ///
    /// Its clock starts with the first reader and runs on while nobody watches. Where the source ends, the presentation does; a
    /// ``MJPEGSource/LoopingFrameSource`` never ends. Frames are read on an event loop.
    public static func broadcast(_ source: some SeekableFrameSource & Sendable) -> Offering {
        Offering(kind: .broadcast(source))
    }
}
