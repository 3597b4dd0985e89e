import Faces
import JSONText

/// What `POST /inspect` tells of a picture.
struct Inspection: Sendable, Hashable {
    let found: FoundFaces
    let thresholds: FaceThresholds

    var judgement: FaceJudgement { FaceJudgement(found.faces, thresholds) }

    var json: JSON {
        let judgement = judgement
        return [
            "width": JSON(found.width), "height": JSON(found.height), "faces": .array(found.faces.map(json)),
            "ok": .bool(judgement.isFine), "code": judgement.code.map { JSON($0) } ?? .null,
            "reasons": Self.json(judgement.reasons),
        ]
    }

    private func json(_ face: Face) -> JSON {
        [
            "x": JSON(face.box.x), "y": JSON(face.box.y), "width": JSON(face.box.width),
            "height": JSON(face.box.height), "score": Self.json(face.score), "size": JSON(face.size),
            "share": Self.json(face.share), "brightness": Self.json(face.brightness),
            "sharpness": Self.json(face.sharpness), "reasons": Self.json(thresholds.reasons(against: face)),
        ]
    }

    /// To four decimals: what lies beyond is noise.
    private static func json(_ number: Double) -> JSON { .double((number * 10_000).rounded() / 10_000) }

    private static func json(_ reasons: [FaceReason]) -> JSON { .array(reasons.map { .string($0.rawValue) }) }
}
