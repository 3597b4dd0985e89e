internal import JSONText

/// What the workflow folder holds at one moment.
///
/// `NAME.json` is a graph, `NAME.manifest.json` what is known about it, `styles.json` the styles. Other files, those
/// whose names begin with a dot and `*.schema.json` are passed over.
public struct WorkflowFolder: Sendable, Hashable {
    /// Every workflow by name, those that are not ready too.
    public var workflows: [Workflow]
    public var styles: [Style]
    /// What is wrong in `styles.json`, a sentence each; the other styles are used.
    public var styleFaults: [String]

    public init(workflows: [Workflow] = [], styles: [Style] = [], styleFaults: [String] = []) {
        self.workflows = workflows
        self.styles = styles
        self.styleFaults = styleFaults
    }

    /// A graph or manifest larger than this is not read.
    public static let fileLimit = 16 << 20
    /// Workflows beyond so many are not listed.
    public static let workflowLimit = 1000

    public subscript(_ name: String) -> Workflow? {
        workflows.first { $0.name == name }
    }

    /// What others are told of it.
    public var catalogue: WorkflowCatalogue {
        WorkflowCatalogue(workflows: workflows.map(\.summary), styles: styles)
    }

    /// Reads the folder. Blocks on the file system: call it off the loop.
    ///
    /// - Parameter hash: SHA-256 as hexadecimal text.
    /// - Throws: only when the folder itself cannot be read; a bad file becomes a workflow that is not ready.
    public static func load(
        _ path: String, hash: (_ bytes: [UInt8]) -> String
    ) throws(WorkflowFileError) -> WorkflowFolder {
        let files = Set(try FolderReader.files(in: path).map(\.name))
        let names = Set(files.compactMap(workflowName)).sorted().prefix(workflowLimit)
        let read = { (file: String) in FolderReader.read("\(path)/\(file)", upTo: fileLimit) }
        let workflows = names.map { name in
            let manifest = "\(name).manifest.json"
            return Workflow(
                name: name, graph: read("\(name).json"), manifest: files.contains(manifest) ? read(manifest) : nil,
                hash: hash)
        }
        var folder = WorkflowFolder(workflows: workflows, styles: [], styleFaults: [])
        if files.contains("styles.json") { folder.readStyles(read("styles.json")) }
        return folder
    }

    /// Equal as long as no file of the folder has changed: names, sizes and times of change. Much cheaper than
    /// `load`, but it too blocks.
    public static func fingerprint(_ path: String) throws(WorkflowFileError) -> [FolderReader.File] {
        try FolderReader.files(in: path).sorted { $0.name < $1.name }
    }

    /// The workflow that a file belongs to.
    private static func workflowName(_ file: String) -> String? {
        if file == "styles.json" || file.hasSuffix(".schema.json") { return nil }
        for ending in [".manifest.json", ".json"] where file.hasSuffix(ending) {
            return String(file.dropLast(ending.count))
        }
        return nil
    }

    private mutating func readStyles(_ bytes: Result<[UInt8], WorkflowFileError>) {
        switch bytes {
        case .failure(let error): styleFaults = ["styles.json: \(error.reason)"]
        case .success(let bytes):
            do {
                let read = Style.read(try JSON(parsing: bytes))
                styles = read.styles
                styleFaults = read.faults.map { $0.message(file: "styles.json", text: bytes) }
            } catch {
                styleFaults = ["styles.json:\(error.line(in: bytes)): is not JSON: \(error.reason)"]
            }
        }
    }
}
