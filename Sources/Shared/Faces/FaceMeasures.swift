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
        brightness = Moments(face.pixels.lazy.map(Double.init)).mean
        let square = try face.scaled(toWidth: Self.side, height: Self.side, method: .bicubic)
        sharpness = Self.sharpness(square.pixels, side: Self.side)
    }

    static func sharpness(_ pixels: [UInt8], side: Int) -> Double {
        let inner = 1..<side - 1
        var laplacian: [Double] = []
        laplacian.reserveCapacity(side * side)
        for y in inner {
            for at in y * side + inner.lowerBound..<y * side + inner.upperBound {
                let around = Int(pixels[at - side]) + Int(pixels[at + side]) + Int(pixels[at - 1]) + Int(pixels[at + 1])
                laplacian.append(Double(around - 4 * Int(pixels[at])))
            }
        }
        // Without a floor, the rounding of an even area would count as detail.
        let contrast = max(Moments(pixels.lazy.map(Double.init)).variance, 4)
        return 1000 * Moments(laplacian).variance / contrast
    }
}

/// Mean and variance of some numbers; 0 for none.
private struct Moments {
    let mean: Double
    let variance: Double

    init(_ numbers: some Collection<Double>) {
        let count = Double(max(numbers.count, 1))
        let mean = numbers.reduce(0, +) / count
        self.mean = mean
        variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    }
}
