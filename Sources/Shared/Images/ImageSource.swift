internal import Glibc

/// Where the content of a picture lies.
public enum ImageSource: Sendable {
    /// In memory.
    case bytes([UInt8])
    /// In a regular file.
    case file(path: String)

    /// The first bytes, as many as ``ImageFormat/sniffedBytes``.
    func head(_ limits: ImageLimits) throws -> [UInt8] {
        switch self {
        case .bytes(let bytes):
            guard bytes.count <= limits.maximumFileBytes else { throw ImageError.unreadable("too many bytes") }
            return Array(bytes.prefix(ImageFormat.sniffedBytes))
        case .file(let path): return try read(path, upTo: ImageFormat.sniffedBytes, limits)
        }
    }

    /// All of the content.
    func contents(_ limits: ImageLimits) throws -> [UInt8] {
        switch self {
        case .bytes(let bytes): bytes
        case .file(let path): try read(path, upTo: limits.maximumFileBytes, limits)
        }
    }

    private func read(_ path: String, upTo count: Int, _ limits: ImageLimits) throws -> [UInt8] {
        // Without O_NONBLOCK, opening a pipe that nobody writes to would never return.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw failure("open") }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw failure("fstat") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw ImageError.unreadable("not a regular file") }
        guard status.st_size <= limits.maximumFileBytes else { throw ImageError.unreadable("the file is too long") }
        return try read(file, upTo: min(count, Int(status.st_size)))
    }

    private func read(_ file: Int32, upTo count: Int) throws -> [UInt8] {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { room, filled in
            while filled < count {
                let got = Glibc.read(file, room.baseAddress?.advanced(by: filled), count - filled)
                if got < 0, errno == EINTR { continue }
                failed = got < 0
                guard got > 0 else { return }
                filled += got
            }
        }
        if failed { throw failure("read") }
        return bytes
    }

    private func failure(_ call: String) -> ImageError {
        ImageError.unreadable("\(call): \(String(cString: strerror(errno)))")
    }
}
