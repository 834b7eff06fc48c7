extension JPEGDepacketizer {
    /// A frame in the making: the file as far as it is there without a hole, and fragments that wait for those before them.
    ///
    /// Only bytes that came are stored, so a fragment's offset alone cannot make it grow.
    struct PartialFrame: Sendable, Hashable {
        let timestamp: RTPTimestamp
        let description: Fragment.Description
        /// Whether a finished frame, whose packets may still come, had the same timestamp.
        let reusesTimestamp: Bool
        private(set) var packetCount = 0
        private(set) var lastArrival: ContinuousClock.Instant
        /// The length of the data, once the last fragment has told.
        private(set) var dataEnd: Int?
        /// The sequence number of that last fragment's packet.
        private(set) var endNumber: UInt16?
        /// The file header and the data without a hole; empty until the first fragment has come.
        private var image: [UInt8] = []
        private var headerLength = 0
        /// By offset, ascending.
        private var waiting: [Waiting] = []
        private var waitingBytes = 0

        private struct Waiting: Sendable, Hashable {
            var offset: Int
            var bytes: [UInt8]
        }

        init(
            timestamp: RTPTimestamp, description: Fragment.Description, reusesTimestamp: Bool = false,
            at now: ContinuousClock.Instant
        ) {
            self.timestamp = timestamp
            self.description = description
            self.reusesTimestamp = reusesTimestamp
            lastArrival = now
        }

        var storedBytes: Int { image.count + waitingBytes }
        var receivedBytes: Int { dataCount + waitingBytes }
        var hasHeader: Bool { headerLength > 0 }
        var isComplete: Bool { hasHeader && dataEnd == dataCount }
        /// Whether there is no hole in what came and it ends as a JPEG does, so that only the marker is missing.
        var looksComplete: Bool { dataEnd == nil && dataCount > 0 && waiting.isEmpty && image.endsWithEndOfImage }
        var isEmpty: Bool { dataEnd == 0 }

        private var dataCount: Int { image.count - headerLength }

        /// Sets the file header in front of the data; `sizeHint` is how long the whole may become.
        mutating func begin(with header: [UInt8], sizeHint: Int) {
            guard !hasHeader else { return }
            image.reserveCapacity(sizeHint)
            image += header
            headerLength = header.count
        }

        /// Puts a fragment where it belongs; the header is there already if this is the first.
        mutating func insert(
            _ data: Span<UInt8>, offset: Int, isLast: Bool, number: UInt16, maximumWaiting: Int, at now: ContinuousClock.Instant
        ) throws(Refusal) {
            let end = offset + data.count
            let bringsEnd = isLast && dataEnd == nil
            if isLast {
                guard dataEnd == nil || dataEnd == end, reached <= end else { throw Refusal(.contradiction) }
                dataEnd = end
                endNumber = number
            } else if let dataEnd, end > dataEnd {
                throw Refusal(.contradiction)
            }
            let before = receivedBytes
            if hasHeader, offset <= dataCount {
                if end > dataCount {
                    image.append(span: data.extracting((dataCount - offset)..<data.count))
                    takeWaiting()
                }
            } else {
                try wait(data, offset: offset, maximum: maximumWaiting)
            }
            // A last fragment may bring nothing but the end.
            guard receivedBytes != before || bringsEnd else { return }
            packetCount += 1
            lastArrival = now
        }

        /// Takes out the file, closed by the end marker that many senders leave out.
        mutating func takeImage() -> [UInt8] {
            var image: [UInt8] = []
            swap(&image, &self.image)
            if !image.endsWithEndOfImage { image += [0xFF, 0xD9] }
            return image
        }

        /// The end of the farthest fragment so far.
        private var reached: Int {
            max(dataCount, waiting.lazy.map { $0.offset + $0.bytes.count }.max() ?? 0)
        }

        private mutating func wait(_ data: Span<UInt8>, offset: Int, maximum: Int) throws(Refusal) {
            guard !data.isEmpty else { return }
            var low = 0
            var high = waiting.count
            while low < high {
                let middle = (low + high) / 2
                if waiting[middle].offset < offset { low = middle + 1 } else { high = middle }
            }
            var bytes: [UInt8] = []
            bytes.append(span: data)
            if low < waiting.count, waiting[low].offset == offset {
                guard waiting[low].bytes.count < bytes.count else { return }
                waitingBytes += bytes.count - waiting[low].bytes.count
                waiting[low].bytes = bytes
                return
            }
            guard waiting.count < maximum else { throw Refusal(.tooLarge) }
            waiting.insert(Waiting(offset: offset, bytes: bytes), at: low)
            waitingBytes += bytes.count
        }

        /// Appends what now follows without a hole.
        private mutating func takeWaiting() {
            var taken = 0
            for fragment in waiting {
                guard fragment.offset <= dataCount else { break }
                taken += 1
                waitingBytes -= fragment.bytes.count
                let known = dataCount - fragment.offset
                if known < fragment.bytes.count { image += fragment.bytes[known...] }
            }
            waiting.removeFirst(taken)
        }
    }
}
