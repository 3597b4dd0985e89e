internal import CVips

extension Raster {
    /// Decodes the first frame of a picture, upright, in sRGB or grey. Blocks: call it off the loop.
    /// - Throws: ``ImageError`` as ``ImageProbe/verify(_:decoding:limits:)`` does.
    public static func decode(_ bytes: [UInt8], limits: ImageLimits = .standard) throws -> Raster {
        try ImageProbe.open(.bytes(bytes), limits) { picture, header in
            try VipsPicture.blaming(header.info.format) {
                let shown = try picture.readyToShow()
                // Grey with alpha has no raster form of its own.
                let whole = [1, 3, 4].contains(shown.bands) ? shown : try shown.converted(to: VIPS_INTERPRETATION_sRGB)
                return try Raster(
                    width: whole.width, height: whole.height, channels: whole.bands, pixels: whole.pixels())
            }
        }
    }

    /// The picture as a file. Blocks: call it off the loop.
    /// - Throws: ``ImageError/Reason/invalidRequest`` for a quality out of range or a size that the form cannot have.
    public func encode(as encoding: ImageEncoding) throws -> [UInt8] {
        try encoding.check(width: width, height: height)
        return try withPicture { try $0.encoded(as: encoding) }
    }

    /// The picture as a PNG that carries the texts in front of its pixels, as ComfyUI writes its `prompt` and
    /// `workflow`. Blocks: call it off the loop.
    /// - Throws: ``ImageError/Reason/invalidRequest`` for a text that a PNG cannot hold.
    public func encodePNG(texts: [PNGText] = []) throws -> [UInt8] {
        let file = try encode(as: .png)
        return texts.isEmpty ? file : try PNGChunks(file).inserting(texts)
    }

    /// Lends the samples to libvips while `body` runs; no picture made from them may leave it.
    func withPicture<Result>(_ body: (VipsPicture) throws -> Result) throws -> Result {
        try VipsLibrary.start()
        return try pixels.withUnsafeBytes { bytes in
            let plain = try VipsPicture("vips_image_new_from_memory") {
                $0 = vips_image_new_from_memory(
                    bytes.baseAddress, bytes.count, Int32(width), Int32(height), Int32(channels), VIPS_FORMAT_UCHAR)
                return $0 == nil ? -1 : 0
            }
            let space = channels == 1 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB
            return try body(VipsPicture("vips_copy") { easel_vips_interpret(plain.pointer, space, &$0) })
        }
    }
}
