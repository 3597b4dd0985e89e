import Images
import Testing

@Suite struct RasterTests {
    @Test(arguments: [1, 3, 4])
    func `a raster survives PNG and lossless WebP to the sample`(channels: Int) throws {
        let pixels = (0..<(20 * 10 * channels)).map { UInt8(truncatingIfNeeded: $0 &* 37 | 1) }
        let raster = try Raster(width: 20, height: 10, channels: channels, pixels: pixels)
        #expect(try Raster.decode(raster.encodePNG()) == raster)
        if channels == 3 { #expect(try Raster.decode(raster.encode(as: .webpLossless)) == raster) }
    }

    @Test func `numbers that do not fit together make no raster`() {
        #expect(throws: ImageError.self) { try Raster(width: 2, height: 2, channels: 3, pixels: [1, 2, 3]) }
        #expect(throws: ImageError.self) { try Raster(width: 0, height: 2, channels: 3, pixels: []) }
        #expect(throws: ImageError.self) { try Raster(width: -1, height: -3, channels: 1, pixels: [1, 2, 3]) }
        #expect(throws: ImageError.self) { try Raster.solid(width: 2, height: 2, colour: [1, 2]) }
        #expect(throws: ImageError.self) { try Raster.solid(width: .max, height: .max, colour: [1]) }
        #expect(throws: ImageError.self) { try Raster.solid(width: 16_000, height: 16_000, colour: [1]) }
    }

    @Test func `inverting gives exactly 255 minus each value and leaves alpha`() throws {
        let grey = try Raster(width: 256, height: 1, channels: 1, pixels: (0...255).map { UInt8($0) })
        #expect(grey.inverted().pixels == (0...255).map { UInt8(255 - $0) })
        let clear = try Raster.solid(width: 2, height: 1, colour: [0, 100, 255, 7])
        #expect(clear.inverted().pixels == [255, 155, 0, 7, 255, 155, 0, 7])
    }

    @Test(arguments: ScalingMethod.allCases)
    func `every method gives the size asked for and keeps the colours`(method: ScalingMethod) throws {
        let raster = try Pictures.quarters(width: 40, height: 40)
        for (width, height) in [(80, 80), (20, 20), (17, 61), (1, 1), (40, 7), (333, 1)] {
            let scaled = try raster.scaled(toWidth: width, height: height, method: method)
            #expect((scaled.width, scaled.height, scaled.channels) == (width, height, 3))
        }
        let small = try raster.scaled(toWidth: 10, height: 10, method: method)
        #expect(isNear(small[1, 1], [255, 0, 0]))
        #expect(isNear(small[8, 8], [255, 255, 255]))
        let grey = try Raster.solid(width: 9, height: 5, colour: [77]).scaled(toWidth: 31, height: 12, method: method)
        #expect(grey.pixels.allSatisfy { $0 == 77 })
    }

    @Test func `nearest picks and area averages`() throws {
        let raster = try Raster(width: 4, height: 1, channels: 1, pixels: [0, 100, 200, 250])
        #expect(try raster.scaled(toWidth: 2, height: 1, method: .nearest).pixels == [100, 250])
        #expect(try raster.scaled(toWidth: 2, height: 1, method: .area).pixels == [50, 225])
        #expect(
            try raster.scaled(toWidth: 8, height: 1, method: .nearest).pixels == [0, 0, 100, 100, 200, 200, 250, 250])
        #expect(throws: ImageError.self) { try raster.scaled(toWidth: 0, height: 1, method: .area) }
        #expect(throws: ImageError.self) { try raster.scaled(toWidth: 20_000, height: 1, method: .lanczos) }
    }

    @Test func `a part is cut out, and only from within`() throws {
        let raster = try Pictures.quarters(width: 4, height: 2)
        #expect(try raster.cropped(x: 2, y: 0, width: 1, height: 2).pixels == [0, 255, 0, 255, 255, 255])
        for (x, y, width, height) in [(3, 0, 2, 1), (-1, 0, 1, 1), (0, 2, 1, 1), (0, 0, 0, 1), (0, 0, .max, 1)] {
            #expect(throws: ImageError.self) { try raster.cropped(x: x, y: y, width: width, height: height) }
        }
    }

    @Test(
        arguments: [
            (BlendMode.normal, 50), (.multiply, 20), (.screen, 130), (.overlay, 39), (.softLight, 63),
            (.difference, 50),
        ] as [(BlendMode, UInt8)])
    func `each mode mixes as its formula says`(mode: BlendMode, expected: UInt8) throws {
        let base = try Raster.solid(width: 3, height: 2, colour: [100])
        let upper = try Raster.solid(width: 3, height: 2, colour: [50])
        let mixed = try base.blended(with: upper, factor: 1, mode: mode)
        #expect(mixed.pixels == [UInt8](repeating: expected, count: 6))
        #expect(try base.blended(with: upper, factor: 0, mode: mode) == base)
    }

    @Test func `half of a normal blend is the mean, and a brighter one subtracts to black`() throws {
        let base = try Raster.solid(width: 1, height: 1, colour: [100, 0, 10])
        let upper = try Raster.solid(width: 1, height: 1, colour: [200, 255, 20])
        #expect(try base.blended(with: upper, factor: 0.5, mode: .normal).pixels == [150, 128, 15])
        #expect(try base.blended(with: upper, factor: 1, mode: .difference).pixels == [0, 0, 0])
    }

    @Test func `what cannot be blended is refused`() throws {
        let one = try Raster.solid(width: 1, height: 1, colour: [1])
        let other = try Raster.solid(width: 2, height: 1, colour: [1])
        #expect(throws: ImageError.self) { try one.blended(with: other, factor: 1, mode: .normal) }
        for factor in [-0.1, 1.1, .nan, .infinity] {
            #expect(throws: ImageError.self) { try one.blended(with: one, factor: factor, mode: .normal) }
        }
    }

    @Test func `channels are added, dropped, weighed and taken out`() throws {
        let raster = try Raster.solid(width: 1, height: 1, colour: [255, 0, 0])
        #expect(try raster.converted(toChannels: 4).pixels == [255, 0, 0, 255])
        #expect(try raster.converted(toChannels: 1).pixels == [76])
        #expect(try Raster.solid(width: 1, height: 1, colour: [9]).converted(toChannels: 3).pixels == [9, 9, 9])
        #expect(throws: ImageError.self) { try raster.converted(toChannels: 2) }
        #expect(try Raster.solid(width: 2, height: 1, colour: [1, 2, 3, 4]).channel(3)?.pixels == [4, 4])
        #expect(raster.channel(3) == nil)
        #expect(raster[1, 0] == nil)
    }
}
