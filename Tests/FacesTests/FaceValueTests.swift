import Images
import Testing

@testable import Faces

@Suite struct FaceJudgementTests {
    private func face(size: Int = 100, brightness: Double = 150, sharpness: Double = 80) -> Face {
        Face(
            box: PixelBox(x: 0, y: 0, width: size, height: size + 3), score: 1, share: 0.1, brightness: brightness,
            sharpness: sharpness)
    }

    @Test func `no face is 1001, and nothing more is said`() {
        let judgement = FaceJudgement([])
        #expect(judgement.reasons == [.noFace] && judgement.code == 1001 && !judgement.isFine)
    }

    @Test func `a good face is fine`() {
        let judgement = FaceJudgement([face()])
        #expect(judgement.reasons.isEmpty && judgement.code == nil && judgement.isFine)
    }

    @Test func `every fault is told, and all of them are 1002`() {
        let faults: [(Face, FaceReason)] = [
            (face(size: 79), .tooSmall), (face(brightness: 29), .tooDark), (face(brightness: 226), .tooBright),
            (face(sharpness: 5.9), .tooBlurred),
        ]
        for (face, reason) in faults {
            let judgement = FaceJudgement([face])
            #expect(judgement.reasons == [reason] && judgement.code == 1002)
        }
        let all = FaceJudgement([face(size: 10, brightness: 3, sharpness: 0)])
        #expect(all.reasons == [.tooSmall, .tooDark, .tooBlurred])
    }

    @Test func `the bounds themselves are fine`() {
        for face in [face(size: 80), face(brightness: 30), face(brightness: 225), face(sharpness: 6)] {
            #expect(FaceJudgement([face]).isFine)
        }
    }

    @Test func `the largest face counts, whoever stands behind it`() {
        #expect(FaceJudgement([face(), face(size: 20)]).isFine)
        #expect(FaceJudgement([face(brightness: 10), face(size: 90)]).code == 1002)
    }

    @Test func `thresholds are the caller's`() {
        let strict = FaceThresholds(
            minimumSize: 101, minimumBrightness: 151, maximumBrightness: 255, minimumSharpness: 81)
        #expect(FaceJudgement([face()], strict).reasons == [.tooSmall, .tooDark, .tooBlurred])
    }
}

@Suite struct FaceValueTests {
    @Test func `a box keeps within the picture`() {
        let over = PixelBox(x: -10, y: 90, width: 50, height: 50)
        #expect(over.scaled(1, 1, toFit: 100, 100) == PixelBox(x: 0, y: 90, width: 40, height: 10))
        #expect(over.scaled(2, 0.5, toFit: 200, 50) == PixelBox(x: 0, y: 45, width: 80, height: 5))
        let outside = PixelBox(x: 300, y: -60, width: 10, height: 10).scaled(1, 1, toFit: 100, 100)
        #expect(outside == PixelBox(x: 99, y: 0, width: 1, height: 1))
    }

    @Test(arguments: [(1, [4]), (100, [400]), (200, [640, 800]), (400, [640, 1280]), (9000, [640, 1280])])
    func `pictures are brought to two sides, and enlarged little`(longest: Int, sides: [Int]) {
        #expect(FaceFinder.searchedSides(longest: longest) == sides)
    }

    private func measures(_ pixel: (Int, Int) -> UInt8) throws -> FaceMeasures {
        let side = FaceMeasures.side
        let pixels = (0..<side * side).map { pixel($0 % side, $0 / side) }
        let grey = try Raster(width: side, height: side, channels: 1, pixels: pixels)
        return try FaceMeasures(of: grey, in: PixelBox(x: 0, y: 0, width: side, height: side))
    }

    @Test func `sharpness is a matter of detail, not of contrast`() throws {
        let board = try measures { ($0 + $1) % 2 == 0 ? 100 : 150 }
        #expect(abs(board.sharpness - 64_000) < 1, "the Laplacian is eight times the deviation everywhere")
        #expect(abs(board.brightness - 125) < 0.01)
        let pale = try measures { ($0 + $1) % 2 == 0 ? 100 : 110 }
        #expect(abs(pale.sharpness - board.sharpness) < 1)
        let slope = try measures { x, _ in UInt8(2 * x) }
        #expect(slope.sharpness < 0.001, "a slope has no edge")
        let even = try measures { _, _ in 77 }
        #expect(even.sharpness == 0 && even.brightness == 77)
    }

    @Test func `a face of one pixel is measured`() throws {
        let grey = try Raster.solid(width: 3, height: 3, colour: [77])
        let measures = try FaceMeasures(of: grey, in: PixelBox(x: 1, y: 1, width: 1, height: 1))
        #expect(measures.sharpness == 0 && measures.brightness == 77)
    }
}
