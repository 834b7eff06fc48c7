extension JPEGPacketizer {
    /// How the format's choices are made (RFC 2435 section 3.1, ONVIF Streaming Specification section 5.1.3).
    public struct Options: Sendable, Hashable {
        /// How receivers learn the quantization tables.
        public enum Quantization: Sendable, Hashable {
            /// By a Q of 1...99 where a picture's tables are exactly those that the RFC computes for it, else in band with every frame.
            case automatic
            /// In band with every frame: Q = 255.
            case everyFrame
            /// In band with every so many frames, and whenever they change: Q = 128...254. Who joins in between waits for them.
            ///
            /// Each Q keeps its tables for good (section 3.1.8); once 127 kinds of tables have been sent, further ones go with every frame.
            /// Not every receiver keeps tables: GStreamer's `rtpjpegdepay` does not.
            case every(frames: Int)
        }

        /// When the header extension that carries JPEG marker segments is sent.
        public enum HeaderExtension: Sendable, Hashable {
            /// Where the payload header cannot state the size, above 2040 or no multiple of 8, or that the pixels are not square.
            case whereNeeded
            /// With every frame.
            case always
            /// Not at all: the size travels in the session description alone.
            case never
        }

        /// How receivers learn the quantization tables.
        public var quantization: Quantization = .automatic
        /// Whether each packet begins at a restart marker, where a picture has them, so that a lost packet costs a strip and not the picture.
        public var alignsToRestartIntervals = false
        /// When the header extension is sent.
        public var headerExtension: HeaderExtension = .whereNeeded

        /// What suits every receiver.
        public init() {}
    }
}
