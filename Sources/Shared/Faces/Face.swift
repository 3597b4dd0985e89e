/// A face in a picture, and what can be told of its quality.
public struct Face: Sendable, Hashable {
    /// The box from the brows to the chin, in pixels of the picture as it is shown, from its upper left corner.
    public let box: PixelBox
    /// How sure the detector is: ``FaceFinder/minimumScore`` at least; clear faces are above 1.
    public let score: Double
    /// The box's part of the picture's area, above 0, at most 1.
    public let share: Double
    /// The mean luma within the box, 0 (black) to 255 (white).
    public let brightness: Double
    /// How much fine detail there is within the box, see ``FaceMeasures``: about 80 for a sharp photo, below 5 for a
    /// blurred one.
    public let sharpness: Double

    /// The shorter side of the box in pixels.
    public var size: Int { min(box.width, box.height) }

    public init(box: PixelBox, score: Double, share: Double, brightness: Double, sharpness: Double) {
        self.box = box
        self.score = score
        self.share = share
        self.brightness = brightness
        self.sharpness = sharpness
    }
}

/// A part of a picture, in whole pixels from its upper left corner.
public struct PixelBox: Sendable, Hashable {
    public let x: Int
    public let y: Int
    public let width: Int
    public let height: Int

    public init(x: Int, y: Int, width: Int, height: Int) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    /// The same part of a picture that is `horizontal` and `vertical` times as large, cut off at its edges; one pixel
    /// at least.
    func scaled(_ horizontal: Double, _ vertical: Double, toFit width: Int, _ height: Int) -> PixelBox {
        let (x, right) = Self.span(x, x + self.width, horizontal, width)
        let (y, bottom) = Self.span(y, y + self.height, vertical, height)
        return PixelBox(x: x, y: y, width: right - x, height: bottom - y)
    }

    private static func span(_ from: Int, _ to: Int, _ factor: Double, _ limit: Int) -> (Int, Int) {
        let start = min(max(Int((Double(from) * factor).rounded()), 0), limit - 1)
        return (start, min(max(Int((Double(to) * factor).rounded()), start + 1), limit))
    }
}
