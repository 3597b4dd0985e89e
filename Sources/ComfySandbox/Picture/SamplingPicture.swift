import Crypto
import Images

/// The picture that the sandbox makes where ComfyUI would sample one: a slope of two colours with shapes on it, the
/// same for the same origin, and nothing like noise.
struct SamplingPicture: Sendable {
    let width: Int
    let height: Int
    private let first: Colour
    private let second: Colour
    private let isSteep: Bool
    private let shapes: [Shape]

    private struct Shape: Sendable {
        let isRound: Bool
        let x: Int
        let y: Int
        let size: Int
        let colour: Colour
    }

    /// - Parameter origin: all that the picture is made from, such as prompt, seed and place in the batch.
    init(origin: String, width: Int, height: Int) {
        var random = Sequence64(SHA256.hash("\(origin) \(width)x\(height)").bytes)
        self.width = max(1, width)
        self.height = max(1, height)
        (first, second) = (random.colour(), random.colour())
        isSteep = random.below(2) == 0
        let side = min(self.width, self.height)
        shapes = (0..<6).map { _ in
            Shape(
                isRound: random.below(3) > 0, x: random.below(width), y: random.below(height),
                size: side / 12 + random.below(side / 4 + 1), colour: random.colour())
        }
    }

    func raster() throws -> Raster {
        var canvas = Canvas(width: width, height: height)
        let (across, down) = isSteep ? (1, 3) : (3, 1)
        let length = across * width + down * height
        canvas.slope((0..<length).map { first.mixed(with: second, $0, of: length) }, across: across, down: down)
        for shape in shapes {
            if shape.isRound {
                canvas.circle(x: shape.x, y: shape.y, radius: shape.size, shape.colour, strength: 200)
            } else {
                canvas.rectangle(
                    x: shape.x, y: shape.y, width: shape.size * 2, height: shape.size, shape.colour, strength: 200)
            }
        }
        return try canvas.raster()
    }
}

/// Numbers that look random and are not (SplitMix64, Steele and others, 2014).
private struct Sequence64 {
    private var state: UInt64

    init(_ seed: [UInt8]) { state = seed.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    mutating func below(_ limit: Int) -> Int { limit < 1 ? 0 : Int(next() % UInt64(limit)) }

    mutating func colour() -> Colour {
        let bits = next()
        return Colour(
            red: UInt8(truncatingIfNeeded: bits), green: UInt8(truncatingIfNeeded: bits >> 8),
            blue: UInt8(truncatingIfNeeded: bits >> 16))
    }
}
