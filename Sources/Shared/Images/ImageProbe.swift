internal import CVips

/// Looks at a picture before anything is done with it.
///
/// These calls block: they read files and run libvips. Call them off the loop.
public enum ImageProbe {
    /// Reads the header, no pixel.
    ///
    /// - Throws: ``ImageError``: the format is unknown or not accepted, the picture is over a limit, the header is
    ///   damaged, the file cannot be read.
    public static func probe(_ source: ImageSource, limits: ImageLimits = .standard) throws -> ImageInfo {
        try open(source, limits) { _, header in header.info }
    }

    /// Reads the header and, when asked to, decodes every pixel of the first page and keeps none, so that a file that
    /// was cut short is refused before anyone works with it.
    ///
    /// - Throws: ``ImageError`` as ``probe(_:limits:)`` does; `damaged` also for a fault among the pixels.
    @discardableResult
    public static func verify(
        _ source: ImageSource, decoding: Bool = true, limits: ImageLimits = .standard
    ) throws -> ImageInfo {
        try open(source, limits) { picture, header in
            if decoding { try VipsPicture.blaming(header.info.format) { try picture.readAll() } }
            return header.info
        }
    }

    /// Opens a picture that is accepted and within the limits. It must not leave `body`.
    static func open<Result>(
        _ source: ImageSource, _ limits: ImageLimits, _ body: (VipsPicture, ImageHeader) throws -> Result
    ) throws -> Result {
        let format = try usableFormat(of: source, limits)
        return try VipsInput.with(source) { input in
            let picture = try VipsPicture.load(input, format)
            try limits.check(picture.width, picture.height)
            return try body(picture, ImageHeader(picture, format))
        }
    }

    /// The format by content, when it is one that is accepted and that this libvips reads.
    private static func usableFormat(of source: ImageSource, _ limits: ImageLimits) throws -> ImageFormat {
        guard let format = ImageFormat(sniffing: try source.head(limits)) else { throw ImageError.unrecognised }
        guard format.canBeUsed, format.loader != nil else { throw ImageError.unsupported(format) }
        return format
    }
}

extension ImageHeader {
    fileprivate init(_ picture: VipsPicture, _ format: ImageFormat) {
        info = ImageInfo(
            format: format, width: picture.width, height: picture.height, pages: picture.pages,
            hasAlpha: picture.hasAlpha, orientation: picture.orientation)
        isEightBit = picture.isEightBit
        isStandardColour =
            (picture.space == VIPS_INTERPRETATION_sRGB || picture.space == VIPS_INTERPRETATION_B_W)
            && picture.profile.map(ColourProfile.isStandard) ?? true
    }
}
