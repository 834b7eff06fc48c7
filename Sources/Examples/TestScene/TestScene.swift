public import JPEGCoding

/// A moving picture drawn by the computer: something to serve when there is no camera, and to measure with.
///
/// Every frame shows its own number and the time, for people in large digits and for programs as a strip of black and white
/// blocks that survives JPEG (``frameNumber(in:)``). The same frame of the same scene is always the same picture.
public struct TestScene: Sendable {
    /// The width of each picture in pixels, 16...4096.
    public let width: Int

    /// The height of each picture in pixels, 16...4096.
    public let height: Int

    /// How many frames one second of the clock in the picture takes.
    public let framesPerSecond: Int

    private var canvas: Canvas
    private let background: Background
    private let directions = Directions()

    /// Makes a scene; sizes outside 16...4096 pixels and rates outside 1...1000 are brought into that range.
    public init(width: Int, height: Int, framesPerSecond: Int) {
        self.width = min(max(width, 16), 4096)
        self.height = min(max(height, 16), 4096)
        self.framesPerSecond = min(max(framesPerSecond, 1), 1000)
        canvas = Canvas(width: self.width, height: self.height)
        background = Background(width: self.width, height: self.height)
    }

    /// The picture of `frame`, counted from 0, modulo 2^24.
    public mutating func image(at frame: Int) -> RGBImage {
        draw(FrameCode.reduced(frame))
        return canvas.image
    }

    /// The same as a baseline JPEG of the given quality (1...100).
    public mutating func jpeg(
        at frame: Int, quality: Int = 75, subsampling: JPEGSubsampling = .yuv420
    ) throws(JPEGCodingError) -> [UInt8] {
        draw(FrameCode.reduced(frame))
        return try JPEGEncoder().encode(canvas.image, quality: quality, subsampling: subsampling)
    }

    /// The number of the frame that `image` shows (modulo 2^24), or nil when it is no picture of a scene.
    ///
    /// Pictures narrower than 224 pixels carry no number.
    public static func frameNumber(in image: RGBImage) -> Int? {
        FrameCode(width: image.width, height: image.height)?.number(in: image)
    }

    private mutating func draw(_ frame: Int) {
        background.draw(frame: frame, on: &canvas)
        drawColourBars(frame)
        drawWheel(frame)
        drawBalls(frame)
        drawText(frame)
        FrameCode(width: width, height: height)?.draw(frame, on: &canvas)
    }

    /// Seconds since the first frame, for the motion of things.
    private func seconds(_ frame: Int) -> Double { Double(frame) / Double(framesPerSecond) }

    /// Eight bars in the colours of the broadcast test picture, moving to the left below the title.
    private mutating func drawColourBars(_ frame: Int) {
        let colours: [Colour] = [.white, .yellow, .cyan, .green, .magenta, .red, .blue, .black]
        let barWidth = max(2, width / 8)
        let shift = Int(seconds(frame) * Double(width) / 8) % width
        let top = height * 5 / 36
        for (index, colour) in colours.enumerated() {
            let left = (index * barWidth + width - shift) % width
            canvas.fill(x: left, y: top, width: barWidth, height: height / 24, colour)
            canvas.fill(x: left - width, y: top, width: barWidth, height: height / 24, colour)
        }
    }

    /// Three bars turning about a point at the right, one turn in four seconds.
    private mutating func drawWheel(_ frame: Int) {
        let radius = height / 6
        let turn = seconds(frame) / 4
        canvas.drawWheel(
            centerX: width - radius * 5 / 4, centerY: height * 2 / 3, radius: radius, thickness: height / 40,
            spokes: (0..<3).map { directions[turn + Double($0) / 6] }, colours: [.yellow, .cyan, .magenta])
    }

    private mutating func drawBalls(_ frame: Int) {
        let time = seconds(frame)
        for (radius, speed, bounce, colour) in [
            (height / 12, 0.21, 1.3, Colour.red), (height / 18, 0.34, 0.9, Colour.green), (height / 24, 0.13, 1.7, Colour.white),
        ] {
            let flight = (time / bounce).fraction
            let x = Double(radius) + Double(width - 2 * radius) * (time * speed).triangle
            let y = Double(height) * 0.92 - Double(radius) - Double(height) * 0.6 * 4 * flight * (1 - flight)
            canvas.drawBall(centerX: Int(x), centerY: Int(y), radius: radius, colour)
        }
    }

    private mutating func drawText(_ frame: Int) {
        let cell = max(1, min(height / 45, width / 60))
        canvas.draw("SWIFT RTSP", centerX: width / 2, y: height / 36, cell: max(1, cell / 2), .white)
        let number = String(frame)
        let padded = String(repeating: "0", count: max(0, 6 - number.utf8.count)) + number
        let panelWidth = cell * 50
        canvas.dim(x: (width - panelWidth) / 2 & ~7, y: height / 4 & ~7, width: panelWidth, height: cell * 19)
        canvas.draw(padded, centerX: width / 2, y: height / 4 + cell, cell: cell, .yellow)
        canvas.draw(clock(frame), centerX: width / 2, y: height / 4 + cell * 10, cell: cell, .white)
    }

    /// The time of a frame as mm:ss.cc; minutes start again after 99.
    private func clock(_ frame: Int) -> String {
        let hundredths = frame * 100 / framesPerSecond
        let parts = [hundredths / 6000 % 100, hundredths / 100 % 60, hundredths % 100].map { "\($0 / 10)\($0 % 10)" }
        return "\(parts[0]):\(parts[1]).\(parts[2])"
    }
}

extension Double {
    /// The part after the decimal point, 0..<1.
    fileprivate var fraction: Double { self - rounded(.down) }

    /// A wave that goes up from 0 to 1 and down again as the value grows by 1.
    fileprivate var triangle: Double { 1 - abs(2 * fraction - 1) }
}
