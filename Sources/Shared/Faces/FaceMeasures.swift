internal import Images

/// Brightness and sharpness of a face.
struct FaceMeasures: Hashable {
    /// Sharpness is measured on the face as a square of this side: what encoders of faces look at is as large, and a
    /// face must not be the sharper for being photographed smaller.
    static let side = 128

    /// The mean luma, 0…255.
    let brightness: Double
    /// A thousand times the variance of the Laplacian over the variance of the luma. The division makes it a measure of
    /// detail alone: a dark or washed-out face has little contrast and may be sharp all the same.
    let sharpness: Double

    /// - Parameters:
    ///   - grey: one channel.
    ///   - box: within the picture.
    init(of grey: Raster, in box: PixelBox) throws {
        let face = try grey.cropped(x: box.x, y: box.y, width: box.width, height: box.height)
        brightness = Moments(face.pixels).mean
        let square = try face.scaled(toWidth: Self.side, height: Self.side, method: .bicubic)
        // Without a floor, the rounding of an even area would count as detail.
        let contrast = max(Moments(square.pixels).variance, 4)
        sharpness = 1000 * Moments(Self.laplacian(square.pixels, side: Self.side)).variance / contrast
    }

    /// The four neighbours of each inner pixel less four times itself.
    private static func laplacian(_ pixels: [UInt8], side: Int) -> [Int] {
        var laplacian: [Int] = []
        laplacian.reserveCapacity(side * side)
        for row in stride(from: side, to: side * (side - 1), by: side) {
            for at in row + 1..<row + side - 1 {
                let around = Int(pixels[at - side]) + Int(pixels[at + side]) + Int(pixels[at - 1]) + Int(pixels[at + 1])
                laplacian.append(around - 4 * Int(pixels[at]))
            }
        }
        return laplacian
    }
}

/// Mean and variance of some samples; 0 for none.
private struct Moments {
    let mean: Double
    let variance: Double

    init(_ samples: [some BinaryInteger]) {
        // Exact: even the squares of 4 million samples of 1020 stay far below 2^63.
        var (sum, squares) = (0, 0)
        for sample in samples {
            let sample = Int(sample)
            sum += sample
            squares += sample * sample
        }
        let count = Double(max(samples.count, 1))
        mean = Double(sum) / count
        variance = max(0, Double(squares) / count - mean * mean)
    }
}
