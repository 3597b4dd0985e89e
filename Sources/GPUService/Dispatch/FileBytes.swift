import Glibc

/// Whole files, by the system's own calls. Blocks: for `offLoop`.
enum FileBytes {
    struct Failure: Error, CustomStringConvertible {
        let description: String
        init(_ call: String) { description = "\(call): \(String(cString: strerror(errno)))" }
    }

    static func makeFolder(_ path: String) throws(Failure) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw Failure("mkdir") }
    }

    static func read(_ path: String) throws(Failure) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Failure("open") }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw Failure("fstat") }
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { room, filled in
            while filled < room.count {
                let count = Glibc.read(file, room.baseAddress?.advanced(by: filled), room.count - filled)
                failed = count < 0
                guard count > 0 else { return }
                filled += count
            }
        }
        guard !failed else { throw Failure("read") }
        return bytes
    }

    /// Writes beside the file first, so that nobody reads half of one.
    static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
        let draft = "\(path).\(getpid()).\(UInt32.random(in: 0 ... .max)).tmp"
        let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Failure("open") }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            guard count >= 0 else {
                close(file)
                unlink(draft)
                throw Failure("write")
            }
            written += count
        }
        close(file)
        guard rename(draft, path) == 0 else { throw Failure("rename") }
    }

    static func remove(_ path: String) { unlink(path) }
    static func removeFolder(_ path: String) { rmdir(path) }
}
