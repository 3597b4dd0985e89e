internal import Glibc

/// The few calls that the workflow folder needs of the file system. They block.
public enum FolderReader {
    /// A file as far as its change can be noticed from outside.
    public struct File: Sendable, Hashable {
        public let name: String
        let size: Int64
        let seconds: Int
        let nanoseconds: Int
        /// A file that was replaced is another one, even with the time and size of the old.
        let number: UInt64
    }

    /// Which folder has a name now: another one may have it later.
    public struct Identity: Sendable, Hashable {
        let device: UInt64
        let number: UInt64
    }

    /// - Returns: nil where there is no folder.
    public static func identity(of folder: String) -> Identity? {
        var info = stat()
        guard stat(folder, &info) == 0, info.st_mode & S_IFMT == S_IFDIR else { return nil }
        return Identity(device: UInt64(info.st_dev), number: UInt64(info.st_ino))
    }

    /// The `*.json` files of a folder, in no order; what is no file is left out.
    static func files(in folder: String) throws(WorkflowFileError) -> [File] {
        guard let stream = opendir(folder) else { throw error("cannot be opened") }
        defer { closedir(stream) }
        var files: [File] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name.hasSuffix(".json"), !name.hasPrefix("."), let file = file(name, in: folder) else { continue }
            files.append(file)
        }
        return files
    }

    /// The bytes of a file, or why there are none.
    static func read(_ path: String, upTo limit: Int) -> Result<[UInt8], WorkflowFileError> {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return .failure(error("cannot be opened")) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { return .failure(error("cannot be read")) }
            if count == 0 { return .success(bytes) }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= limit else { return .failure(WorkflowFileError(reason: "is over \(limit >> 20) MB")) }
        }
    }

    private static func file(_ name: String, in folder: String) -> File? {
        var info = stat()
        guard stat("\(folder)/\(name)", &info) == 0, info.st_mode & S_IFMT == S_IFREG else { return nil }
        return File(
            name: name, size: Int64(info.st_size), seconds: info.st_mtim.tv_sec, nanoseconds: info.st_mtim.tv_nsec,
            number: UInt64(info.st_ino))
    }

    private static func error(_ what: String) -> WorkflowFileError {
        WorkflowFileError(reason: "\(what): \(String(cString: strerror(errno)))")
    }
}
