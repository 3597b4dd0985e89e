internal import Glibc

/// How two pictures are laid over each other; the raw values are ComfyUI's names (`ImageBlend`).
public enum BlendMode: String, Sendable, CaseIterable {
    case normal, multiply, screen, overlay, difference
    case softLight = "soft_light"

    /// The mix of two samples of 0…1; outside of that range for `difference` where the upper one is brighter.
    func mix(_ base: Double, _ upper: Double) -> Double {
        switch self {
        case .normal: upper
        case .multiply: base * upper
        case .screen: 1 - (1 - base) * (1 - upper)
        case .overlay: base <= 0.5 ? 2 * base * upper : 1 - 2 * (1 - base) * (1 - upper)
        case .difference: base - upper
        case .softLight:
            upper <= 0.5
                ? base - (1 - 2 * upper) * base * (1 - base)
                : base + (2 * upper - 1) * (Self.softCurve(base) - base)
        }
    }

    private static func softCurve(_ value: Double) -> Double {
        value <= 0.25 ? ((16 * value - 12) * value + 4) * value : sqrt(value)
    }
}

extension Raster {
    /// Each colour sample becomes 255 minus itself; alpha stays.
    public func inverted() -> Raster {
        var inverted = self
        let channels = channels
        inverted.pixels.withUnsafeMutableBufferPointer { pixels in
            for at in pixels.indices where channels < 4 || at % 4 != 3 { pixels[at] = 255 - pixels[at] }
        }
        return inverted
    }

    /// Lays `upper` over the picture: `base · (1 − factor) + mode(base, upper) · factor`, rounded to the nearest, cut
    /// off at 0 and 255. Every channel is mixed alike.
    /// - Parameter factor: 0 (the picture) to 1 (the mix).
    /// - Throws: ``ImageError/Reason/invalidRequest`` for pictures that differ in size or channels, or another factor.
    public func blended(with upper: Raster, factor: Double, mode: BlendMode) throws -> Raster {
        guard width == upper.width, height == upper.height, channels == upper.channels else {
            throw ImageError.invalid("Only pictures of the same size and with the same channels can be blended.")
        }
        guard (0...1).contains(factor) else {
            throw ImageError.invalid("The factor of a blend must be between 0 and 1.")
        }
        // There are 65,536 pairs of samples only: each is computed once, and the pixels look them up.
        let table = (0..<65_536).map { pair in
            let base = Double(pair >> 8) / 255
            let mixed = base * (1 - factor) + mode.mix(base, Double(pair & 255) / 255) * factor
            return UInt8((min(max(mixed, 0), 1) * 255).rounded())
        }
        let blended = [UInt8](unsafeUninitializedCapacity: pixels.count) { room, count in
            for at in pixels.indices { room[at] = table[Int(pixels[at]) << 8 | Int(upper.pixels[at])] }
            count = pixels.count
        }
        return Raster(unchecked: width, height, channels, blended)
    }
}
