import Images

/// Red, green and blue samples that are painted on.
struct Canvas {
    let width: Int
    let height: Int
    private var pixels: [UInt8]

    init(width: Int, height: Int) {
        self.width = max(1, width)
        self.height = max(1, height)
        pixels = [UInt8](repeating: 0, count: self.width * self.height * 3)
    }

    init(_ raster: Raster) throws {
        width = raster.width
        height = raster.height
        pixels = try raster.converted(toChannels: 3).pixels
    }

    func raster() throws -> Raster { try Raster(width: width, height: height, channels: 3, pixels: pixels) }

    /// Paints a slope: the colour of a pixel is the one at `x * across + y * down` in the table.
    mutating func slope(_ table: [Colour], across: Int, down: Int) {
        let (width, height) = (width, height)
        guard let last = table.last else { return }
        pixels.withUnsafeMutableBufferPointer { pixels in
            table.withUnsafeBufferPointer { table in
                var start = 0
                for y in 0..<height {
                    var place = y * down
                    for _ in 0..<width {
                        let colour = place < table.count ? table[place] : last
                        pixels[start] = colour.red
                        pixels[start &+ 1] = colour.green
                        pixels[start &+ 2] = colour.blue
                        start &+= 3
                        place &+= across
                    }
                }
            }
        }
    }

    /// A filled rectangle, cut off at the edges; `strength` of 256 covers what is below.
    mutating func rectangle(x: Int, y: Int, width: Int, height: Int, _ colour: Colour, strength: Int = 256) {
        for row in max(0, y)..<max(max(0, y), min(self.height, y + height)) {
            line(row, from: x, to: x + width, colour, strength)
        }
    }

    /// A filled circle, cut off at the edges.
    mutating func circle(x: Int, y: Int, radius: Int, _ colour: Colour, strength: Int = 256) {
        for row in max(0, y - radius)..<max(max(0, y - radius), min(height, y + radius)) {
            let down = row - y
            let half = Int(Double(max(0, radius * radius - down * down)).squareRoot())
            line(row, from: x - half, to: x + half, colour, strength)
        }
    }

    /// A line of text; `scale` is the size of a dot in pixels.
    mutating func text(_ text: String, x: Int, y: Int, scale: Int, _ colour: Colour) {
        for (place, character) in text.enumerated() {
            let left = x + place * (BitmapFont.width + 1) * scale
            guard left < width else { return }
            for (row, bits) in BitmapFont.rows(of: character).enumerated() {
                for column in 0..<BitmapFont.width where bits >> (BitmapFont.width - 1 - column) & 1 == 1 {
                    rectangle(x: left + column * scale, y: y + row * scale, width: scale, height: scale, colour)
                }
            }
        }
    }

    private mutating func line(_ y: Int, from left: Int, to right: Int, _ colour: Colour, _ strength: Int) {
        let (first, last) = (max(0, left), min(width, right))
        guard first < last else { return }
        let range = (y * width + first) * 3..<(y * width + last) * 3
        let samples = (Int(colour.red), Int(colour.green), Int(colour.blue))
        pixels.withUnsafeMutableBufferPointer { pixels in
            var at = range.lowerBound
            while at < range.upperBound {
                let below = (Int(pixels[at]), Int(pixels[at &+ 1]), Int(pixels[at &+ 2]))
                pixels[at] = UInt8(truncatingIfNeeded: below.0 &+ (samples.0 &- below.0) &* strength / 256)
                pixels[at &+ 1] = UInt8(truncatingIfNeeded: below.1 &+ (samples.1 &- below.1) &* strength / 256)
                pixels[at &+ 2] = UInt8(truncatingIfNeeded: below.2 &+ (samples.2 &- below.2) &* strength / 256)
                at &+= 3
            }
        }
    }
}

struct Colour: Sendable, Equatable {
    var red: UInt8
    var green: UInt8
    var blue: UInt8

    static let black = Colour(red: 0, green: 0, blue: 0)
    static let white = Colour(red: 255, green: 255, blue: 255)

    /// The colour `numerator / denominator` of the way to `other`.
    func mixed(with other: Colour, _ numerator: Int, of denominator: Int) -> Colour {
        func step(_ from: UInt8, _ to: UInt8) -> UInt8 {
            UInt8(clamping: Int(from) + (Int(to) - Int(from)) * numerator / max(1, denominator))
        }
        return Colour(red: step(red, other.red), green: step(green, other.green), blue: step(blue, other.blue))
    }
}
