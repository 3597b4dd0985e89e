/// A kind of picture or film that is known by its content. Not every kind can be read: see ``canBeUsed``.
public enum ImageFormat: String, Sendable, Hashable, CaseIterable {
    case png, jpeg, gif, webp, avif, heic, bmp, tiff, svg, mp4, webm

    /// The media type, as in `Content-Type` (IANA's registry).
    public var mimeType: String {
        switch self {
        case .png: "image/png"
        case .jpeg: "image/jpeg"
        case .gif: "image/gif"
        case .webp: "image/webp"
        case .avif: "image/avif"
        case .heic: "image/heic"
        case .bmp: "image/bmp"
        case .tiff: "image/tiff"
        case .svg: "image/svg+xml"
        case .mp4: "video/mp4"
        case .webm: "video/webm"
        }
    }

    /// The usual end of a file's name, without the dot.
    public var fileExtension: String { self == .jpeg ? "jpg" : rawValue }

    /// The name to show to a person.
    public var name: String { self == .webp ? "WebP" : self == .webm ? "WebM" : rawValue.uppercased() }

    /// Whether it is a film.
    public var isVideo: Bool { self == .mp4 || self == .webm }

    /// Whether such a picture is accepted as input. The others either have no loader that is safe for what strangers
    /// send (SVG, BMP), or are no picture, or hold too many kinds of content (TIFF).
    public var canBeUsed: Bool { Self.usable.contains(self) }

    /// The formats that are accepted as input.
    public static let usable: [ImageFormat] = [.png, .jpeg, .webp, .gif, .avif, .heic]
}
