internal import CVips

/// Owns a `VipsImage`, given back in `deinit`. Pixels are computed when they are asked for, from top to bottom.
final class VipsPicture {
    let pointer: UnsafeMutablePointer<VipsImage>

    /// Takes over the picture that `make` puts into its argument.
    /// - Throws: ``ImageError/Reason/failed`` with the name of the call.
    init(_ call: String, _ make: (inout UnsafeMutablePointer<VipsImage>?) -> Int32) throws {
        var pointer: UnsafeMutablePointer<VipsImage>?
        guard make(&pointer) == 0, let pointer else {
            if let pointer { g_object_unref(pointer) }
            throw ImageError.failed(call, VipsLibrary.takeErrors())
        }
        self.pointer = pointer
    }

    deinit { g_object_unref(pointer) }

    var width: Int { Int(vips_image_get_width(pointer)) }
    var height: Int { Int(vips_image_get_height(pointer)) }
    var bands: Int { Int(vips_image_get_bands(pointer)) }
    var pages: Int { max(1, Int(vips_image_get_n_pages(pointer))) }
    var hasAlpha: Bool { vips_image_hasalpha(pointer) != 0 }
    var isEightBit: Bool { vips_image_get_format(pointer) == VIPS_FORMAT_UCHAR }
    var space: VipsInterpretation { vips_image_get_interpretation(pointer) }

    var orientation: Int {
        let orientation = Int(vips_image_get_orientation(pointer))
        return (1...8).contains(orientation) ? orientation : 1
    }

    /// The embedded colour profile, or nil.
    var profile: [UInt8]? {
        var bytes: UnsafeRawPointer?
        var count = 0
        guard vips_image_get_typeof(pointer, "icc-profile-data") != 0,
            vips_image_get_blob(pointer, "icc-profile-data", &bytes, &count) == 0
        else { return nil }
        return Array(UnsafeRawBufferPointer(start: bytes, count: count))
    }

    /// All pixels, row by row, each sample a byte when ``isEightBit``.
    func pixels() throws -> [UInt8] {
        var count = 0
        guard let bytes = vips_image_write_to_memory(pointer, &count) else {
            throw ImageError.failed("vips_image_write_to_memory", VipsLibrary.takeErrors())
        }
        defer { g_free(bytes) }
        return Array(UnsafeRawBufferPointer(start: bytes, count: count))
    }

    /// Decodes every pixel and keeps none.
    func readAll() throws {
        guard easel_vips_read_all(pointer) == 0 else {
            throw ImageError.failed("vips_avg", VipsLibrary.takeErrors())
        }
    }
}
