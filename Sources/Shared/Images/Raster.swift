/// A picture as plain samples: 8 bits each, row by row from the top, the channels of a pixel side by side.
public struct Raster: Sendable, Hashable {
    /// Pixels across, at least 1.
    public let width: Int
    /// Pixels down, at least 1.
    public let height: Int
    /// 1 (grey), 3 (red, green, blue) or 4 (with alpha, not multiplied in).
    public let channels: Int
    /// The samples, `width * height * channels` of them.
    public internal(set) var pixels: [UInt8]

    /// - Throws: ``ImageError/Reason/invalidRequest`` when the numbers do not fit together, `tooLarge` over 16384 a
    ///   side or 64 million pixels.
    public init(width: Int, height: Int, channels: Int, pixels: [UInt8]) throws {
        try Self.check(width, height, channels)
        guard pixels.count == width * height * channels else {
            throw ImageError.invalid("A picture of \(width) × \(height) × \(channels) has not \(pixels.count) samples.")
        }
        self.init(unchecked: width, height, channels, pixels)
    }

    /// A picture of one colour, given as its 1, 3 or 4 samples.
    /// - Throws: ``ImageError`` as ``init(width:height:channels:pixels:)`` does.
    public static func solid(width: Int, height: Int, colour: [UInt8]) throws -> Raster {
        try check(width, height, colour.count)
        let samples = width * height * colour.count
        let pixels = [UInt8](unsafeUninitializedCapacity: samples) { pixels, count in
            colour.withUnsafeBufferPointer { colour in
                for at in 0..<samples { pixels[at] = colour[at % colour.count] }
            }
            count = samples
        }
        return Raster(unchecked: width, height, colour.count, pixels)
    }

    init(unchecked width: Int, _ height: Int, _ channels: Int, _ pixels: [UInt8]) {
        self.width = width
        self.height = height
        self.channels = channels
        self.pixels = pixels
    }

    static func check(_ width: Int, _ height: Int, _ channels: Int = 1) throws {
        guard width > 0, height > 0, [1, 3, 4].contains(channels) else {
            throw ImageError.invalid("There is no picture of \(width) × \(height) pixels with \(channels) channels.")
        }
        try ImageLimits.standard.check(width, height)
    }

    /// The samples of one pixel, or nil outside of the picture.
    public subscript(x: Int, y: Int) -> [UInt8]? {
        guard (0..<width).contains(x), (0..<height).contains(y) else { return nil }
        let start = (y * width + x) * channels
        return Array(pixels[start..<start + channels])
    }

    /// One channel as a grey picture (3 is the alpha), or nil when there is no such channel.
    public func channel(_ index: Int) -> Raster? {
        guard (0..<channels).contains(index) else { return nil }
        return Raster(
            unchecked: width, height, 1, stride(from: index, to: pixels.count, by: channels).map { pixels[$0] })
    }

    /// The picture with 1, 3 or 4 channels: grey is spread or weighed (ITU-R BT.601), alpha is 255 or dropped.
    /// - Throws: ``ImageError/Reason/invalidRequest`` for any other number.
    public func converted(toChannels wanted: Int) throws -> Raster {
        guard [1, 3, 4].contains(wanted) else { throw ImageError.invalid("A picture has 1, 3 or 4 channels.") }
        guard wanted != channels else { return self }
        let count = width * height
        let converted = [UInt8](unsafeUninitializedCapacity: count * wanted) { room, filled in
            pixels.withUnsafeBufferPointer { pixels in
                for pixel in 0..<count {
                    let from = UnsafeBufferPointer(rebasing: pixels[pixel * channels..<(pixel + 1) * channels])
                    for channel in 0..<wanted {
                        room[pixel * wanted + channel] = Self.sample(channel, of: wanted, from)
                    }
                }
            }
            filled = count * wanted
        }
        return Raster(unchecked: width, height, wanted, converted)
    }

    private static func sample(_ channel: Int, of wanted: Int, _ pixel: UnsafeBufferPointer<UInt8>) -> UInt8 {
        if channel == 3 { return 255 }
        if pixel.count == 1 { return pixel[0] }
        if wanted > 1 { return pixel[channel] }
        let red = 299 * Int(pixel[0])
        let green = 587 * Int(pixel[1])
        let blue = 114 * Int(pixel[2])
        return UInt8((red + green + blue + 500) / 1000)
    }
}
