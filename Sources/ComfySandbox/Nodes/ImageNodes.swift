import Images
import JSONText

/// The nodes that work on pixels, for real.
enum ImageNodes {
    /// What the node makes; nil when it is none of these.
    static func run(_ call: NodeCall, files: FileStore) throws -> NodeResult? {
        switch call.name {
        case "LoadImage": return try load(call, files)
        case "LoadImageMask": return try loadMask(call, files)
        case "EmptyImage": return try pictures(empty(call))
        case "SolidMask": return try pictures(solidMask(call))
        case "ImageScale", "ImageScaleBy", "ImageScaleToTotalPixels", "ImageScaleToMaxDimension",
            "FluxKontextImageScale", "ImageUpscaleWithModel":
            return try pictures(ImageScaling.run(call))
        case "ImageInvert": return try each(call, "image") { $0.inverted() }
        case "InvertMask": return try each(call, "mask") { $0.inverted() }
        case "ImageCrop": return try each(call, "image") { try crop($0, call) }
        case "ImageBlend": return try pictures(blend(call))
        case "ImageBatch": return try pictures(batch(call))
        case "MaskToImage": return try each(call, "mask") { try $0.converted(toChannels: 3) }
        case "GetImageSize": return try size(call)
        case "ImageToMask": return try each(call, "image") { try mask($0, call) }
        default: return nil
        }
    }

    private static func pictures(_ pictures: [Picture]) -> NodeResult { NodeResult(outputs: [.pictures(pictures)]) }

    private static func each(_ call: NodeCall, _ input: String, _ change: (Raster) throws -> Raster) throws
        -> NodeResult
    {
        try pictures(call.pictures(input).map { $0.with(try change($0.raster)) })
    }

    // MARK: Loading and making

    private static func decode(_ call: NodeCall, _ files: FileStore) throws -> Raster {
        let name = call.literal("image")?.string ?? ""
        guard let path = files.annotatedPath(name), let bytes = FileStore.read(path) else {
            throw NodeFailure("FileNotFoundError", "[Errno 2] No such file or directory: '\(name)'")
        }
        do {
            return try Raster.decode(bytes)
        } catch {
            throw NodeFailure("PIL.UnidentifiedImageError", "cannot identify image file '\(path)'")
        }
    }

    /// The colours, and what is transparent as a mask; a picture with no alpha has an empty mask of 64 × 64.
    private static func load(_ call: NodeCall, _ files: FileStore) throws -> NodeResult {
        let raster = try decode(call, files)
        let mask = try raster.channel(3)?.inverted() ?? Raster.solid(width: 64, height: 64, colour: [0])
        let image = Picture(raster: try raster.converted(toChannels: 3))
        return NodeResult(outputs: [.pictures([image]), .pictures([Picture(raster: mask)])])
    }

    private static func loadMask(_ call: NodeCall, _ files: FileStore) throws -> NodeResult {
        let raster = try decode(call, files)
        let name = call.literal("channel")?.string ?? "alpha"
        let channel = ["red": 0, "green": 1, "blue": 2, "alpha": 3][name] ?? 3
        let mask = raster.channel(channel).map { channel == 3 ? $0.inverted() : $0 }
        return try pictures([Picture(raster: mask ?? Raster.solid(width: 64, height: 64, colour: [0]))])
    }

    private static func empty(_ call: NodeCall) throws -> [Picture] {
        let colour = call.int("color") ?? 0
        let samples = [16, 8, 0].map { UInt8(truncatingIfNeeded: colour >> $0) }
        let raster = try Raster.solid(
            width: call.int("width") ?? 512, height: call.int("height") ?? 512, colour: samples)
        return Array(repeating: Picture(raster: raster), count: max(1, min(4096, call.int("batch_size") ?? 1)))
    }

    private static func solidMask(_ call: NodeCall) throws -> [Picture] {
        let value = UInt8(max(0, min(255, (call.number("value") ?? 1) * 255)))
        return [
            Picture(
                raster: try Raster.solid(
                    width: call.int("width") ?? 512, height: call.int("height") ?? 512, colour: [value]))
        ]
    }

    // MARK: Changing

    /// A part that reaches over the edge is cut off there, as a slice of a tensor is.
    private static func crop(_ raster: Raster, _ call: NodeCall) throws -> Raster {
        let x = min(call.int("x") ?? 0, raster.width - 1)
        let y = min(call.int("y") ?? 0, raster.height - 1)
        return try raster.cropped(
            x: x, y: y, width: min(call.int("width") ?? 512, raster.width - x),
            height: min(call.int("height") ?? 512, raster.height - y))
    }

    private static func blend(_ call: NodeCall) throws -> [Picture] {
        let upper = try call.pictures("image2")
        let mode = BlendMode(rawValue: call.literal("blend_mode")?.string ?? "normal") ?? .normal
        return try call.pictures("image1").enumerated().map { place, below in
            let base = try below.raster.converted(toChannels: 3)
            let over = try upper[min(place, upper.count - 1)].raster.converted(toChannels: 3)
                .filling(width: base.width, height: base.height, method: .bicubic)
            let mixed = try base.blended(with: over, factor: call.number("blend_factor") ?? 0.5, mode: mode)
            return Picture(raster: mixed, caption: below.caption ?? upper[min(place, upper.count - 1)].caption)
        }
    }

    private static func batch(_ call: NodeCall) throws -> [Picture] {
        let first = try call.pictures("image1")
        guard let size = first.first?.raster else { return try call.pictures("image2") }
        return try first
            + call.pictures("image2").map {
                $0.with(try $0.raster.filling(width: size.width, height: size.height, method: .bilinear))
            }
    }

    private static func size(_ call: NodeCall) throws -> NodeResult {
        let pictures = try call.pictures("image")
        let raster = pictures.first?.raster
        return NodeResult(outputs: [raster?.width ?? 0, raster?.height ?? 0, pictures.count].map(NodeValue.integer))
    }

    private static func mask(_ raster: Raster, _ call: NodeCall) throws -> Raster {
        let index = ["red": 0, "green": 1, "blue": 2, "alpha": 3][call.literal("channel")?.string ?? "red"] ?? 0
        return try raster.channel(index) ?? Raster.solid(width: raster.width, height: raster.height, colour: [255])
    }
}
