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
        @StoredInstant private(set) var lastArrival: ContinuousClock.Instant
        /// The length of the data, once the last fragment has told.
        private(set) var dataEnd: Int?
        /// The sequence number of that last fragment's packet.
        private(set) var endNumber: UInt16?
        /// What header extensions have told so far.
        private(set) var told: HeaderExtension?
        /// The restart intervals, once the header is there; `nil` where the file brings its own.
        private(set) var layout: ScanLayout?
        private(set) var hasHeader = false
        /// The file header and the data without a hole; empty until the first fragment has come.
        private(set) var image: [UInt8] = []
        private(set) var headerLength = 0
        /// By offset, ascending.
        private(set) var waiting: [Waiting] = []
        private var waitingBytes = 0
        /// Where packets stand among the restart intervals; `nil` where nobody asks, or they do not say.
        private(set) var positions: [Position]?
        /// The sequence number of the packet that the data without a hole ends with.
        private var tailNumber: UInt16 = 0

        struct Waiting: Sendable, Hashable {
            var offset: Int
            var number: UInt16
            var bytes: [UInt8]

            var range: Range<Int> { offset..<offset + bytes.count }
        }

        init(
            timestamp: RTPTimestamp, description: Fragment.Description, reusesTimestamp: Bool = false,
            notesPositions: Bool = false, at now: ContinuousClock.Instant
        ) {
            self.timestamp = timestamp
            self.description = description
            self.reusesTimestamp = reusesTimestamp
            if notesPositions, description.restartInterval > 0 { positions = [] }
            lastArrival = now
        }

        var storedBytes: Int {
            guard let positions else { return image.count + waitingBytes }
            return image.count + waitingBytes + positions.count * MemoryLayout<Position>.stride
        }
        var receivedBytes: Int { dataCount + waitingBytes }
        private var isComplete: Bool { hasHeader && dataEnd == dataCount }
        /// Whether there is no hole in what came, and the marker is missing.
        private var lacksOnlyMarker: Bool { dataEnd == nil && dataCount > 0 && waiting.isEmpty }
        /// Whether there is no hole in what came and it ends as a JPEG does, so that only the marker is missing.
        var looksComplete: Bool { lacksOnlyMarker && image.endsWithEndOfImage }
        var dataCount: Int { image.count - headerLength }

        /// Whether the packet of this number, which begins another frame, comes straight after all that came without a hole.
        func isFollowed(by number: UInt16) -> Bool { lacksOnlyMarker && tailNumber &+ 1 == number }

        /// Takes what a header extension tells; once the file header is made it is too late.
        mutating func learn(_ extension: HeaderExtension) {
            guard !hasHeader else { return }
            if told == nil { told = `extension` } else { told?.merge(`extension`) }
        }

        /// Sets the file header in front of the data; `sizeHint` is how long the whole may become. Where the data brings a header of
        /// its own there is none, and no layout.
        mutating func begin(with header: [UInt8], layout: ScanLayout?, sizeHint: Int) {
            guard !hasHeader else { return }
            hasHeader = true
            self.layout = layout
            image.reserveCapacity(sizeHint)
            image += header
            headerLength = header.count
        }

        /// Puts a fragment where it belongs; the header is there already if this is the first.
        /// - Returns: whether the frame is complete.
        mutating func insert(
            _ data: Span<UInt8>, _ fragment: Fragment, number: UInt16, limits: DepacketizerLimits,
            at now: ContinuousClock.Instant
        ) throws(Refusal) -> Bool {
            try place(data, fragment, number: number, maximumWaiting: limits.maximumWaitingFragments, at: now)
            if dataEnd == 0 { throw Refusal(.emptyFrame) }
            if storedBytes > limits.maximumBytes { throw Refusal(.tooLarge) }
            return isComplete
        }

        private mutating func place(
            _ data: Span<UInt8>, _ fragment: Fragment, number: UInt16, maximumWaiting: Int, at now: ContinuousClock.Instant
        ) throws(Refusal) {
            let end = fragment.offset + data.count
            let bringsEnd = fragment.isLast && dataEnd == nil
            if fragment.isLast {
                guard dataEnd == nil || dataEnd == end, reached <= end else { throw Refusal(.contradiction) }
                dataEnd = end
                endNumber = number
            } else if let dataEnd, end > dataEnd {
                throw Refusal(.contradiction)
            }
            let before = receivedBytes
            if hasHeader, fragment.offset <= dataCount {
                if end > dataCount {
                    image.append(span: data.extracting((dataCount - fragment.offset)..<data.count))
                    tailNumber = number
                    takeWaiting()
                }
            } else {
                try wait(data, offset: fragment.offset, number: number, maximum: maximumWaiting)
            }
            // A last fragment may bring nothing but the end.
            guard receivedBytes != before || bringsEnd else { return }
            packetCount += 1
            lastArrival = now
            if positions != nil { note(fragment, byteCount: data.count) }
        }

        /// Takes out the file; `nil` where it brings a header of its own that is broken.
        mutating func takeImage() -> [UInt8]? {
            var image: [UInt8] = []
            swap(&image, &self.image)
            guard headerLength == 0 else {
                image.close(from: headerLength)
                return image
            }
            return OwnHeader.complete(&image) ? image : nil
        }

        /// A stretch of data without a hole.
        struct Run: Sendable, Hashable {
            /// Where it lies in the frame's data.
            var range: Range<Int>
            /// The waiting fragments that it is made of; `nil` for the data behind the header.
            var fragments: Range<Int>?
        }

        /// All there is, in order.
        var runs: [Run] {
            var runs = dataCount > 0 ? [Run(range: 0..<dataCount, fragments: nil)] : []
            for (index, fragment) in waiting.enumerated() {
                if let last = runs.last, let fragments = last.fragments, fragment.offset <= last.range.upperBound {
                    let end = max(last.range.upperBound, fragment.range.upperBound)
                    runs[runs.count - 1] = Run(
                        range: last.range.lowerBound..<end, fragments: fragments.lowerBound..<index + 1)
                } else {
                    runs.append(Run(range: fragment.range, fragments: index..<index + 1))
                }
            }
            return runs
        }

        /// The data of a run.
        func bytes(of run: Run) -> [UInt8] {
            guard let fragments = run.fragments else { return Array(image[headerLength...]) }
            var bytes: [UInt8] = []
            bytes.reserveCapacity(run.range.count)
            for fragment in waiting[fragments] {
                let known = run.range.lowerBound + bytes.count - fragment.offset
                if known < fragment.bytes.count { bytes += fragment.bytes[max(0, known)...] }
            }
            return bytes
        }

        /// The end of the farthest fragment so far.
        private var reached: Int {
            max(dataCount, waiting.lazy.map { $0.range.upperBound }.max() ?? 0)
        }

        private mutating func note(_ fragment: Fragment, byteCount: Int) {
            guard byteCount > 0 else { return }
            if let position = fragment.position, !position.isUnknown {
                positions?.append(Position(offset: fragment.offset, byteCount: byteCount, position: position))
            } else {
                positions = nil
            }
        }

        private mutating func wait(_ data: Span<UInt8>, offset: Int, number: UInt16, maximum: Int) throws(Refusal) {
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
                waiting[low].number = number
                return
            }
            guard waiting.count < maximum else { throw Refusal(.tooLarge) }
            waiting.insert(Waiting(offset: offset, number: number, bytes: bytes), at: low)
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
                guard known < fragment.bytes.count else { continue }
                image += fragment.bytes[known...]
                tailNumber = fragment.number
            }
            waiting.removeFirst(taken)
        }
    }
}
