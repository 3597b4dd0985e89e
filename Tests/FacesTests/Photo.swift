import Foundation
import Images

/// A photo of the folder `Pictures`, and what can happen to a photo.
struct Photo {
    let raster: Raster

    /// NASA's portrait of Eileen Collins, 512 by 512 pixels.
    static let astronaut = try? Photo(named: "astronaut")
    static let cat = try? Photo(named: "chelsea")
    /// Where the astronaut's face is: the middle of her nose, and how wide she is from ear to ear.
    static let nose = (x: 222, y: 125)
    static let headWidth = 110

    init(_ raster: Raster) { self.raster = raster }

    init(named name: String) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Pictures/\(name).jpg")
        raster = try Raster.decode([UInt8](Data(contentsOf: file)))
    }

    func source() throws -> ImageSource { .bytes(try jpeg()) }

    func jpeg() throws -> [UInt8] { try raster.encode(as: .jpeg(quality: 92)) }

    func scaled(to side: Int) throws -> Photo {
        Photo(try raster.scaled(toWidth: side, height: side, method: .lanczos))
    }

    /// Without the detail that a photo of `side` pixels cannot hold, as out of focus.
    func blurred(to side: Int) throws -> Photo {
        let small = try raster.scaled(toWidth: side, height: side, method: .lanczos)
        return Photo(try small.scaled(toWidth: raster.width, height: raster.height, method: .bicubic))
    }

    func mapped(_ change: (Double) -> Double) throws -> Photo {
        let table = (0...255).map { UInt8(min(max(change(Double($0)).rounded(), 0), 255)) }
        return Photo(
            try Raster(
                width: raster.width, height: raster.height, channels: raster.channels,
                pixels: raster.pixels.map { table[Int($0)] }))
    }

    /// A quarter turn against the clock, as a phone stores a photo that it held on its side.
    func turned() throws -> Photo {
        let (width, height, channels) = (raster.width, raster.height, raster.channels)
        var pixels: [UInt8] = []
        for y in 0..<width {
            for x in 0..<height {
                let from = (x * width + width - 1 - y) * channels
                pixels += raster.pixels[from..<from + channels]
            }
        }
        return Photo(try Raster(width: height, height: width, channels: channels, pixels: pixels))
    }

    /// In the middle of a larger, grey picture.
    func within(_ side: Int) throws -> Photo {
        var pixels = [UInt8](repeating: 110, count: side * side * raster.channels)
        let (left, top) = ((side - raster.width) / 2, (side - raster.height) / 2)
        for y in 0..<raster.height {
            let to = ((y + top) * side + left) * raster.channels
            let row = y * raster.width * raster.channels..<(y + 1) * raster.width * raster.channels
            pixels.replaceSubrange(to..<to + row.count, with: raster.pixels[row])
        }
        return Photo(try Raster(width: side, height: side, channels: raster.channels, pixels: pixels))
    }

    /// A JPEG that says how it is to be turned before it is shown (EXIF 2.3, tag 0x0112).
    func jpeg(orientation: UInt8) throws -> [UInt8] {
        let exif: [UInt8] =
            Array("Exif\0\0MM".utf8) + [0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]
            + [0, 0, 0, 0]
        let plain = try jpeg()
        return plain[..<2] + [0xFF, 0xE1, 0, UInt8(exif.count + 2)] + exif + plain[2...]
    }
}
