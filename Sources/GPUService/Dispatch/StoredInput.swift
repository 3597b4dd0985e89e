import Crypto
import Images
import Loop
import Wire

/// A picture that a request can name, kept in a temporary file.
struct StoredInput: Sendable {
    let sha256: String
    let path: String
    let mime: String
    let fileExtension: String

    @LoopActor
    func read() async throws -> [UInt8] {
        let path = path
        return try await offLoop { try FileBytes.read(path) }
    }
}

/// The pictures of requests, by the hash of their bytes. They last as long as the process, at most.
@LoopActor
final class InputStore {
    private let folder: String
    private var known: [String: StoredInput] = [:]
    private var order: [String] = []

    /// The oldest goes beyond this number.
    private static let capacity = 1000

    /// - Parameter folder: made here, and emptied by ``removeAll()``.
    init(folder: String) throws {
        self.folder = folder
        try FileBytes.makeFolder(folder)
    }

    subscript(_ sha256: String) -> StoredInput? { known[sha256] }

    /// Keeps a picture.
    ///
    /// - Parameter name: the hash that the bytes are to have; nil for whatever they have.
    /// - Throws: ``NotAPicture`` when the bytes are not of a kind that ComfyUI reads; ``OtherHash``.
    @discardableResult
    func put(_ bytes: [UInt8], named name: String? = nil) async throws -> StoredInput {
        let folder = folder
        let input = try await offLoop { () throws -> StoredInput in
            let hash = SHA256.hash(bytes).hex
            guard hash == name ?? hash else { throw OtherHash() }
            guard let kind = Self.kind(of: bytes) else { throw NotAPicture() }
            let path = "\(folder)/\(hash)"
            try FileBytes.write(bytes, to: path)
            return StoredInput(sha256: hash, path: path, mime: kind.mime, fileExtension: kind.fileExtension)
        }
        if known.updateValue(input, forKey: input.sha256) == nil { order.append(input.sha256) }
        if order.count > Self.capacity { forgetOldest() }
        return input
    }

    /// Of a picture, a sound or a film that ComfyUI can load.
    private nonisolated static func kind(of bytes: [UInt8]) -> (mime: String, fileExtension: String)? {
        if let format = ImageFormat(sniffing: bytes), format.canBeUsed {
            return (format.mimeType, format.fileExtension)
        }
        return MediaFormat(sniffing: bytes).map { ($0.mimeType, $0.fileExtension) }
    }

    private func forgetOldest() {
        let oldest = order.removeFirst()
        if let input = known.removeValue(forKey: oldest) { FileBytes.remove(input.path) }
    }

    func removeAll() {
        for input in known.values { FileBytes.remove(input.path) }
        known = [:]
        FileBytes.removeFolder(folder)
    }

    struct NotAPicture: Error {}
    struct OtherHash: Error {}
}
