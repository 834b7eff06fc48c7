import MJPEGSource
import RTPTransport
import RTSPKit

/// Uses something of each module that the product RTSPKit consists of.
@main enum EmbeddingTest {
    static func main() {
        let frame = MJPEGFrame(image: [0xFF, 0xD8, 0xFF, 0xD9], presentationTime: .seconds(2))
        let timestamp = RTPTimestamp(rawValue: .max).advanced(by: frame.presentationTime)
        print("\(RTSPMethod.play) \(RTSPStatus.ok): \(frame.image.count) bytes at \(timestamp.rawValue)")
    }
}
