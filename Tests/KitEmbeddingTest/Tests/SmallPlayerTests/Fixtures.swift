import MJPEGSource
import RTPTransport
import RTSPKit
import RTSPTestKit
import SmallPlayer

/// Any moment does: no machine looks at a clock.
let start = ContinuousClock.now

/// A clock whose pictures a test can tell from each other.
func clock(frames: Int, framesPerSecond: Int = 10) -> ColourClock {
    ColourClock(frameCount: frames, framesPerSecond: framesPerSecond) { index in
        SyntheticPicture(scanBytes: 2000, seed: UInt64(index)).bytes
    }
}

/// Which picture of the clock this is.
func place(of frame: PlayoutFrame, among count: Int) -> Int? {
    let scan = SyntheticPicture.scanData(of: frame.image)
    return (0..<count).first { SyntheticPicture(scanBytes: 2000, seed: UInt64($0)).scan == scan }
}

func clientConfiguration(_ transport: ClientConfiguration.TransportChoice = .udp) -> ClientConfiguration {
    ClientConfiguration(
        url: "rtsp://192.0.2.1/clock", transport: transport, clientPorts: PortPair(rtp: 5000, rtcp: 5001),
        playout: .fixed(.milliseconds(60)), ssrc: 7)
}

let serverConfiguration = ServerConnection.Configuration(
    sessionTimeout: .seconds(10), mediaPorts: PortPair(rtp: 6000, rtcp: 6001),
    wallClock: WallClock(instant: start, ntp: NTPTimestamp(rawValue: 0xE000_0000 << 32)))
