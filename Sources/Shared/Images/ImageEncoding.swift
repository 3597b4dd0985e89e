/// The form in which a picture is written. No metadata is written with any of them.
public enum ImageEncoding: Sendable, Hashable {
    /// Exact, with alpha.
    case png
    /// Quality 1…100; transparent parts become white.
    case jpeg(quality: Int)
    /// Quality 1…100, with alpha. A side may be 16383 pixels long at most.
    case webp(quality: Int)
    /// Exact, with alpha. A side may be 16383 pixels long at most.
    case webpLossless

    /// The format that comes of it.
    public var format: ImageFormat {
        switch self {
        case .png: .png
        case .jpeg: .jpeg
        case .webp, .webpLossless: .webp
        }
    }

    /// - Throws: ``ImageError/Reason/invalidRequest`` for a quality out of range or a side that WebP cannot have.
    func check(width: Int, height: Int) throws {
        switch self {
        case .jpeg(let quality), .webp(let quality):
            guard (1...100).contains(quality) else {
                throw ImageError.invalid("The quality must be between 1 and 100, not \(quality).")
            }
        case .png, .webpLossless: break
        }
        guard format != .webp || max(width, height) <= 16_383 else {
            throw ImageError.invalid("A WebP picture can be 16383 pixels a side, not \(max(width, height)).")
        }
    }
}
