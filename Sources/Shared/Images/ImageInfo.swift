/// What a picture says of itself in its header.
public struct ImageInfo: Sendable, Hashable {
    /// The format by content.
    public let format: ImageFormat
    /// Pixels across and down as stored, before ``orientation`` is applied.
    public let width: Int
    public let height: Int
    /// How many frames (GIF, WebP) or pictures (HEIC, AVIF) there are, at least 1.
    public let pages: Int
    /// Whether there is an alpha channel; it may be opaque everywhere.
    public let hasAlpha: Bool
    /// The EXIF orientation, 1 (upright) to 8.
    public let orientation: Int

    /// Pixels across as shown.
    public var displayWidth: Int { orientation >= 5 ? height : width }
    /// Pixels down as shown.
    public var displayHeight: Int { orientation >= 5 ? width : height }
}

/// How large a picture may be. The header is checked against it before any pixel is decoded, so a small file that
/// unfolds into a huge picture costs nothing.
public struct ImageLimits: Sendable, Hashable {
    /// Width times height, at most; 64 million by default.
    public var maximumPixels: Int
    /// Width and height, each at most; 16384 by default.
    public var maximumSide: Int
    /// The length of a file, at most, in bytes; 128 MB by default.
    public var maximumFileBytes: Int

    public init(
        maximumPixels: Int = 64_000_000, maximumSide: Int = 16_384, maximumFileBytes: Int = 128_000_000
    ) {
        self.maximumPixels = maximumPixels
        self.maximumSide = maximumSide
        self.maximumFileBytes = maximumFileBytes
    }

    public static let standard = ImageLimits()

    /// - Throws: ``ImageError/Reason/tooLarge(width:height:)`` for a size over a limit.
    func check(_ width: Int, _ height: Int) throws {
        // A side is compared first, so that the product cannot overflow.
        guard width <= maximumSide, height <= maximumSide, width * height <= maximumPixels else {
            throw ImageError.tooLarge(width, height, self)
        }
    }
}
