internal import CVips

/// Owns a `VipsSource`, given back in `deinit`.
final class VipsInput {
    let pointer: UnsafeMutablePointer<VipsSource>

    private init(_ pointer: UnsafeMutablePointer<VipsSource>?) throws {
        guard let pointer else { throw ImageError.unreadable(VipsLibrary.takeErrors()) }
        self.pointer = pointer
    }

    deinit { g_object_unref(pointer) }

    /// Lends the source's content to libvips while `body` runs. No picture made from it may leave `body`: libvips
    /// reads the caller's memory in place.
    static func with<Result>(_ source: ImageSource, _ body: (VipsInput) throws -> Result) throws -> Result {
        try VipsLibrary.start()
        switch source {
        case .file(let path): return try body(VipsInput(vips_source_new_from_file(path)))
        case .bytes(let bytes):
            return try bytes.withUnsafeBytes { bytes in
                try body(VipsInput(vips_source_new_from_memory(bytes.baseAddress, bytes.count)))
            }
        }
    }
}

extension ImageFormat {
    /// The loader for the format, or nil when it is not accepted or this libvips has none.
    var loader: easel_vips_loader? {
        let (loader, operation): (easel_vips_loader, String)
        switch self {
        case .png: (loader, operation) = (EASEL_VIPS_PNG, "pngload_source")
        case .jpeg: (loader, operation) = (EASEL_VIPS_JPEG, "jpegload_source")
        case .webp: (loader, operation) = (EASEL_VIPS_WEBP, "webpload_source")
        case .gif: (loader, operation) = (EASEL_VIPS_GIF, "gifload_source")
        case .avif, .heic: (loader, operation) = (EASEL_VIPS_HEIF, "heifload_source")
        case .bmp, .tiff, .svg, .mp4, .webm: return nil
        }
        return VipsLibrary.has(operation) ? loader : nil
    }
}
