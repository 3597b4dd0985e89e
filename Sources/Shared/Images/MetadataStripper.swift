internal import Glibc

/// Cuts metadata out of a file and leaves its compressed pixels as they are.
enum MetadataStripper {
    /// The file without metadata, the same bytes when there is none; nil for a format that it cannot do or a file
    /// whose structure it does not understand.
    static func strip(_ bytes: [UInt8], _ format: ImageFormat) -> [UInt8]? {
        switch format {
        case .png: (try? PNGChunks(bytes))?.strippingMetadata(andFrames: true)
        case .jpeg: JPEGSegments.strip(bytes)
        case .webp: WebPChunks.strip(bytes)
        default: nil
        }
    }
}

/// The segments of a JPEG file (ITU-T T.81, annex B).
enum JPEGSegments {
    /// Drops EXIF, XMP, IPTC, comments, further pictures and everything after the end of the image. JFIF (APP0), the
    /// colour profile (APP2) and Adobe's colour transform (APP14) stay: the pixels mean something else without them.
    static func strip(_ bytes: [UInt8]) -> [UInt8]? {
        var kept: [Range<Int>] = [0..<2]
        let end = walk(bytes) { marker, content, whole in
            if isKept(marker, bytes[content]) { kept.append(whole) }
        }
        return end.map { join(bytes, kept + [$0..<$0 + 2]) }
    }

    /// Whether it has a scan, and an end.
    static func isWhole(_ bytes: [UInt8]) -> Bool {
        var hasScan = false
        return walk(bytes) { marker, _, _ in hasScan = hasScan || marker == 0xDA } != nil && hasScan
    }

    /// Goes from segment to segment; a scan's compressed pixels belong to its segment.
    ///
    /// - Returns: where the end marker is, or nil for a file that is not a sequence of whole segments up to one.
    private static func walk(
        _ bytes: [UInt8], _ visit: (_ marker: UInt8, _ content: Range<Int>, _ whole: Range<Int>) -> Void
    ) -> Int? {
        guard bytes.starts(with: [0xFF, 0xD8]) else { return nil }
        var at = 2
        while at + 1 < bytes.count {
            guard bytes[at] == 0xFF else { return nil }
            let marker = bytes[at + 1]
            if marker == 0xFF {  // A fill byte.
                at += 1
                continue
            }
            if marker == 0xD9 { return at }
            guard let end = segmentEnd(bytes, at), marker != 0xD8, marker > 0x01 else { return nil }
            let whole = at..<(marker == 0xDA ? scanEnd(bytes, from: end) : end)
            visit(marker, at + 4..<end, whole)
            at = whole.upperBound
        }
        return nil
    }

    private static func isKept(_ marker: UInt8, _ content: ArraySlice<UInt8>) -> Bool {
        switch marker {
        case 0xE2: content.starts(with: "ICC_PROFILE\0".utf8)
        case 0xE0: content.starts(with: "JFIF\0".utf8)
        case 0xEE: content.starts(with: "Adobe".utf8)
        case 0xE1...0xEF, 0xFE: false
        default: true
        }
    }

    /// Where the segment at `at` ends by its length, which counts its own two bytes.
    private static func segmentEnd(_ bytes: [UInt8], _ at: Int) -> Int? {
        guard at + 4 <= bytes.count else { return nil }
        let length = Int(bytes[at + 2]) << 8 | Int(bytes[at + 3])
        let end = at + 2 + length
        return length >= 2 && end <= bytes.count ? end : nil
    }

    /// Where the compressed pixels after a scan's header end: at the next marker that is not a restart.
    private static func scanEnd(_ bytes: [UInt8], from start: Int) -> Int {
        bytes.withUnsafeBytes { bytes in
            var at = start
            while at + 1 < bytes.count, let base = bytes.baseAddress,
                let found = memchr(base + at, 0xFF, bytes.count - 1 - at)
            {
                at = UnsafeRawPointer(found) - base
                let next = bytes[at + 1]
                if next != 0x00, next != 0xFF, !(0xD0...0xD7).contains(next) { return at }
                at += 1
            }
            return bytes.count
        }
    }
}

/// The chunks of a WebP file (RFC 9649 §2).
enum WebPChunks {
    /// Drops EXIF, XMP and unknown chunks, and says in the header that they are gone.
    static func strip(_ bytes: [UInt8]) -> [UInt8]? {
        var kept: [Range<Int>] = [0..<12]
        guard walk(bytes, { if known.contains($0) { kept.append($1) } }) else { return nil }
        return corrected(join(bytes, kept))
    }

    /// Whether it has a picture, and the length that it says.
    static func isWhole(_ bytes: [UInt8]) -> Bool {
        var hasPicture = false
        return walk(bytes) { type, _ in hasPicture = hasPicture || pictures.contains(type) } && hasPicture
    }

    /// - Returns: whether the file is a sequence of whole chunks.
    private static func walk(_ bytes: [UInt8], _ visit: (_ type: String, _ whole: Range<Int>) -> Void) -> Bool {
        guard bytes.count >= 12, bytes.starts(with: "RIFF".utf8) else { return false }
        let end = 8 + littleEndian(bytes, 4)
        guard end <= bytes.count else { return false }
        var at = 12
        while at + 8 <= end {
            let length = littleEndian(bytes, at + 4)
            let next = at + 8 + length + length % 2
            guard next <= end else { return false }
            visit(String(decoding: bytes[at..<at + 4], as: UTF8.self), at..<next)
            at = next
        }
        return at == end
    }

    private static let pictures: Set<String> = ["VP8 ", "VP8L", "ANMF"]
    private static let known: Set<String> = ["VP8 ", "VP8L", "VP8X", "ALPH", "ICCP", "ANIM", "ANMF"]

    /// Sets the length of the whole, and clears the EXIF and XMP flags of an extended header.
    private static func corrected(_ file: [UInt8]) -> [UInt8] {
        var file = file
        for byte in 0..<4 { file[4 + byte] = UInt8(truncatingIfNeeded: (file.count - 8) >> (8 * byte)) }
        if file.count > 20, file[12..<16].elementsEqual("VP8X".utf8) { file[20] &= ~0b0000_1100 }
        return file
    }

    private static func littleEndian(_ bytes: [UInt8], _ at: Int) -> Int {
        (0..<4).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) }
    }
}

/// The named parts of a file as one; the file itself, uncopied, when they are all of it.
private func join(_ bytes: [UInt8], _ parts: [Range<Int>]) -> [UInt8] {
    let count = parts.reduce(0) { $0 + $1.count }
    guard count < bytes.count else { return bytes }
    var joined: [UInt8] = []
    joined.reserveCapacity(count)
    for part in parts { joined += bytes[part] }
    return joined
}
