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

    /// Paints every pixel with what `colour` gives for its place.
    mutating func fill(_ colour: (_ x: Int, _ y: Int) -> Colour) {
        let (width, height) = (width, height)
        pixels.withUnsafeMutableBufferPointer { pixels in
            for y in 0..<height {
                for x in 0..<width {
                    let colour = colour(x, y)
                    let start = (y * width + x) * 3
                    pixels[start] = colour.red
                    pixels[start + 1] = colour.green
                    pixels[start + 2] = colour.blue
                }
            }
        }
    }

    /// A filled rectangle, cut off at the edges; `strength` of 256 covers what is below.
    mutating func rectangle(x: Int, y: Int, width: Int, height: Int, _ colour: Colour, strength: Int = 256) {
        for row in max(0, y)..<max(max(0, y), min(self.height, y + height)) {
            for column in max(0, x)..<max(max(0, x), min(self.width, x + width)) {
                mix(column, row, colour, strength)
            }
        }
    }

    /// A filled circle, cut off at the edges.
    mutating func circle(x: Int, y: Int, radius: Int, _ colour: Colour, strength: Int = 256) {
        for row in max(0, y - radius)..<max(max(0, y - radius), min(height, y + radius)) {
            for column in max(0, x - radius)..<max(max(0, x - radius), min(width, x + radius)) {
                let (across, down) = (column - x, row - y)
                if across * across + down * down < radius * radius { mix(column, row, colour, strength) }
            }
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

    private mutating func mix(_ x: Int, _ y: Int, _ colour: Colour, _ strength: Int) {
        let start = (y * width + x) * 3
        for (channel, sample) in [colour.red, colour.green, colour.blue].enumerated() {
            let below = Int(pixels[start + channel])
            pixels[start + channel] = UInt8(clamping: below + (Int(sample) - below) * strength / 256)
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
