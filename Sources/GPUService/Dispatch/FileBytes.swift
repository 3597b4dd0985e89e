import Glibc
import Loop

/// Files and folders, by the system's own calls. Blocks: for `offLoop`.
enum FileBytes {
    struct Failure: Error, CustomStringConvertible {
        let description: String
        init(_ call: String) { description = "\(call): \(String(cString: strerror(errno)))" }
    }

    static func makeFolder(_ path: String) throws(Failure) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw Failure("mkdir") }
    }

    static func remove(_ path: String) { unlink(path) }
    static func removeFolder(_ path: String) { rmdir(path) }
}

/// A file that is read from its begin to its end, piece by piece. Its calls block: for `offLoop`.
final class FileReading: Sendable {
    /// In bytes, when it was opened.
    let size: Int
    private let descriptor: Int32
    private static let pieceSize = 1 << 20

    init(_ path: String) throws(FileBytes.Failure) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileBytes.Failure("open") }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let failure = FileBytes.Failure("fstat")
            close(descriptor)
            throw failure
        }
        size = Int(status.st_size)
    }

    deinit { close(descriptor) }

    /// At most a megabyte, or nil at the end.
    func next() throws(FileBytes.Failure) -> [UInt8]? {
        var count = 0
        let piece = [UInt8](unsafeUninitializedCapacity: Self.pieceSize) { room, filled in
            repeat { count = read(descriptor, room.baseAddress, room.count) } while count < 0 && errno == EINTR
            filled = max(0, count)
        }
        guard count >= 0 else { throw FileBytes.Failure("read") }
        return piece.isEmpty ? nil : piece
    }
}
