import Crypto
import Glibc
import Loop

/// Files named by the SHA-256 of their bytes: written once, never changed.
///
/// Its calls block: for `offLoop`.
struct FileStore: Sendable {
    /// The folder that holds `ab/abcd….png`.
    let folder: String

    struct Failure: Error, CustomStringConvertible {
        let description: String
        let code: Int32

        init(_ call: String) {
            code = errno
            description = "\(call): \(String(cString: strerror(code)))"
        }

        /// There is no such file.
        var isMissing: Bool { code == ENOENT }
        /// The disk or the quota is full.
        var isFull: Bool { code == ENOSPC || code == EDQUOT }
    }

    /// Keeps bytes for good: on the disk under their final name before this returns.
    ///
    /// - Returns: the name, `{64 hexadecimal digits}.{ext}`.
    func put(_ bytes: [UInt8], fileExtension: String) throws -> String {
        let hash = SHA256.hash(bytes).hex
        let name = "\(hash).\(fileExtension)"
        let target = path(name)
        if access(target, R_OK) == 0 { return name }
        try makeShelf(hash)
        let draft = "\(target).\(Self.processTag).\(UInt32.random(in: 0 ... .max)).tmp"
        do {
            try Self.write(bytes, to: draft)
            guard rename(draft, target) == 0 else { throw Failure("rename") }
        } catch {
            unlink(draft)
            throw error
        }
        try Self.sync(folder: "\(folder)/\(hash.prefix(2))")
        return name
    }

    /// Keeps what was spooled, as ``put(_:fileExtension:)-([UInt8],_)`` does, by moving it.
    func put(_ spooled: SpoolFile, fileExtension: String) throws -> String {
        let hash = try spooled.sha256()
        let name = "\(hash).\(fileExtension)"
        if access(path(name), R_OK) == 0 { return name }
        try makeShelf(hash)
        try spooled.sync()
        guard rename(spooled.path, path(name)) == 0 else { throw Failure("rename") }
        try Self.sync(folder: "\(folder)/\(hash.prefix(2))")
        return name
    }

    private func makeShelf(_ hash: String) throws {
        try Self.makeFolder(folder)
        try Self.makeFolder("\(folder)/\(hash.prefix(2))")
    }

    func path(_ name: String) -> String { "\(folder)/\(name.prefix(2))/\(name)" }

    /// Whether `name` is one that ``put(_:fileExtension:)`` could have given.
    static func isName(_ name: String) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == 64, (2...5).contains(parts[1].utf8.count) else { return false }
        return name.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2E }
    }

    func read(_ name: String) throws -> [UInt8] {
        let size = try self.size(name)
        return try read(name, from: 0, count: size)
    }

    /// - Throws: when there is no such file.
    func size(_ name: String) throws -> Int {
        var status = stat()
        guard stat(path(name), &status) == 0 else { throw Failure("stat") }
        return Int(status.st_size)
    }

    /// A piece of a file; shorter than asked only at its end.
    func read(_ name: String, from start: Int, count: Int) throws -> [UInt8] {
        try Self.read(path(name), from: start, count: count)
    }

    /// All of any file.
    static func contents(of path: String) throws -> [UInt8] {
        var status = stat()
        guard stat(path, &status) == 0 else { throw Failure("stat") }
        return try read(path, from: 0, count: Int(status.st_size))
    }

    private static func read(_ path: String, from start: Int, count: Int) throws -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Failure("open") }
        defer { close(file) }
        var done = 0
        var fault: Failure?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while done < count {
                let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[done...])
                let got = pread(file, rest.baseAddress, rest.count, off_t(start + done))
                if got < 0, errno == EINTR { continue }
                if got < 0 { fault = Failure("read") }
                if got <= 0 { break }
                done += got
            }
            filled = done
        }
        if let fault { throw fault }
        return bytes
    }

    // MARK: Clearing

    /// The folders below, `00`…`ff`, that exist.
    func shelves() -> [String] { FolderListing.names(in: folder).filter { $0.utf8.count == 2 }.sorted() }

    /// The files on a shelf, with drafts that a process before this one has left.
    func names(on shelf: String) -> [String] {
        FolderListing.names(in: "\(folder)/\(shelf)").filter { !$0.contains(Self.processTag) }
    }

    /// Marks this process's drafts.
    private static let processTag = UUID4.make()

    /// Removes a file by its name, or by its hash whatever its name ends on. One that is not there is no fault.
    func remove(_ name: String) {
        if name.utf8.count == 64 {
            for other in names(on: String(name.prefix(2))) where other.hasPrefix(name) { unlink(path(other)) }
        } else {
            unlink(path(name))
        }
    }

    static func makeFolder(_ path: String) throws {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw Failure("mkdir") }
    }

    private static func write(_ bytes: [UInt8], to path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Failure("open") }
        defer { close(file) }
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Failure("write") }
            written += count
        }
        guard fsync(file) == 0 else { throw Failure("fsync") }
    }

    /// A new name lasts only when its folder is on the disk too.
    private static func sync(folder: String) throws {
        let file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw Failure("open") }
        defer { close(file) }
        guard fsync(file) == 0 else { throw Failure("fsync") }
    }
}
