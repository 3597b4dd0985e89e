import Images
import Testing

@testable import Faces

/// The detector on a real face, and on what happens to photos.
@Suite struct FaceFinderTests {
    private let photo: Photo

    init() throws { photo = try #require(Photo.astronaut) }

    private func find(_ photo: Photo) throws -> FoundFaces { try FaceFinder.find(in: photo.source()) }

    private func expectFace(in found: FoundFaces, scale: Double = 1, offset: Int = 0) throws -> Face {
        let face = try #require(found.faces.first)
        let middle = (x: face.box.x + face.box.width / 2, y: face.box.y + face.box.height / 2)
        let nose = (x: scale * Double(Photo.nose.x) + Double(offset), y: scale * Double(Photo.nose.y) + Double(offset))
        let near = scale * Double(Photo.headWidth) / 4
        #expect(abs(Double(middle.x) - nose.x) < near && abs(Double(middle.y) - nose.y) < near, "\(face.box)")
        #expect((0.6...1.2).contains(Double(face.size) / scale / Double(Photo.headWidth)), "\(face.box)")
        return face
    }

    @Test func `the face of a portrait is found where it is, and is good`() throws {
        let found = try find(photo)
        #expect(found.width == 512 && found.height == 512)
        #expect(found.faces.count == 1)
        let face = try expectFace(in: found)
        #expect(face.score > 0.8)
        #expect((0.02...0.06).contains(face.share))
        #expect((130...190).contains(face.brightness))
        #expect(FaceJudgement(found.faces).isFine)
    }

    @Test(arguments: [320, 1024, 1500]) func `boxes are in the pixels of the picture that came`(side: Int) throws {
        let found = try find(photo.scaled(to: side))
        #expect(found.width == side)
        _ = try expectFace(in: found, scale: Double(side) / 512)
    }

    @Test func `a small face in a large picture is found at the second look`() throws {
        let found = try find(photo.within(1200))
        let face = try expectFace(in: found, offset: (1200 - 512) / 2)
        #expect(face.share < 0.01)
    }

    @Test func `a photo that lies on its side is turned as it says`() throws {
        let turned = try photo.turned()
        let found = try FaceFinder.find(in: .bytes(turned.jpeg(orientation: 6)))
        _ = try expectFace(in: found)
        #expect(try FaceFinder.find(in: .bytes(turned.jpeg(orientation: 1))).faces.isEmpty, "it says it is upright")
    }

    @Test func `a large photo is shrunk, turned and measured in its own pixels`() throws {
        let large = Photo(try photo.turned().raster.scaled(toWidth: 2600, height: 2600, method: .bicubic))
        let found = try FaceFinder.find(in: .bytes(large.jpeg(orientation: 6)))
        _ = try expectFace(in: found, scale: 2600 / 512.0)
        #expect(found.width == 2600 && FaceJudgement(found.faces).isFine)
    }

    @Test func `a picture may be longer than wide`() throws {
        let strip = Photo(try photo.raster.cropped(x: 100, y: 0, width: 260, height: 512))
        let turned = try FaceFinder.find(in: .bytes(Photo(strip.turned().raster).jpeg(orientation: 6)))
        #expect(turned.width == 260 && turned.height == 512)
        let face = try #require(turned.faces.first)
        #expect(abs(face.box.x + face.box.width / 2 + 100 - Photo.nose.x) < Photo.headWidth / 4, "\(face.box)")
    }

    @Test func `a cat has no face here`() throws {
        #expect(try find(#require(Photo.cat)).faces.isEmpty)
    }

    @Test func `a stamp of a portrait is no face or one too small`() throws {
        for side in [40, 128] {
            let judgement = FaceJudgement(try find(photo.scaled(to: side)).faces)
            #expect(judgement.reasons == [.noFace] || judgement.reasons.contains(.tooSmall), "\(side)")
        }
    }

    @Test func `a blurred face is too blurred, and nothing else`() throws {
        #expect(FaceJudgement(try find(photo.blurred(to: 100)).faces).reasons == [.tooBlurred])
    }

    @Test func `a dark face is too dark and still sharp`() throws {
        #expect(FaceJudgement(try find(photo.mapped { $0 * 0.15 }).faces).reasons == [.tooDark])
    }

    @Test func `a washed-out face is too bright`() throws {
        #expect(FaceJudgement(try find(photo.mapped { 255 - (255 - $0) * 0.15 }).faces).reasons == [.tooBright])
    }

    @Test(arguments: [(1, 1), (1, 3000), (3000, 1), (7, 5), (641, 2)])
    func `a picture of any shape is searched`(width: Int, height: Int) throws {
        let plain = try Raster.solid(width: width, height: height, colour: [200, 100, 50]).encode(as: .png)
        #expect(try FaceFinder.find(in: .bytes(plain)) == FoundFaces(width: width, height: height, faces: []))
    }

    @Test func `what is transparent is white`() throws {
        let clear = try Raster(
            width: 512, height: 512, channels: 4,
            pixels: photo.raster.converted(toChannels: 4).pixels.enumerated().map { $0 % 4 == 3 ? 0 : $1 })
        #expect(try FaceFinder.find(in: .bytes(clear.encode(as: .png))).faces.isEmpty)
    }

    @Test func `what is no picture is refused as everywhere`() throws {
        #expect(throws: ImageError.self) { try FaceFinder.find(in: .bytes(Array("no picture at all".utf8))) }
        #expect(throws: ImageError.self) { try FaceFinder.find(in: .bytes(Array(photo.jpeg().prefix(9000)))) }
        let limits = ImageLimits(maximumPixels: 1000)
        #expect(throws: ImageError.self) { try FaceFinder.find(in: photo.source(), limits: limits) }
    }

    @Test func `many threads search at once and see the same`() async throws {
        let source = try photo.source()
        let alone = try FaceFinder.find(in: source)
        try await withThrowingTaskGroup { group in
            for _ in 0..<8 { group.addTask { try FaceFinder.find(in: source) } }
            for try await found in group { #expect(found == alone) }
        }
    }
}
