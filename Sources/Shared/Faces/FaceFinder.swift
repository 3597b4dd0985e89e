public import Images

/// Finds the faces in a picture and measures them.
public enum FaceFinder {
    /// Below this score the detector mistakes hands, badges and folds for faces.
    public static let minimumScore = 0.25

    /// The sides to which pictures are brought for a search, each tried when the one before found nothing. A face is
    /// seen where it is about 80 pixels wide: from an eighth of the longer side on at 640, from a sixteenth at 1280,
    /// which takes four times as long.
    static let sides = [640, 1280]

    /// How many times a small picture is enlarged at most: a face that is too small is told from none that way.
    static let enlargement = 4

    /// The picture is decoded to this side at most, and everything is seen in that: enough to measure a face of a
    /// sixteenth of it at ``FaceMeasures/side``.
    private static let decodedSide = 2048

    /// The faces of the first frame, upright, the largest first; 16 at most.
    ///
    /// Blocks for some 100 ms, four times as long where there is none, and longer at the first call, which makes the
    /// detector: call it off the loop. A face that lies on its side or upside down is not found, nor one that is less
    /// than about a sixteenth of the picture's longer side.
    ///
    /// - Throws: ``ImageError`` for a picture that is refused, ``FaceError``.
    public static func find(in source: ImageSource, limits: ImageLimits = .standard) throws -> FoundFaces {
        let info = try ImageProbe.probe(source, limits: limits)
        let decoded = try Raster.grey(source, maximumSide: decodedSide, limits: limits)
        let detector = try FaceDetector.loaded()
        let measured = Measured(picture: decoded, width: info.displayWidth, height: info.displayHeight)
        for side in searchedSides(longest: max(decoded.width, decoded.height)) {
            let searched = try decoded.fitted(to: side)
            let found = try detector.faces(in: searched).filter { $0.score >= minimumScore }
            guard !found.isEmpty else { continue }
            return measured.with(try found.map { try measured.face($0.box, $0.score, of: searched) })
        }
        return measured.with([])
    }

    /// The sides to try for a picture of that longest side.
    static func searchedSides(longest: Int) -> [Int] {
        let possible = sides.map { min($0, longest * enlargement) }
        return possible.indices.filter { $0 == 0 || possible[$0] != possible[$0 - 1] }.map { possible[$0] }
    }
}

/// What ``FaceFinder`` saw in a picture.
public struct FoundFaces: Sendable, Hashable {
    /// Pixels across and down as shown.
    public let width: Int
    public let height: Int
    /// The largest first.
    public let faces: [Face]

    public init(width: Int, height: Int, faces: [Face]) {
        self.width = width
        self.height = height
        self.faces = faces
    }
}

/// A picture as it was decoded, and the size that it really has.
private struct Measured {
    let picture: Raster
    let width: Int
    let height: Int

    func with(_ faces: [Face]) -> FoundFaces {
        let sorted = faces.sorted { ($0.size, $0.score) > ($1.size, $1.score) }
        return FoundFaces(width: width, height: height, faces: sorted)
    }

    func face(_ box: PixelBox, _ score: Double, of searched: Raster) throws -> Face {
        func scaled(_ width: Int, _ height: Int) -> PixelBox {
            box.scaled(
                Double(width) / Double(searched.width), Double(height) / Double(searched.height), toFit: width, height)
        }
        let shown = scaled(width, height)
        let measures = try FaceMeasures(of: picture, in: scaled(picture.width, picture.height))
        return Face(
            box: shown, score: score, share: Double(shown.width * shown.height) / Double(width * height),
            brightness: measures.brightness, sharpness: measures.sharpness)
    }
}

extension Raster {
    /// The picture shrunk or enlarged so that its longer side is `side`.
    fileprivate func fitted(to side: Int) throws -> Raster {
        let factor = Double(side) / Double(max(width, height))
        return try scaled(
            toWidth: max(1, Int((Double(width) * factor).rounded())),
            height: max(1, Int((Double(height) * factor).rounded())), method: .bicubic)
    }
}
