import Images
import JSONText
import Loop
import Workflows

/// Checks the pictures of a request and keeps the good ones.
@LoopActor
struct PictureCheck {
    let inputs: FileStore
    /// The folder for what is being received.
    let spool: String
    let maxFaceImages: Int
    let maxImageBytes: Int

    /// A picture of the request that is kept: the hash of its bytes names it.
    struct Kept: Sendable {
        var sha256: String
    }

    /// - Returns: the picture, or its fault.
    ///
    /// - Parameter kind: `image`, `audio` or `video`.
    func keep(
        _ value: JSON, as kind: ValueSchema.Format = .image, at loc: [JSONPathElement], from sink: PictureSink,
        _ lease: FileLease
    ) async throws -> Result<Kept, FaultError> {
        guard let taken = sink.picture(value) else {
            return .failure(FaultError(.wrongType(.string, loc, input: sink.shown(value))))
        }
        let shown = JSON.string(taken.head)
        if let fault = taken.fault { return .failure(FaultError(.valueError(loc, fault, input: shown))) }
        let inputs = inputs
        do {
            let name = try await lease.put {
                if kind != .image { return try Self.keepMedia(taken, kind, in: inputs) }
                let picture = try ImageEditor.normalise(taken.source)
                if picture.isUnchanged, let file = taken.file {
                    return try inputs.put(file, fileExtension: picture.format.fileExtension)
                }
                return try inputs.put(picture.bytes, fileExtension: picture.format.fileExtension)
            }
            return .success(Kept(sha256: String(name.prefix(64))))
        } catch let error as ImageError {
            return .failure(FaultError(.valueError(loc, error.message, input: shown)))
        } catch let error as NoMedia {
            return .failure(FaultError(.valueError(loc, error.message, input: shown)))
        }
    }

    private struct NoMedia: Error { let message: String }

    /// Sounds and films are kept as they are.
    private nonisolated static func keepMedia(
        _ taken: PictureSink.Taken, _ kind: ValueSchema.Format, in inputs: FileStore
    ) throws -> String {
        let formats = MediaFormat.allCases.filter { kind == .audio || $0.isVideo }
        guard let format = try MediaFormat(of: taken.source), formats.contains(format) else {
            throw NoMedia(message: "the file is none of \(formats.map(\.rawValue).joined(separator: ", "))")
        }
        if let file = taken.file { return try inputs.put(file, fileExtension: format.fileExtension) }
        return try inputs.put(taken.bytes, fileExtension: format.fileExtension)
    }

    /// A fault as an error, for `Result`.
    struct FaultError: Error {
        let fault: Fault
        init(_ fault: Fault) { self.fault = fault }
    }

    func tooMany(_ count: Int) -> Fault? {
        guard count > maxFaceImages else { return nil }
        return .tooMany(["body", "face_images"], most: maxFaceImages, count: count)
    }
}
