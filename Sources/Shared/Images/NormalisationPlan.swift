/// What a header says beyond ``ImageInfo``, as far as normalising depends on it.
struct ImageHeader: Sendable, Hashable {
    var info: ImageInfo
    /// Whether a sample has 8 bits (or fewer).
    var isEightBit: Bool
    /// Whether the colours are sRGB or grey, and no profile says otherwise.
    var isStandardColour: Bool
}

/// What it takes to make a picture fit for ComfyUI.
enum NormalisationPlan: Sendable, Hashable {
    /// The pixels are as they should be; only metadata may have to go, which leaves the pixels' bytes alone.
    case stripMetadata
    /// The pixels have to be computed and written anew.
    case encode(ImageEncoding)

    init(_ header: ImageHeader) {
        let info = header.info
        let isReadByComfyUI = [.png, .jpeg, .webp].contains(info.format)
        let isAsShown = info.orientation == 1 && info.pages == 1 && header.isEightBit && header.isStandardColour
        self = isReadByComfyUI && isAsShown ? .stripMetadata : .encode(Self.encoding(for: info.format))
    }

    /// A photo stays a JPEG, at a quality that adds no visible loss; all else is written exactly.
    static func encoding(for format: ImageFormat) -> ImageEncoding {
        format == .jpeg ? .jpeg(quality: 95) : .png
    }
}
