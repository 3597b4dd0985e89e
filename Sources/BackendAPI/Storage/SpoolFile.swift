import Crypto
import Glibc
import Loop

/// Bytes on their way: a file that grows as they come, and gone with its last owner unless
/// ``FileStore/put(_:fileExtension:)-(SpoolFile,_)`` has moved it to its place. It is hashed then: most pictures lose
/// their metadata first, and are another file.
///
/// Its calls block: for `offLoop`, but for the few kilobytes of a first piece.
final class SpoolFile: Sendable {
    let path: String
    private let state: Lock<State>

    private struct State: Sendable {
        var descriptor: Int32
        var size = 0
    }

    /// - Parameter folder: exists, and is on the file system of the store that takes the file in the end.
    init(in folder: String) throws {
        path = "\(folder)/\(UUID4.make()).part"
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileStore.Failure("open") }
        state = Lock(State(descriptor: descriptor))
    }

    deinit {
        state.withLock { _ = close($0.descriptor) }
        unlink(path)
    }

    var size: Int { state.withLock(\.size) }

    func append(_ bytes: UnsafeRawBufferPointer) throws {
        try state.withLock { state in
            state.size += bytes.count
            var rest = bytes
            while !rest.isEmpty {
                let count = Glibc.write(state.descriptor, rest.baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw FileStore.Failure("write") }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
    }

    func append(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try append($0) } }

    /// The hash of all of it, read anew.
    func sha256() throws -> String {
        try state.withLock { state in
            var hash = SHA256()
            // Most pictures are smaller than a piece; to clear the rest of it would cost more than to hash them.
            var piece = [UInt8](repeating: 0, count: min(262_144, max(1, state.size)))
            var done = 0
            while done < state.size {
                let count = pread(state.descriptor, &piece, piece.count, off_t(done))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw FileStore.Failure("read") }
                piece.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
                done += count
            }
            return hash.finalize().hex
        }
    }

    /// Returns when all of it is on the disk.
    func sync() throws {
        try state.withLock { state in
            guard fsync(state.descriptor) == 0 else { throw FileStore.Failure("fsync") }
        }
    }

    /// Makes the folder, and clears away what a process before this one has left in it.
    static func prepare(folder: String) throws {
        try FileStore.makeFolder(folder)
        for name in FolderListing.names(in: folder) where name.hasSuffix(".part") { unlink("\(folder)/\(name)") }
    }
}
