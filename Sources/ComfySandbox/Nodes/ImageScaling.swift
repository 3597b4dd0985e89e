import Images
import JSONText

/// The nodes that change a picture's size.
enum ImageScaling {
    static func run(_ call: NodeCall) throws -> [Picture] {
        let method = ScalingMethod(rawValue: call.literal("upscale_method")?.string ?? "lanczos") ?? .lanczos
        let isCropped = call.literal("crop")?.string == "center"
        return try call.pictures("image").map { picture in
            let size = size(call, picture.raster)
            let scaled =
                isCropped
                ? try picture.raster.filling(width: size.width, height: size.height, method: method)
                : try picture.raster.scaled(toWidth: size.width, height: size.height, method: method)
            return picture.with(scaled)
        }
    }

    /// The size that the node makes of a picture.
    static func size(_ call: NodeCall, _ raster: Raster) -> (width: Int, height: Int) {
        let (width, height) = (Double(raster.width), Double(raster.height))
        switch call.name {
        case "ImageScale": return box(call.int("width") ?? 0, call.int("height") ?? 0, raster)
        case "ImageScaleBy": return times(call.number("scale_by") ?? 1, raster)
        case "ImageScaleToTotalPixels":
            return times(((call.number("megapixels") ?? 1) * 1_048_576 / (width * height)).squareRoot(), raster)
        case "ImageScaleToMaxDimension":
            return times(Double(call.int("largest_size") ?? 512) / max(width, height), raster)
        case "ImageUpscaleWithModel": return times(Double(modelFactor(call)), raster)
        default: return times((1_048_576 / (width * height)).squareRoot(), raster)
        }
    }

    /// A side of 0 follows from the other.
    private static func box(_ width: Int, _ height: Int, _ raster: Raster) -> (width: Int, height: Int) {
        switch (width, height) {
        case (0, 0): (raster.width, raster.height)
        case (0, _): (max(1, (raster.width * height + raster.height / 2) / raster.height), height)
        case (_, 0): (width, max(1, (raster.height * width + raster.width / 2) / raster.width))
        default: (width, height)
        }
    }

    private static func times(_ factor: Double, _ raster: Raster) -> (width: Int, height: Int) {
        func side(_ length: Int) -> Int { Int(max(1, min(100_000, (Double(length) * factor).rounded()))) }
        return (side(raster.width), side(raster.height))
    }

    /// Upscale models carry their factor in their name: "RealESRGAN_x4plus", "2x_…", "4xUltrasharp".
    private static func modelFactor(_ call: NodeCall) -> Int {
        guard case .token(let model)? = call.value("upscale_model"), let name = model.prompt?.lowercased() else {
            return 4
        }
        return [2, 3, 4, 8].first { name.contains("x\($0)") || name.contains("\($0)x") } ?? 4
    }
}

extension Raster {
    /// Scaled so that it fills the size, what stands over at two sides cut off.
    func filling(width: Int, height: Int, method: ScalingMethod) throws -> Raster {
        guard width != self.width || height != self.height else { return self }
        let (wide, high) = (self.width * height, self.height * width)
        var part = self
        if wide > high {
            let kept = max(1, high / height)
            part = try cropped(x: (self.width - kept) / 2, y: 0, width: kept, height: self.height)
        } else if wide < high {
            let kept = max(1, wide / width)
            part = try cropped(x: 0, y: (self.height - kept) / 2, width: self.width, height: kept)
        }
        return try part.scaled(toWidth: width, height: height, method: method)
    }
}
