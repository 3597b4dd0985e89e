import CVips
import Foundation

@testable import Images

/// Pictures that the tests make for themselves.
enum Pictures {
    /// Red and green over blue and white, each a quarter.
    static func quarters(width: Int = 32, height: Int = 16, channels: Int = 3) throws -> Raster {
        let colours: [[UInt8]] = [[255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 255, 255], [255, 255, 255, 255]]
        var pixels: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width {
                pixels += colours[(y * 2 / height) * 2 + x * 2 / width].prefix(channels)
            }
        }
        return try Raster(width: width, height: height, channels: channels, pixels: pixels)
    }

    static func png(width: Int = 32, height: Int = 16) throws -> [UInt8] {
        try quarters(width: width, height: height).encodePNG()
    }

    static func jpeg(width: Int = 32, height: Int = 16) throws -> [UInt8] {
        try quarters(width: width, height: height).encode(as: .jpeg(quality: 95))
    }

    /// A JPEG with an EXIF orientation and a text that must not get out.
    static func jpeg(orientation: UInt8, secret: String = "GPS 52.5, 13.4") throws -> [UInt8] {
        let plain = try jpeg()
        return plain[..<2] + segment(0xE1, Array("Exif\0\0".utf8) + exif(orientation, secret)) + plain[2...]
    }

    static func segment(_ marker: UInt8, _ content: [UInt8]) -> [UInt8] {
        [0xFF, marker, UInt8((content.count + 2) >> 8), UInt8((content.count + 2) & 255)] + content
    }

    /// A TIFF header with the orientation and an image description.
    private static func exif(_ orientation: UInt8, _ secret: String) -> [UInt8] {
        let text = Array(secret.utf8) + [0]
        return [0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 2]
            + [0x01, 0x0E, 0, 2, 0, 0, 0, UInt8(text.count), 0, 0, 0, 38]
            + [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0] + [0, 0, 0, 0] + text
    }

    static func cmykJPEG() throws -> [UInt8] {
        let inks = try Raster(
            width: 16, height: 16, channels: 4, pixels: (0..<256).flatMap { _ in [0, 255, 255, 0] as [UInt8] })
        return try inks.withPicture { picture in
            let cmyk = try VipsPicture("vips_copy") {
                easel_vips_interpret(picture.pointer, VIPS_INTERPRETATION_CMYK, &$0)
            }
            return try cmyk.encoded(as: .jpeg(quality: 95))
        }
    }

    /// A PNG of stored (uncompressed) rows; each row begins with its filter, 0.
    static func png(width: UInt32, height: UInt32, depth: UInt8, colour: UInt8, rows: [UInt8]) -> [UInt8] {
        let header = big(width) + big(height) + [depth, colour, 0, 0, 0]
        var sums: (UInt32, UInt32) = (1, 0)
        for byte in rows {
            sums.0 = (sums.0 + UInt32(byte)) % 65_521
            sums.1 = (sums.1 + sums.0) % 65_521
        }
        let count = UInt16(rows.count)
        let stored = [1, UInt8(count & 255), UInt8(count >> 8), UInt8(~count & 255), UInt8(~count >> 8)] + rows
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header)
            + chunk("IDAT", [0x78, 0x01] + stored + big(sums.1 << 16 | sums.0)) + chunk("IEND", [])
    }

    static func chunk(_ type: String, _ content: [UInt8]) -> [UInt8] {
        let body = Array(type.utf8) + content
        return big(UInt32(content.count)) + body + big(CRC32.checksum(body))
    }

    static func big(_ number: UInt32) -> [UInt8] { [24, 16, 8, 0].map { UInt8(number >> $0 & 255) } }

    /// Two frames of one pixel: the first white, the second black.
    static let animatedGIF: [UInt8] = {
        let frame: [UInt8] = [0x21, 0xF9, 4, 0, 10, 0, 0, 0, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2]
        return Array("GIF89a".utf8) + [1, 0, 1, 0, 0x80, 0, 0, 255, 255, 255, 0, 0, 0]
            + frame + [0x44, 0x01, 0] + frame + [0x4C, 0x01, 0] + [0x3B]
    }()

    static let svg = Array(
        "<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"/>".utf8)

    static let zip: [UInt8] = [0x50, 0x4B, 3, 4, 20, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 40)

    /// 16 × 8 pixels of about (200, 100, 50).
    static let avif = decoded(
        """
        AAAAHGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZgAAAOptZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAAA5waXRt\
        AAAAAAABAAAAImlsb2MAAAAAREAAAQABAAAAAAEOAAEAAAAAAAAAGwAAACNpaW5mAAAAAAABAAAAFWluZmUCAAAAAAEAAGF2MDEAAAAAamlw\
        cnAAAABLaXBjbwAAABNjb2xybmNseAACAAIABoAAAAAMYXYxQ4EADAAAAAAUaXNwZQAAAAAAAAAQAAAACAAAABBwaXhpAAAAAAMICAgAAAAX\
        aXBtYQAAAAAAAAABAAEEgYIDhAAAACNtZGF0EgAKCBgMv7BAgIGhMg0WQAAAQACU32xxgfpU
        """)

    static let heic = decoded(
        """
        AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAa1tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAAA5waXRt\
        AAAAAAACAAAAEGlkYXQAAAAAABAACAAAADhpbG9jAQAAAERAAAIAAQAAAAAAAAHRAAEAAAAAAAAANAACAAEAAAAAAAAAAQAAAAAAAAAIAAAA\
        OGlpbmYAAAAAAAIAAAAVaW5mZQIAAAEAAQAAaHZjMQAAAAAVaW5mZQIAAAAAAgAAZ3JpZAAAAADYaXBycAAAALZpcGNvAAAAdmh2Y0MBA3AA\
        AAAAAAAAAAAe8AD8/fj4AAAPAyAAAQAYQAEMAf//A3AAAAMAkAAAAwAAAwAeugJAIQABACpCAQEDcAAAAwCQAAADAAADAB6gIIEFluqumubg\
        QEDAgAAAAwCAAAADAIQiAAEABkQBwXPBiQAAABRpc3BlAAAAAAAAAEAAAABAAAAAFGlzcGUAAAAAAAAAEAAAAAgAAAAQcGl4aQAAAAADCAgI\
        AAAAGmlwbWEAAAAAAAAAAgABAoECAAICA4QAAAAaaXJlZgAAAAAAAAAOZGltZwACAAEAAQAAADxtZGF0AAAAMCgBrwnIWZjQOSNXf/4Wn//a\
        Umh+kYW1Z/E6/oDsZTrKQ59EsZPOO74MgIeDuF7LcA==
        """)

    private static func decoded(_ text: String) -> [UInt8] { Array(Data(base64Encoded: text) ?? Data()) }

    /// A folder of its own that is gone after `body`.
    static func inTemporaryFile<Result>(_ bytes: [UInt8], name: String, _ body: (String) throws -> Result) throws
        -> Result
    {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent(name)
        try Data(bytes).write(to: file)
        return try body(file.path)
    }
}

/// Whether two samples are as near as lossy compression leaves them.
func isNear(_ left: [UInt8]?, _ right: [UInt8], by distance: Int = 12) -> Bool {
    guard let left, left.count == right.count else { return false }
    return zip(left, right).allSatisfy { abs(Int($0) - Int($1)) <= distance }
}

/// Whether a file holds a text anywhere.
func holds(_ file: [UInt8], _ text: String) -> Bool {
    let text = Array(text.utf8)
    return file.indices.contains { file[$0] == text[0] && file[$0...].starts(with: text) }
}
