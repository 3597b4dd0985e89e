internal import CVips

extension Raster {
    /// The picture as it is shown, in grey (ITU-R BT.709, gamma kept) on white, shrunk so that neither side is longer
    /// than `maximumSide` pixels (1…16384). A smaller one keeps its size. Its pixels are shrunk as they are decoded, so
    /// a large photo takes little memory. Blocks: call it off the loop.
    /// - Throws: ``ImageError`` as ``ImageProbe/verify(_:decoding:limits:)`` does.
    public static func grey(
        _ source: ImageSource, maximumSide: Int, limits: ImageLimits = .standard
    ) throws -> Raster {
        guard (1...16_384).contains(maximumSide) else {
            throw ImageError.invalid("The side must be between 1 and 16384 pixels, not \(maximumSide).")
        }
        // Not by libvips' thumbnails: those take a JPEG that was cut short for a whole one.
        return try ImageProbe.open(source, limits) { picture, header in
            try VipsPicture.blaming(header.info.format) {
                let shown = try picture.shrunk(to: maximumSide).readyToShow()
                let grey = try shown.onWhite().converted(to: VIPS_INTERPRETATION_B_W)
                return try Raster(width: grey.width, height: grey.height, channels: grey.bands, pixels: grey.pixels())
            }
        }
    }
}

extension VipsPicture {
    fileprivate func shrunk(to side: Int) throws -> VipsPicture {
        let factor = Double(side) / Double(max(width, height))
        return factor < 1 ? try scaled(horizontal: factor, vertical: factor, VIPS_KERNEL_CUBIC) : self
    }

    fileprivate func onWhite() throws -> VipsPicture {
        guard hasAlpha else { return self }
        return try VipsPicture("vips_flatten") { easel_vips_flatten_on_white(pointer, &$0) }
    }
}
