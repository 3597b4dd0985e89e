internal import Glibc

/// What lies in a folder.
public enum FolderListing {
    /// The names in a folder, `.` and `..` left out, in no order; none for what is no folder or cannot be read. Blocks: for
    /// `offLoop`.
    public static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
