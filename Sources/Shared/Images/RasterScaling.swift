internal import CVips

/// How samples between and across pixels are found; the raw values are ComfyUI's names (`ImageScale`).
public enum ScalingMethod: String, Sendable, CaseIterable {
    /// The pixel at the place, none mixed.
    case nearest = "nearest-exact"
    /// Straight lines between two neighbours.
    case bilinear
    /// Curves through four neighbours.
    case bicubic
    /// The mean of all pixels that a new one covers.
    case area
    /// A windowed sinc over six neighbours.
    case lanczos
}

extension Raster {
    /// The picture stretched or shrunk to a size. Every channel is scaled for itself, alpha too. Blocks: call it off
    /// the loop.
    /// - Throws: ``ImageError/Reason/invalidRequest`` for a side below 1, `tooLarge` over 16384 a side or 64 million
    ///   pixels.
    public func scaled(toWidth width: Int, height: Int, method: ScalingMethod) throws -> Raster {
        try Self.check(width, height)
        guard width != self.width || height != self.height else { return self }
        switch method {
        case .nearest: return scaledByNearest(width, height)
        case .area: return scaledByArea(width, height)
        case .bilinear: return try scaled(width, height, VIPS_KERNEL_LINEAR)
        case .bicubic: return try scaled(width, height, VIPS_KERNEL_CUBIC)
        case .lanczos: return try scaled(width, height, VIPS_KERNEL_LANCZOS3)
        }
    }

    /// The part from `x`, `y` on.
    /// - Throws: ``ImageError/Reason/invalidRequest`` unless it lies within the picture.
    public func cropped(x: Int, y: Int, width: Int, height: Int) throws -> Raster {
        guard x >= 0, y >= 0, width > 0, height > 0, width <= self.width - x, height <= self.height - y else {
            throw ImageError.invalid("The part to cut out does not lie within the picture.")
        }
        var part: [UInt8] = []
        part.reserveCapacity(width * height * channels)
        for row in y..<y + height {
            let start = (row * self.width + x) * channels
            part += pixels[start..<start + width * channels]
        }
        return Raster(unchecked: width, height, channels, part)
    }

    private func scaled(_ width: Int, _ height: Int, _ kernel: VipsKernel) throws -> Raster {
        try withPicture { picture in
            let scaled = try picture.scaled(
                horizontal: Double(width) / Double(self.width), vertical: Double(height) / Double(self.height), kernel)
            return try Raster(width: scaled.width, height: scaled.height, channels: channels, pixels: scaled.pixels())
        }
    }

    /// The pixel under the centre of each new one.
    private func scaledByNearest(_ width: Int, _ height: Int) -> Raster {
        let columns = (0..<width).map { (2 * $0 + 1) * self.width / (2 * width) * channels }
        var scaled: [UInt8] = []
        scaled.reserveCapacity(width * height * channels)
        for y in 0..<height {
            let row = (2 * y + 1) * self.height / (2 * height) * self.width * channels
            for column in columns { scaled += pixels[row + column..<row + column + channels] }
        }
        return Raster(unchecked: width, height, channels, scaled)
    }

    /// The mean over the pixels that each new one touches, as adaptive average pooling has it.
    private func scaledByArea(_ width: Int, _ height: Int) -> Raster {
        let columns = Self.spans(from: self.width, to: width)
        var scaled: [UInt8] = []
        scaled.reserveCapacity(width * height * channels)
        for rows in Self.spans(from: self.height, to: height) {
            let sums = columnSums(rows)
            for span in columns {
                for channel in 0..<channels {
                    let sum = span.reduce(0) { $0 + sums[$1 * channels + channel] }
                    let count = span.count * rows.count
                    scaled.append(UInt8((sum + count / 2) / count))
                }
            }
        }
        return Raster(unchecked: width, height, channels, scaled)
    }

    /// For each sample of a row, the sum over some rows.
    private func columnSums(_ rows: Range<Int>) -> [Int] {
        let length = width * channels
        var sums = [Int](repeating: 0, count: length)
        for row in rows {
            for at in 0..<length { sums[at] += Int(pixels[row * length + at]) }
        }
        return sums
    }

    /// Which of `count` old places each of `wanted` new ones touches.
    private static func spans(from count: Int, to wanted: Int) -> [Range<Int>] {
        (0..<wanted).map { $0 * count / wanted..<(($0 + 1) * count + wanted - 1) / wanted }
    }
}
