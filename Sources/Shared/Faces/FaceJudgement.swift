/// Why a picture is no good as the reference of a person; the raw values go over the wire.
public enum FaceReason: String, Sendable, Hashable, CaseIterable {
    case noFace = "no_face"
    case tooSmall = "too_small"
    case tooDark = "too_dark"
    case tooBright = "too_bright"
    case tooBlurred = "too_blurred"
}

/// What a face must be at least. The defaults were measured; `env.templates/gpu_server.env` says on what.
public struct FaceThresholds: Sendable, Hashable {
    /// Pixels of the box's shorter side.
    public var minimumSize: Int
    /// Mean luma, 0…255.
    public var minimumBrightness: Int
    public var maximumBrightness: Int
    /// See ``Face/sharpness``.
    public var minimumSharpness: Int

    public init(
        minimumSize: Int = 80, minimumBrightness: Int = 30, maximumBrightness: Int = 225, minimumSharpness: Int = 6
    ) {
        self.minimumSize = minimumSize
        self.minimumBrightness = minimumBrightness
        self.maximumBrightness = maximumBrightness
        self.minimumSharpness = minimumSharpness
    }

    public static let standard = FaceThresholds()

    /// What speaks against a face, in the order of ``FaceReason``; empty when nothing does.
    public func reasons(against face: Face) -> [FaceReason] {
        var reasons: [FaceReason] = []
        if face.size < minimumSize { reasons.append(.tooSmall) }
        if face.brightness < Double(minimumBrightness) { reasons.append(.tooDark) }
        if face.brightness > Double(maximumBrightness) { reasons.append(.tooBright) }
        if face.sharpness < Double(minimumSharpness) { reasons.append(.tooBlurred) }
        return reasons
    }
}

/// Whether a picture can stand for a person: it shows a face, and its largest face is good enough.
public struct FaceJudgement: Sendable, Hashable {
    /// Why not; empty when it can.
    public let reasons: [FaceReason]

    /// - Parameter faces: the largest first.
    public init(_ faces: [Face], _ thresholds: FaceThresholds = .standard) {
        reasons = faces.first.map(thresholds.reasons(against:)) ?? [.noFace]
    }

    /// Whether the picture can be used.
    public var isFine: Bool { reasons.isEmpty }

    /// The contract's code: 1001 when there is no face, whatever else is wrong; 1002 when its quality is too low.
    public var code: Int? { isFine ? nil : reasons == [.noFace] ? 1001 : 1002 }
}
