import Crypto
import Glibc
import Loop

/// Where a fetched model lies: in which folder under ComfyUI's `models`, and under which name there.
struct ModelPlace: Sendable, Hashable {
    let folder: String
    let name: String

    /// - Parameter url: the same URL is the same file.
    init(folder: String, url: String) {
        self.folder = folder
        name = "\(Self.prefix)\(SHA256.hash(url).hex)\(Self.suffix)"
    }

    /// - Returns: nil for a file that was not fetched here.
    init?(folder: String, fileName: String) {
        let hash = fileName.dropFirst(Self.prefix.count).dropLast(Self.suffix.count)
        guard fileName.hasPrefix(Self.prefix), fileName.hasSuffix(Self.suffix), hash.utf8.count == 64,
            hash.allSatisfy(\.isHexDigit)
        else { return nil }
        self.folder = folder
        name = fileName
    }

    private static let prefix = "easel-"
    private static let suffix = ".safetensors"
}

/// The fetched models on the disk. Its calls block: for `offLoop`.
struct ModelFiles: Sendable {
    /// ComfyUI's `models`.
    let root: String

    struct Kept: Sendable, Equatable {
        let place: ModelPlace
        let size: Int
        /// Nanoseconds since 1970 when it was used last.
        let used: Int
    }

    /// A draft that nobody has written to for so long belongs to a process that has died.
    private static let draftLifetime = 86_400
    private static let maxFolders = 1000

    func path(of place: ModelPlace) -> String { "\(root)/\(place.folder)/\(place.name)" }

    /// Whether the file is there; if so, it counts as used now.
    func touch(_ place: ModelPlace) -> Bool { utimensat(AT_FDCWD, path(of: place), nil, 0) == 0 }

    func remove(_ place: ModelPlace) { unlink(path(of: place)) }

    /// A new file beside the place.
    func draft(for place: ModelPlace) throws(FileBytes.Failure) -> ModelDraft {
        let folder = "\(root)/\(place.folder)"
        guard mkdir(folder, 0o755) == 0 || errno == EEXIST else { throw FileBytes.Failure("mkdir") }
        return try ModelDraft(folder: folder)
    }

    /// All that were fetched, the one that was used last at the end. Drafts that were left behind go.
    func all() -> [Kept] {
        var all: [Kept] = []
        for folder in FolderListing.names(in: root).prefix(Self.maxFolders) {
            for name in FolderListing.names(in: "\(root)/\(folder)") {
                if name.hasPrefix(ModelDraft.prefix), name.hasSuffix(ModelDraft.suffix) {
                    removeIfOld("\(root)/\(folder)/\(name)")
                } else if let place = ModelPlace(folder: folder, fileName: name),
                    let status = Self.status(path(of: place))
                {
                    let used = status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec
                    all.append(Kept(place: place, size: Int(status.st_size), used: used))
                }
            }
        }
        return all.sorted { ($0.used, $0.place.name) < ($1.used, $1.place.name) }
    }

    private func removeIfOld(_ path: String) {
        if let status = Self.status(path), status.st_mtim.tv_sec < time(nil) - Self.draftLifetime { unlink(path) }
    }

    private static func status(_ path: String) -> stat? {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? status : nil
    }

    /// What goes so that the rest is within the limit: those that were used longest ago, and none in use.
    ///
    /// - Parameter kept: in the order of ``all()``.
    static func surplus(of kept: [Kept], limit: Int, inUse: Set<ModelPlace>) -> [ModelPlace] {
        var total = kept.reduce(0) { $0 + $1.size }
        var surplus: [ModelPlace] = []
        for file in kept where total > limit && !inUse.contains(file.place) {
            surplus.append(file.place)
            total -= file.size
        }
        return surplus
    }
}
