/// A frame put together again from its packets.
public struct ReassembledFrame: Sendable, Hashable {
    /// A complete JPEG file, from SOI to EOI.
    public var image: [UInt8]
    /// The timestamp its packets carried.
    public var timestamp: RTPTimestamp
    /// When the packet came that completed it.
    public var arrival: ContinuousClock.Instant {
        get { storedArrival }
        set { storedArrival = newValue }
    }
    @StoredInstant private var storedArrival: ContinuousClock.Instant
    /// How many packets it was made of, duplicates not counted.
    public var packetCount: Int
    /// Which part of the picture never came and was filled in; `nil` where all of it came.
    public var concealment: FrameConcealment?

    /// Makes a frame.
    public init(
        image: [UInt8], timestamp: RTPTimestamp, arrival: ContinuousClock.Instant, packetCount: Int,
        concealment: FrameConcealment? = nil
    ) {
        self.image = image
        self.timestamp = timestamp
        storedArrival = arrival
        self.packetCount = packetCount
        self.concealment = concealment
    }
}

/// What became of the packets a depacketizer was given.
public enum DepacketizerEvent: Sendable, Hashable {
    /// A frame is complete, or its holes are concealed.
    case frame(ReassembledFrame)
    /// A frame was given up with `receivedBytes` of its data there, of `expectedBytes` where the end is known.
    case incomplete(RTPTimestamp, receivedBytes: Int, expectedBytes: Int?)
    /// A packet was of no use, or a frame was broken by one.
    case discarded(DepacketizerDiscard)
}

/// Why a packet, or the frame it belongs to, was discarded.
public enum DepacketizerDiscard: Sendable, Hashable {
    /// No payload at all; some cameras send such.
    case emptyPayload
    /// The payload ends within a header.
    case truncated
    /// A JPEG type other than 0, 1, 64 and 65 (RFC 2435 section 3.1.3).
    case unsupportedType(UInt8)
    /// A reserved Q: 100 to 127 (RFC 2435 section 3.1.4), or 0 where no header extension tells the tables.
    case reservedQ(UInt8)
    /// A Q without tables, and none known from before (RFC 2435 section 3.1.8).
    case missingQuantizationTables
    /// Quantization tables whose length does not fit their precision, or of a number other than 1 to 4.
    case malformedQuantizationTables
    /// A width or height of zero, and nothing else tells the size.
    case zeroSize
    /// The header extension with JPEG marker segments cannot be read beyond some point; what stands before that counts, as does the
    /// packet itself.
    case malformedHeaderExtension
    /// The packet contradicts others of its frame.
    case contradiction
    /// The frame has more bytes or more scattered fragments than the limits allow.
    case tooLarge
    /// The frame has no picture data at all.
    case emptyFrame
    /// The packet belongs to a frame that is finished or was given up.
    case late
    /// The packet continues a frame whose beginning is not there.
    case withoutBeginning
    /// The packet's sequence number does not continue the frame.
    case outOfSequence
}

/// How much a depacketizer may hold.
public struct DepacketizerLimits: Sendable, Hashable {
    /// Bytes of all unfinished frames together, and of the frame that others are concealed with; also the greatest size of one.
    public var maximumBytes: Int
    /// Unfinished frames at one time, at least 1.
    public var maximumFrames: Int
    /// Fragments of one frame that wait for those before them.
    public var maximumWaitingFragments: Int

    /// 16 MiB, 3 frames, 1024 waiting fragments.
    public static let `default` = DepacketizerLimits()

    /// Makes limits; what is below 1 counts as 1.
    public init(maximumBytes: Int = 16 << 20, maximumFrames: Int = 3, maximumWaitingFragments: Int = 1024) {
        self.maximumBytes = max(1, maximumBytes)
        self.maximumFrames = max(1, maximumFrames)
        self.maximumWaitingFragments = max(1, maximumWaitingFragments)
    }
}
