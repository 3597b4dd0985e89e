import Crypto
import Glibc
import Images
import Loop

/// An input on its way into the store: written and hashed as its bytes come, and not in memory. The file is gone with
/// its last owner unless ``finish(named:)`` has put it in its place.
///
/// Its calls block: for `offLoop`.
final class InputDraft: Sendable {
    private let folder: String
    private let path: String
    private let state: Lock<State>

    private struct State: Sendable {
        /// Negative when it is closed.
        var descriptor: Int32
        var hash = SHA256()
        var head: [UInt8] = []
        var size = 0
    }

    /// - Parameter folder: made when it is not there: whoever clears the temporary files takes it too.
    init(in folder: String) throws(FileBytes.Failure) {
        try FileBytes.makeFolder(folder)
        self.folder = folder
        path = "\(folder)/\(UUID4.make()).tmp"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileBytes.Failure("open") }
        state = Lock(State(descriptor: descriptor))
    }

    deinit { discard() }

    func append(_ bytes: [UInt8]) throws {
        try state.withLock { state in
            var written = 0
            while written < bytes.count {
                let count = bytes[written...].withUnsafeBytes { write(state.descriptor, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw FileBytes.Failure("write") }
                written += count
            }
            state.hash.update(bytes)
            state.head += bytes.prefix(ImageFormat.sniffedBytes - state.head.count)
            state.size += bytes.count
        }
    }

    /// Puts it in its place.
    ///
    /// - Parameter name: the hash that the bytes are to have; nil for whatever they have.
    /// - Throws: ``InputStore/NotAPicture`` when the bytes are not of a kind that ComfyUI reads;
    ///   ``InputStore/OtherHash``; ``FileBytes/Failure``.
    func finish(named name: String?) throws -> StoredInput {
        try state.withLock { state in
            let hash = state.hash.finalize().hex
            guard hash == name ?? hash else { throw InputStore.OtherHash() }
            guard let kind = Self.kind(of: state.head) else { throw InputStore.NotAPicture() }
            let place = "\(folder)/\(hash)"
            guard rename(path, place) == 0 else { throw FileBytes.Failure("rename") }
            return StoredInput(
                sha256: hash, path: place, size: state.size, mime: kind.mime, fileExtension: kind.fileExtension)
        }
    }

    /// Lets go of the file, as its end does: here where that may take its time.
    func discard() {
        state.withLock { state in
            guard state.descriptor >= 0 else { return }
            unlink(path)
            close(state.descriptor)
            state.descriptor = -1
        }
    }

    /// Of a picture, a sound or a film that ComfyUI can load.
    private static func kind(of head: [UInt8]) -> (mime: String, fileExtension: String)? {
        if let format = ImageFormat(sniffing: head), format.canBeUsed {
            return (format.mimeType, format.fileExtension)
        }
        return MediaFormat(sniffing: head).map { ($0.mimeType, $0.fileExtension) }
    }
}
