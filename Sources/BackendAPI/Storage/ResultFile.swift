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
        let bytes = try FileStore.contents(of: file.path)
        let source = ImageSource.bytes(bytes)
        guard let format = ImageFormat(sniffing: bytes), isWhole(source, bytes, format) else { throw NotAPicture() }
        // An animation stays one: another format would keep its first picture alone.
        if let encoding = encoding(options, from: format), !isAnimated(source, format) {
            return try store.put(encode(source, as: encoding), fileExtension: encoding.format.fileExtension)
        }
        if format == .png, !options.keepMetadata {
            let stripped = try PNGChunks(bytes).strippingText()
            if stripped.count != bytes.count { return try store.put(stripped, fileExtension: "png") }
        }
        return try store.put(file, fileExtension: format.fileExtension)
    }

    private static func isAnimated(_ source: ImageSource, _ format: ImageFormat) -> Bool {
        guard format == .webp || format == .gif else { return false }
        return ((try? ImageProbe.probe(source, limits: limits).pages) ?? 1) > 1
    }

    private static func encode(_ source: ImageSource, as encoding: ImageEncoding) throws -> [UInt8] {
        do { return try ImageEditor.encode(source, as: encoding, limits: limits) } catch let error as ImageError {
            if case .damaged = error.reason { throw NotAPicture() }
            throw error
        }
    }

    /// Decodes the pixels only where the file's structure does not tell.
    private static func isWhole(_ source: ImageSource, _ bytes: [UInt8], _ format: ImageFormat) -> Bool {
        WholeFile.check(bytes, format) ?? ((try? ImageProbe.verify(source, limits: limits)) != nil)
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
        case "video/x-matroska": "mkv"
        case "audio/flac": "flac"
        case "audio/mpeg": "mp3"
        case "audio/wav": "wav"
        case "audio/opus": "opus"
        default: mime.hasPrefix("text/") ? "txt" : "bin"
        }
    }
}
