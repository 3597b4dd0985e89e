internal import CFaces
internal import Images
internal import Loop

/// dlib's frontal face detector, a HOG pyramid and five filters: frontal, half left, half right, tilted left and right.
///
/// `@unchecked Sendable`: the detector behind the pointer is made here, given back in `deinit`, and only read between.
final class FaceDetector: @unchecked Sendable {
    private let pointer: OpaquePointer

    private static let shared = Lock<FaceDetector?>(nil)

    /// More faces than this in one picture are passed over, those with the lowest scores first.
    static let capacity = 16

    private init() throws(FaceError) {
        var pointer: OpaquePointer?
        let result = easel_faces_make(&pointer)
        guard result == EASEL_FACES_OK, let pointer else { throw FaceError(result) }
        self.pointer = pointer
    }

    deinit { easel_faces_free(pointer) }

    /// The one detector, made at the first call. Whoever comes while it is being made waits: each needs it to go on.
    static func loaded() throws(FaceError) -> FaceDetector {
        try shared.withLock { detector throws(FaceError) in
            if let detector { return detector }
            let made = try FaceDetector()
            detector = made
            return made
        }
    }

    /// The faces of a grey picture of at most 4096 pixels a side, best score first, boxes in its pixels, which may
    /// reach over its edges. Faces below about 80 pixels are not seen.
    func faces(in grey: Raster) throws(FaceError) -> [(box: PixelBox, score: Double)] {
        guard grey.channels == 1 else { throw FaceError(EASEL_FACES_BAD_ARGUMENT) }
        var found = [easel_face](repeating: easel_face(), count: Self.capacity)
        var count = 0
        let result = easel_faces_find(pointer, grey.pixels, grey.width, grey.height, &found, found.count, &count)
        guard result == EASEL_FACES_OK else { throw FaceError(result) }
        return found.prefix(count).map { face in
            (PixelBox(x: face.left, y: face.top, width: face.width, height: face.height), face.score)
        }
    }
}

/// The search for faces failed, and the picture is not to blame.
public struct FaceError: Error, Sendable, Hashable, CustomStringConvertible {
    /// For the log.
    public let description: String

    init(_ result: easel_faces_result) {
        description =
            switch result {
            case EASEL_FACES_NO_MEMORY: "no memory for the face detector"
            case EASEL_FACES_BAD_ARGUMENT: "the face detector was given a picture that it cannot search"
            default: "the face detector failed"
            }
    }
}
