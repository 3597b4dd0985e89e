internal import CVips

extension VipsPicture {
    /// Opens the first page. Only the header is read; a pixel that is missing fails when it is asked for.
    static func load(_ input: VipsInput, _ format: ImageFormat) throws -> VipsPicture {
        guard let loader = format.loader else { throw ImageError.unsupported(format) }
        return try blaming(format) {
            try VipsPicture("load") { easel_vips_load(input.pointer, loader, VIPS_FAIL_ON_TRUNCATED, &$0) }
        }
    }

    /// Opens the first page no larger than `side` either way and upright, decoding as little as it can.
    static func thumbnail(_ input: VipsInput, _ format: ImageFormat, side: Int) throws -> VipsPicture {
        try blaming(format) {
            try VipsPicture("vips_thumbnail") {
                easel_vips_thumbnail(input.pointer, VIPS_FAIL_ON_TRUNCATED, Int32(clamping: side), &$0)
            }
        }
    }

    /// The picture as it is to be seen: upright, 8 bits a sample, sRGB or grey.
    func readyToShow() throws -> VipsPicture {
        try upright().inStandardColour().inEightBits()
    }

    /// Turned as its orientation says.
    private func upright() throws -> VipsPicture {
        guard orientation != 1 else { return self }
        // Turning asks for pixels out of order; in memory, because libvips would otherwise spill to a file.
        let whole = try VipsPicture("vips_image_copy_memory") {
            $0 = vips_image_copy_memory(pointer)
            return $0 == nil ? -1 : 0
        }
        return try VipsPicture("vips_autorot") { easel_vips_autorotate(whole.pointer, &$0) }
    }

    private func inStandardColour() throws -> VipsPicture {
        let isForeign = profile.map { !ColourProfile.isStandard($0) } ?? false
        // A broken profile is no reason to refuse the picture: it is then read without it.
        if isForeign || space == VIPS_INTERPRETATION_CMYK,
            let converted = try? VipsPicture("vips_icc_transform", { easel_vips_to_srgb_by_profile(pointer, &$0) })
        {
            return converted
        }
        switch space {
        case VIPS_INTERPRETATION_sRGB, VIPS_INTERPRETATION_B_W: return self
        case VIPS_INTERPRETATION_GREY16: return try converted(to: VIPS_INTERPRETATION_B_W)
        default: return try converted(to: VIPS_INTERPRETATION_sRGB)
        }
    }

    private func inEightBits() throws -> VipsPicture {
        guard !isEightBit else { return self }
        return try VipsPicture("vips_cast") { easel_vips_cast_uchar(pointer, &$0) }
    }

    func converted(to space: VipsInterpretation) throws -> VipsPicture {
        try VipsPicture("vips_colourspace") { easel_vips_colourspace(pointer, space, &$0) }
    }

    func scaled(horizontal: Double, vertical: Double, _ kernel: VipsKernel) throws -> VipsPicture {
        try VipsPicture("vips_resize") { easel_vips_resize(pointer, horizontal, vertical, kernel, &$0) }
    }

    /// The picture as a file, without metadata. What is transparent becomes white where the format has no alpha.
    func encoded(as encoding: ImageEncoding) throws -> [UInt8] {
        switch encoding {
        case .png: return try save("vips_pngsave") { easel_vips_save_png(pointer, 4, &$0, &$1) }
        case .jpeg(let quality):
            let opaque = hasAlpha ? try VipsPicture("vips_flatten") { easel_vips_flatten_on_white(pointer, &$0) } : self
            return try save("vips_jpegsave") { easel_vips_save_jpeg(opaque.pointer, Int32(quality), &$0, &$1) }
        case .webp(let quality): return try webp(quality: Int32(quality), lossless: false)
        case .webpLossless: return try webp(quality: 75, lossless: true)
        }
    }

    /// libvips 8.14 writes EXIF of its own making into a WebP, whatever it is told.
    private func webp(quality: Int32, lossless: Bool) throws -> [UInt8] {
        let file = try save("vips_webpsave") { easel_vips_save_webp(pointer, quality, lossless ? 1 : 0, &$0, &$1) }
        return WebPChunks.strip(file) ?? file
    }

    private func save(
        _ call: String, _ write: (inout UnsafeMutableRawPointer?, inout Int) -> Int32
    ) throws -> [UInt8] {
        var bytes: UnsafeMutableRawPointer?
        var count = 0
        let result = write(&bytes, &count)
        defer { g_free(bytes) }
        guard result == 0 else { throw ImageError.failed(call, VipsLibrary.takeErrors()) }
        return Array(UnsafeRawBufferPointer(start: bytes, count: count))
    }

    /// What fails while the content is decoded is the content's fault.
    static func blaming<Result>(_ format: ImageFormat, _ work: () throws -> Result) throws -> Result {
        do {
            return try work()
        } catch let error as ImageError where error.reason == .failed {
            throw ImageError.damaged(format, error.detail)
        }
    }
}

/// Embedded colour profiles.
enum ColourProfile {
    /// Whether the profile calls itself sRGB, in ASCII (ICC version 2) or UTF-16 (version 4), within its first 64 KB.
    static func isStandard(_ profile: [UInt8]) -> Bool {
        let head = profile.prefix(65_536)
        return head.indices.contains { at in
            guard head[at] == UInt8(ascii: "s") else { return false }
            return head[at...].starts(with: "sRGB".utf8) || head[at...].starts(with: "s\0R\0G\0B".utf8)
        }
    }
}
