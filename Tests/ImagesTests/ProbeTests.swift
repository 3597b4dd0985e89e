import Images
import Testing

@Suite struct ProbeTests {
    func reason(_ bytes: [UInt8], limits: ImageLimits = .standard) -> ImageError.Reason? {
        #expect(throws: ImageError.self) { try ImageProbe.verify(.bytes(bytes), limits: limits) }?.reason
    }

    @Test func `a PNG, a JPEG and a WebP tell their size`() throws {
        let raster = try Pictures.quarters(width: 40, height: 30, channels: 4)
        let png = try ImageProbe.probe(.bytes(raster.encodePNG()))
        #expect((png.format, png.width, png.height) == (.png, 40, 30))
        #expect((png.pages, png.hasAlpha, png.orientation) == (1, true, 1))
        let jpeg = try ImageProbe.probe(.bytes(raster.encode(as: .jpeg(quality: 80))))
        #expect((jpeg.format, jpeg.width, jpeg.height, jpeg.hasAlpha) == (.jpeg, 40, 30, false))
        let webp = try ImageProbe.probe(.bytes(raster.encode(as: .webp(quality: 80))))
        #expect((webp.format, webp.width, webp.height) == (.webp, 40, 30))
    }

    @Test func `a file is probed as its bytes are, whatever its name`() throws {
        try Pictures.inTemporaryFile(Pictures.jpeg(), name: "a[b].png") { path in
            let info = try ImageProbe.verify(.file(path: path))
            #expect((info.format, info.width, info.height) == (.jpeg, 32, 16))
        }
    }

    @Test func `a turned JPEG tells its orientation and its size as shown`() throws {
        let info = try ImageProbe.probe(.bytes(Pictures.jpeg(orientation: 6)))
        #expect((info.width, info.height, info.orientation) == (32, 16, 6))
        #expect((info.displayWidth, info.displayHeight) == (16, 32))
    }

    @Test func `an animated GIF tells its frames`() throws {
        let info = try ImageProbe.verify(.bytes(Pictures.animatedGIF))
        #expect((info.format, info.width, info.height, info.pages) == (.gif, 1, 1, 2))
    }

    @Test(arguments: [(Pictures.avif, ImageFormat.avif), (Pictures.heic, .heic)])
    func `AVIF and HEIC are read where libvips can`(content: [UInt8], format: ImageFormat) throws {
        do {
            let info = try ImageProbe.probe(.bytes(content))
            #expect((info.format, info.width, info.height) == (format, 16, 8))
        } catch let error as ImageError {
            #expect(error.reason == .unsupported(format))
        }
    }

    @Test func `a small PNG that claims 60000 a side is refused by its header`() {
        let bomb = Pictures.png(width: 60_000, height: 60_000, depth: 8, colour: 2, rows: [0, 1, 2, 3])
        #expect(reason(bomb) == .tooLarge(width: 60_000, height: 60_000))
    }

    @Test func `the limits of the caller hold, by side and by pixels`() throws {
        let png = try Pictures.png(width: 32, height: 16)
        #expect(reason(png, limits: ImageLimits(maximumSide: 31)) == .tooLarge(width: 32, height: 16))
        #expect(reason(png, limits: ImageLimits(maximumPixels: 511)) == .tooLarge(width: 32, height: 16))
        let info = try ImageProbe.verify(.bytes(png), limits: ImageLimits(maximumPixels: 512, maximumSide: 32))
        #expect(info.width == 32)
    }

    @Test func `a file that was cut short is refused once its pixels are read`() throws {
        for (format, whole) in [
            (ImageFormat.jpeg, try Pictures.jpeg(width: 200, height: 200)),
            (.png, Pictures.png(width: 4, height: 4, depth: 8, colour: 0, rows: [UInt8](repeating: 0, count: 20))),
            (.webp, try Pictures.quarters(width: 200, height: 200).encode(as: .webp(quality: 90))),
            (.gif, Pictures.animatedGIF),
        ] {
            #expect(reason(Array(whole[..<(whole.count / 2)])) == .damaged(format), "\(format)")
        }
    }

    @Test func `every cut of a small picture ends in an error or an answer`() throws {
        for whole in [try Pictures.jpeg(orientation: 3), try Pictures.png(), Pictures.animatedGIF, Pictures.avif] {
            for count in stride(from: 0, to: whole.count, by: 7) {
                _ = try? ImageProbe.verify(.bytes(Array(whole[..<count])))
            }
        }
        #expect(try ImageProbe.verify(.bytes(Pictures.png())).width == 32)
    }

    @Test func `what is no accepted picture is refused with its name`() {
        #expect(reason(Pictures.svg) == .unsupported(.svg))
        #expect(reason([0x49, 0x49, 0x2A, 0x00, 8, 0, 0, 0]) == .unsupported(.tiff))
        #expect(reason([0x42, 0x4D, 70, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0]) == .unsupported(.bmp))
        #expect(reason(SnifferTests.fileType("isom", "mp42")) == .unsupported(.mp4))
        #expect(reason([]) == .unrecognised)
    }

    @Test func `a ZIP named .png is refused for what it is`() throws {
        try Pictures.inTemporaryFile(Pictures.zip, name: "cat.png") { path in
            let error = #expect(throws: ImageError.self) { try ImageProbe.probe(.file(path: path)) }
            #expect(error?.reason == .unrecognised)
            #expect(error?.message.contains("Send a PNG") == true)
        }
    }

    @Test func `no message or detail names the file`() throws {
        let whole = try Pictures.jpeg(width: 200, height: 200)
        try Pictures.inTemporaryFile(Array(whole[..<600]), name: "secret-name.jpg") { path in
            let error = #expect(throws: ImageError.self) { try ImageProbe.verify(.file(path: path)) }
            #expect(error?.reason == .damaged(.jpeg))
            #expect(error.map { !$0.description.contains("secret-name") } == true)
        }
    }

    @Test func `a file that is missing, too long or a folder is unreadable`() throws {
        try Pictures.inTemporaryFile(Pictures.png(), name: "a.png") { path in
            let folder = String(path.dropLast("/a.png".count))
            for bad in [path + ".none", folder] {
                let error = #expect(throws: ImageError.self) { try ImageProbe.probe(.file(path: bad)) }
                #expect(error?.reason == .unreadable)
            }
            let limits = ImageLimits(maximumFileBytes: 10)
            let error = #expect(throws: ImageError.self) { try ImageProbe.probe(.file(path: path), limits: limits) }
            #expect(error?.reason == .unreadable)
        }
    }
}
