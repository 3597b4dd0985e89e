import Images

/// Makes of an output's bytes the file that the client gets.
enum ResultFile {
    /// Blocks: for `offLoop`.
    ///
    /// - Returns: the bytes and their file extension.
    /// - Throws: ``NotAPicture`` for an image that is none: HTML in its place, or cut short.
    static func make(
        _ bytes: [UInt8], kind: String, mime: String, options: GenerationTask.Options
    ) throws -> (bytes: [UInt8], fileExtension: String) {
        guard kind == "image" else { return (bytes, fileExtension(of: mime)) }
        guard let format = ImageFormat(sniffing: bytes), format.canBeUsed else { throw NotAPicture() }
        do { try ImageProbe.verify(.bytes(bytes), limits: limits) } catch { throw NotAPicture() }
        if let encoding = encoding(options, from: format) {
            return (try ImageEditor.encode(.bytes(bytes), as: encoding, limits: limits), encoding.format.fileExtension)
        }
        guard format == .png, !options.keepMetadata else { return (bytes, format.fileExtension) }
        return (try PNGChunks(bytes).strippingText(), format.fileExtension)
    }

    struct NotAPicture: Error {}

    private static let limits = ImageLimits(maximumPixels: 268_435_456, maximumSide: 32_768, maximumFileBytes: 1 << 30)

    /// Pixels are encoded anew only for another format.
    private static func encoding(_ options: GenerationTask.Options, from format: ImageFormat) -> ImageEncoding? {
        let quality = options.quality ?? 90
        return switch options.outputFormat {
        case "png" where format != .png: .png
        case "jpeg" where format != .jpeg: .jpeg(quality: quality)
        case "webp" where format != .webp: .webp(quality: quality)
        default: nil
        }
    }

    private static func fileExtension(of mime: String) -> String {
        switch mime {
        case "video/mp4": "mp4"
        case "video/webm": "webm"
        case "audio/flac": "flac"
        case "audio/mpeg": "mp3"
        case "audio/wav": "wav"
        default: mime.hasPrefix("text/") ? "txt" : "bin"
        }
    }
}
