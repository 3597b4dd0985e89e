import Images
import Wire

/// Makes of a fetched output the file that the client gets.
enum ResultFile {
    /// Blocks: for `offLoop`.
    ///
    /// - Returns: its name in the store.
    /// - Throws: ``NotAPicture`` for an image that is none: HTML in its place, or cut short. `FileStore.Failure`.
    static func keep(
        _ file: SpoolFile, of output: GenerationOutput, _ options: GenerationTask.Options, in store: FileStore
    ) throws -> String {
        guard output.kind == "image" else { return try store.put(file, fileExtension: fileExtension(of: output.mime)) }
        let source = ImageSource.file(path: file.path)
        let format: ImageFormat
        do { format = try ImageProbe.verify(source, limits: limits).format } catch { throw NotAPicture() }
        if let encoding = encoding(options, from: format) {
            let bytes = try ImageEditor.encode(source, as: encoding, limits: limits)
            return try store.put(bytes, fileExtension: encoding.format.fileExtension)
        }
        if format == .png, !options.keepMetadata {
            let bytes = try FileStore.contents(of: file.path)
            let stripped = try PNGChunks(bytes).strippingText()
            if stripped.count != bytes.count { return try store.put(stripped, fileExtension: "png") }
        }
        return try store.put(file, fileExtension: format.fileExtension)
    }

    struct NotAPicture: Error {}

    private static let limits = ImageLimits(maximumPixels: 268_435_456, maximumSide: 32_768, maximumFileBytes: 1 << 30)

    /// Pixels are encoded anew only for another format, or for a quality that was asked for.
    private static func encoding(_ options: GenerationTask.Options, from format: ImageFormat) -> ImageEncoding? {
        let wanted = options.outputFormat ?? format.rawValue
        guard wanted != format.rawValue || options.quality != nil else { return nil }
        let quality = options.quality ?? 90
        return switch wanted {
        case "png": format == .png ? nil : .png
        case "jpeg": .jpeg(quality: quality)
        case "webp": .webp(quality: quality)
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
