import Testing

@testable import Images

@Suite struct EditorTests {
    @Test func `a plain PNG, JPEG or WebP comes back byte for byte`() throws {
        let raster = try Pictures.quarters()
        for encoding in [ImageEncoding.png, .jpeg(quality: 90), .webp(quality: 90)] {
            let bytes = try raster.encode(as: encoding)
            let normal = try ImageEditor.normalise(.bytes(bytes))
            #expect(normal.isUnchanged)
            #expect(normal.bytes == bytes)
            #expect((normal.format, normal.width, normal.height) == (encoding.format, 32, 16))
        }
    }

    @Test func `a turned JPEG is set upright and loses its EXIF`() throws {
        let normal = try ImageEditor.normalise(.bytes(Pictures.jpeg(orientation: 6)))
        #expect((normal.format, normal.width, normal.height) == (.jpeg, 16, 32))
        #expect(!holds(normal.bytes, "GPS"))
        #expect(try ImageProbe.probe(.bytes(normal.bytes)).orientation == 1)
        // Turned clockwise by a quarter: blue comes to the top left, red to the top right.
        let raster = try Raster.decode(normal.bytes)
        #expect(isNear(raster[2, 2], [0, 0, 255]))
        #expect(isNear(raster[13, 2], [255, 0, 0]))
    }

    @Test func `an upright JPEG loses its EXIF and keeps its compressed pixels`() throws {
        let normal = try ImageEditor.normalise(.bytes(Pictures.jpeg(orientation: 1)))
        #expect(!normal.isUnchanged)
        #expect(try normal.bytes == Pictures.jpeg())
    }

    @Test func `a PNG loses its texts and keeps its compressed pixels`() throws {
        let raster = try Pictures.quarters()
        let bytes = try raster.encodePNG(texts: [PNGText(keyword: "prompt", text: "a secret cat")])
        let normal = try ImageEditor.normalise(.bytes(bytes))
        #expect(try normal.bytes == raster.encodePNG())
    }

    @Test func `a file is normalised as its bytes are`() throws {
        let bytes = try Pictures.jpeg(orientation: 8)
        try Pictures.inTemporaryFile(bytes, name: "a.jpg") { path in
            let normal = try ImageEditor.normalise(.file(path: path))
            let expected = try ImageEditor.normalise(.bytes(bytes))
            #expect(normal == expected)
        }
    }

    @Test func `16 bits a sample become 8`() throws {
        let rows: [UInt8] = [0, 0xFF, 0xFF, 0x80, 0x80, 0x00, 0x00]
        let deep = Pictures.png(width: 1, height: 1, depth: 16, colour: 2, rows: rows)
        let normal = try ImageEditor.normalise(.bytes(deep))
        #expect(normal.format == .png)
        #expect(normal.bytes[24] == 8)
        #expect(isNear(try Raster.decode(normal.bytes)[0, 0], [255, 128, 0], by: 1))
    }

    @Test func `16 bits of grey with alpha become 8 with their alpha`() throws {
        let rows: [UInt8] = [0, 0x80, 0x00, 0x40, 0x00]
        let deep = Pictures.png(width: 1, height: 1, depth: 16, colour: 4, rows: rows)
        let raster = try Raster.decode(ImageEditor.normalise(.bytes(deep)).bytes)
        #expect(isNear(raster[0, 0], [128, 128, 128, 64], by: 1))
    }

    @Test func `CMYK becomes sRGB`() throws {
        let cmyk = try Pictures.cmykJPEG()
        let normal = try ImageEditor.normalise(.bytes(cmyk))
        let raster = try Raster.decode(normal.bytes)
        #expect(normal.format == .jpeg)
        #expect(raster.channels == 3)
        let pixel = try #require(raster[8, 8])
        // Full magenta and yellow: a red, in whichever profile.
        #expect(pixel[0] > 180 && pixel[1] < 90 && pixel[2] < 90)
    }

    @Test func `of an animation the first frame remains, as a PNG`() throws {
        let normal = try ImageEditor.normalise(.bytes(Pictures.animatedGIF))
        #expect(normal.format == .png)
        let pixel = try #require(try Raster.decode(normal.bytes).converted(toChannels: 3)[0, 0])
        #expect(pixel == [255, 255, 255])
    }

    @Test(arguments: [Pictures.avif, Pictures.heic])
    func `AVIF and HEIC become PNG where libvips can`(content: [UInt8]) throws {
        do {
            let normal = try ImageEditor.normalise(.bytes(content))
            #expect((normal.format, normal.width, normal.height) == (.png, 16, 8))
            #expect(isNear(try Raster.decode(normal.bytes)[4, 4], [200, 100, 50]))
        } catch let error as ImageError {
            guard case .unsupported = error.reason else { throw error }
        }
    }

    @Test func `a JPEG that was cut short is refused, and passes only unverified`() throws {
        let whole = try Pictures.jpeg(width: 300, height: 300)
        let error = #expect(throws: ImageError.self) {
            try ImageEditor.normalise(.bytes(Array(whole[..<(whole.count / 2)])))
        }
        #expect(error?.reason == .damaged(.jpeg))
    }

    @Test func `a thumbnail fits into its side and never grows`() throws {
        let bytes = try Pictures.jpeg(width: 400, height: 200)
        let small = try ImageProbe.probe(.bytes(ImageEditor.thumbnail(.bytes(bytes), maximumSide: 100)))
        #expect((small.format, small.width, small.height) == (.webp, 100, 50))
        let same = try ImageEditor.thumbnail(.bytes(bytes), maximumSide: 1000, as: .png)
        #expect(try ImageProbe.probe(.bytes(same)).width == 400)
        let turned = try ImageEditor.thumbnail(.bytes(Pictures.jpeg(orientation: 6)), maximumSide: 8, as: .png)
        let info = try ImageProbe.probe(.bytes(turned))
        #expect((info.width, info.height) == (4, 8))
    }

    @Test func `a thumbnail of a CMYK picture is sRGB`() throws {
        let small = try ImageEditor.thumbnail(.bytes(Pictures.cmykJPEG()), maximumSide: 4, as: .png)
        let raster = try Raster.decode(small)
        let pixel = try #require(raster[2, 2])
        #expect((raster.channels, raster.width) == (3, 4))
        #expect(pixel[0] > 180 && pixel[1] < 90 && pixel[2] < 90)
    }

    @Test func `what cannot be asked for is refused in words`() throws {
        let bytes = try Pictures.png()
        for work in [
            { try ImageEditor.encode(.bytes(bytes), as: .jpeg(quality: 0)) },
            { try ImageEditor.encode(.bytes(bytes), as: .webp(quality: 101)) },
            { try ImageEditor.thumbnail(.bytes(bytes), maximumSide: 0) },
        ] as [() throws -> [UInt8]] {
            let error = #expect(throws: ImageError.self) { try work() }
            #expect(error?.reason == .invalidRequest)
        }
    }

    @Test func `encoding as JPEG puts what is transparent on white`() throws {
        let clear = try Raster.solid(width: 8, height: 8, colour: [0, 0, 0, 0])
        let jpeg = try ImageEditor.encode(.bytes(clear.encodePNG()), as: .jpeg(quality: 90))
        #expect(try Raster.decode(jpeg)[3, 3] == [255, 255, 255])
    }

    @Test func `many pictures are worked on at once`() async throws {
        let bytes = try Pictures.jpeg(orientation: 3)
        let expected = try ImageEditor.normalise(.bytes(bytes))
        try await withThrowingTaskGroup(of: NormalisedImage.self) { group in
            for _ in 0..<16 { group.addTask { try ImageEditor.normalise(.bytes(bytes)) } }
            for try await normal in group { #expect(normal == expected) }
        }
    }
}

@Suite struct NormalisationPlanTests {
    func header(
        _ format: ImageFormat, orientation: Int = 1, pages: Int = 1, eightBit: Bool = true, standard: Bool = true
    ) -> ImageHeader {
        ImageHeader(
            info: ImageInfo(
                format: format, width: 8, height: 8, pages: pages, hasAlpha: false, orientation: orientation),
            isEightBit: eightBit, isStandardColour: standard)
    }

    @Test func `pixels are left alone unless something is amiss with them`() {
        for format in [ImageFormat.png, .jpeg, .webp] {
            #expect(NormalisationPlan(header(format)) == .stripMetadata)
        }
        #expect(NormalisationPlan(header(.jpeg, orientation: 2)) == .encode(.jpeg(quality: 95)))
        #expect(NormalisationPlan(header(.jpeg, standard: false)) == .encode(.jpeg(quality: 95)))
        #expect(NormalisationPlan(header(.png, eightBit: false)) == .encode(.png))
        #expect(NormalisationPlan(header(.webp, pages: 2)) == .encode(.png))
        for format in [ImageFormat.gif, .avif, .heic] {
            #expect(NormalisationPlan(header(format)) == .encode(.png))
        }
    }
}
