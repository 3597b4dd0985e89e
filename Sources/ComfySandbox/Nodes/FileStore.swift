import Foundation

/// The three folders of a ComfyUI, and which file a name in a request means.
struct FileStore: Sendable {
    enum Folder: String, Sendable, CaseIterable {
        case input, output, temp
    }

    /// Why a name means no file.
    enum Refusal: Error, Equatable {
        /// The name itself cannot be.
        case badName
        /// It leads out of its folder.
        case outside
    }

    let root: String
    /// Five letters that name this run's temporary pictures.
    let temporaryTag: String

    init(root: String) {
        self.root = root
        temporaryTag = String((0..<5).map { _ in "abcdefghijklmnopqrstupvxyz".randomElement() ?? "a" })
    }

    /// Makes the folders, and empties the temporary one as ComfyUI does when it starts.
    func prepare() throws {
        try? FileManager.default.removeItem(atPath: path(.temp))
        for folder in Folder.allCases {
            try FileManager.default.createDirectory(atPath: path(folder), withIntermediateDirectories: true)
        }
    }

    func path(_ folder: Folder) -> String { root + "/" + folder.rawValue }

    /// The directory of a subfolder.
    /// - Throws: ``Refusal/outside``.
    func directory(_ folder: Folder, subfolder: String) throws(Refusal) -> String {
        let base = path(folder)
        let whole = Self.normalise(subfolder.hasPrefix("/") ? subfolder : base + "/" + subfolder)
        guard whole == base || whole.hasPrefix(base + "/") else { throw .outside }
        return whole
    }

    /// The path that `"name [type]"` or `"name"` (in the input folder) means to `LoadImage`. ComfyUI lets it lead out of
    /// the folder; so does this. Nil when no such file is there.
    func annotatedPath(_ name: String) -> String? {
        let (plain, folder) = Self.annotation(name)
        let path = Self.normalise(path(folder ?? .input) + "/" + plain)
        return Self.isFile(path) ? path : nil
    }

    /// Takes "a.png [temp]" apart.
    static func annotation(_ name: String) -> (name: String, folder: Folder?) {
        for folder in Folder.allCases where name.hasSuffix(" [\(folder.rawValue)]") {
            return (String(name.dropLast(folder.rawValue.count + 3)), folder)
        }
        return (name, nil)
    }

    /// `.` and `..` resolved by text alone.
    static func normalise(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// The files of a folder, subfolders left out, sorted.
    func names(in folder: Folder) -> [String] {
        Self.names(in: path(folder)).filter { Self.isFile(path(folder) + "/" + $0) }
    }

    static func names(in directory: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: directory).sorted()) ?? []
    }

    static func isFile(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && !isDirectory.boolValue
    }

    static func read(_ path: String) -> [UInt8]? { FileManager.default.contents(atPath: path).map { [UInt8]($0) } }

    /// Whether it was written.
    static func write(_ bytes: [UInt8], to path: String) -> Bool {
        FileManager.default.createFile(atPath: path, contents: Data(bytes))
    }

    /// Size in bytes and time of the last change in nanoseconds since 1970.
    static func attributes(_ path: String) -> (size: Int, changed: Int)? {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
            let size = attributes[.size] as? Int, let date = attributes[.modificationDate] as? Date
        else { return nil }
        return (size, Int(date.timeIntervalSince1970 * 1e9))
    }
}

extension FileStore {
    /// Where the pictures of one node go.
    struct Place: Sendable {
        let directory: String
        let subfolder: String
        let stem: String
        let counter: Int

        /// The name of the picture at this place in the batch: `stem_00001_.png`.
        func name(_ offset: Int) -> String {
            let digits = String(counter + offset)
            return stem + "_" + String(repeating: "0", count: max(0, 5 - digits.count)) + digits + "_.png"
        }
    }

    /// The folder and the next free number for a `filename_prefix`; the folder is made.
    /// - Throws: ``NodeFailure`` for one that leads out of the output folder.
    func place(prefix: String, in folder: Folder) throws -> Place {
        let base = path(folder)
        let whole = Self.normalise(prefix.hasPrefix("/") ? prefix : base + "/" + prefix)
        let directory = prefix.isEmpty ? base : String(whole[..<(whole.lastIndex(of: "/") ?? whole.endIndex)])
        guard directory == base || directory.hasPrefix(base + "/") else {
            throw NodeFailure(
                "Exception",
                "Saving image outside the output folder is not allowed.\n full_output_folder: \(directory)\n"
                    + "         output_dir: \(base)")
        }
        let stem = prefix.isEmpty ? "" : String(whole.split(separator: "/").last ?? "")
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        return Place(
            directory: directory, subfolder: String(directory.dropFirst(base.count + 1)), stem: stem,
            counter: 1 + Self.lastNumber(of: stem, among: Self.names(in: directory)))
    }

    /// The highest number that a file of this stem has; 0 when there is none.
    static func lastNumber(of stem: String, among names: [String]) -> Int {
        names.compactMap { name -> Int? in
            guard name.lowercased().hasPrefix(stem.lowercased() + "_") else { return nil }
            return Int(name.dropFirst(stem.count + 1).prefix { $0.isASCII && $0.isNumber })
        }.max() ?? 0
    }
}
