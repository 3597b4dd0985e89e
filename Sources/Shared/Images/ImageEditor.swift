/// Makes pictures out of pictures.
///
/// These calls block: they decode and encode with libvips, tens of milliseconds a megapixel. Call them off the loop.
public enum ImageEditor {
    /// Makes a picture fit for ComfyUI: upright, its first frame only, 8 bits a sample, sRGB or grey, PNG, JPEG or
    /// WebP, without EXIF, GPS, text or any other metadata. What already is so comes back byte for byte; where only
    /// metadata is to go, it is cut out and the compressed pixels stay as they are. Otherwise a JPEG is written as a
    /// JPEG of quality 95, everything else as a PNG.
    ///
    /// - Parameter verifying: whether to look also where no pixel is changed that the file is whole, by its structure
    ///   or else by decoding it. Without it a file that was cut short may pass.
    /// - Throws: ``ImageError`` as ``ImageProbe/verify(_:decoding:limits:)`` does.
    public static func normalise(
        _ source: ImageSource, verifying: Bool = true, limits: ImageLimits = .standard
    ) throws -> NormalisedImage {
        try ImageProbe.open(source, limits) { picture, header in
            let format = header.info.format
            if case .stripMetadata = NormalisationPlan(header) {
                let whole = try source.contents(limits)
                if let bytes = MetadataStripper.strip(whole, format) {
                    if verifying, WholeFile.check(whole, format) != true {
                        try VipsPicture.blaming(format) { try picture.readAll() }
                    }
                    return NormalisedImage(bytes, format, picture, isUnchanged: bytes == whole)
                }
            }
            let encoding = NormalisationPlan.encoding(for: format)
            let upright = try VipsPicture.blaming(format) { try picture.readyToShow() }
            let bytes = try VipsPicture.blaming(format) { try upright.encoded(as: encoding) }
            return NormalisedImage(bytes, encoding.format, upright, isUnchanged: false)
        }
    }

    /// The picture as shown, in another encoding, without metadata.
    /// - Throws: ``ImageError``.
    public static func encode(
        _ source: ImageSource, as encoding: ImageEncoding, limits: ImageLimits = .standard
    ) throws -> [UInt8] {
        try ImageProbe.open(source, limits) { picture, header in
            try encoding.check(width: picture.width, height: picture.height)
            return try VipsPicture.blaming(header.info.format) {
                try picture.readyToShow().encoded(as: encoding)
            }
        }
    }

    /// The picture as shown, shrunk so that neither side is longer than `maximumSide` pixels (1…16384), in sRGB,
    /// without metadata. A smaller picture keeps its size. JPEG and WebP are shrunk while they are decoded.
    /// - Throws: ``ImageError``.
    public static func thumbnail(
        _ source: ImageSource, maximumSide: Int, as encoding: ImageEncoding = .webp(quality: 80),
        limits: ImageLimits = .standard
    ) throws -> [UInt8] {
        guard (1...16_384).contains(maximumSide) else {
            throw ImageError.invalid("The side of a thumbnail must be between 1 and 16384 pixels, not \(maximumSide).")
        }
        let info = try ImageProbe.probe(source, limits: limits)
        return try VipsInput.with(source) { input in
            let small = try VipsPicture.thumbnail(input, info.format, side: maximumSide)
            try encoding.check(width: small.width, height: small.height)
            return try VipsPicture.blaming(info.format) { try small.readyToShow().encoded(as: encoding) }
        }
    }
}

/// A picture that is fit for ComfyUI.
public struct NormalisedImage: Sendable, Hashable {
    /// The file's content.
    public let bytes: [UInt8]
    /// PNG, JPEG or WebP.
    public let format: ImageFormat
    /// Pixels across and down, as stored and as shown.
    public let width: Int
    public let height: Int
    /// Whether ``bytes`` are those that were given.
    public let isUnchanged: Bool

    init(_ bytes: [UInt8], _ format: ImageFormat, _ picture: VipsPicture, isUnchanged: Bool) {
        self.bytes = bytes
        self.format = format
        width = picture.width
        height = picture.height
        self.isUnchanged = isUnchanged
    }
}
