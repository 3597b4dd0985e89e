/// Whether a picture's file is all there, told by its structure: no pixel is decoded, and libvips is not started.
public enum WholeFile {
    /// Looks for what a file that was cut short, or damaged on the way, does not have: a PNG's checksums and `IEND`, a
    /// JPEG's scan and end marker, a WebP's picture and length. What follows the picture's end is not looked at.
    ///
    /// - Returns: nil for a format that cannot be judged so.
    public static func check(_ bytes: [UInt8], _ format: ImageFormat) -> Bool? {
        switch format {
        case .png: (try? PNGChunks(bytes))?.isIntact ?? false
        case .jpeg: JPEGSegments.isWhole(bytes)
        case .webp: WebPChunks.isWhole(bytes)
        default: nil
        }
    }
}
