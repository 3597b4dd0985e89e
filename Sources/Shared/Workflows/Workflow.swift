internal import JSONText

/// A workflow of the folder: a graph, what it takes, and whether it can be used.
public struct Workflow: Sendable, Hashable {
    /// The file's name without `.json`.
    public let name: String
    /// Changes with every byte of the graph or the manifest.
    public let version: String
    public internal(set) var manifest: Manifest
    /// Whether there is no manifest, so that its parameters were found in the graph.
    public let isDiscovered: Bool
    /// Nil when the file holds no graph that ComfyUI could run.
    public internal(set) var graph: Graph?
    /// Why it cannot be used, a sentence each, with file and line where a file is at fault; empty when it can.
    public internal(set) var reasons: [String]

    public var title: String {
        manifest.title ?? name
    }

    public var isReady: Bool {
        reasons.isEmpty
    }

    public var parameters: ParameterSchema {
        manifest.parameters
    }

    /// What others are told of it.
    public var summary: WorkflowSummary {
        WorkflowSummary(
            name: name, title: title, description: manifest.description, version: version, ready: isReady,
            reasons: reasons, parameters: parameters)
    }

    /// Reads a workflow from the bytes of its files. It never fails: what is wrong becomes a reason.
    ///
    /// - Parameters:
    ///   - graph: the bytes of `NAME.json`, or why there are none.
    ///   - manifest: the bytes of `NAME.manifest.json`, nil where there is none.
    ///   - hash: SHA-256 as hexadecimal text.
    public init(
        name: String, graph: Result<[UInt8], WorkflowFileError>, manifest: Result<[UInt8], WorkflowFileError>?,
        hash: (_ bytes: [UInt8]) -> String
    ) {
        let graphBytes = (try? graph.get()) ?? []
        let manifestBytes = manifest.flatMap { try? $0.get() } ?? []
        var reasons: [String] = []
        let read = Self.readGraph(graph, file: "\(name).json", &reasons)
        self.name = name
        self.graph = read
        isDiscovered = manifest == nil
        self.manifest = Self.readManifest(manifest, for: read, name: name, &reasons)
        self.reasons = reasons
        // The length keeps a byte that moves from one file to the other from going unnoticed.
        version = hash(Array("\(graphBytes.count)\n".utf8) + graphBytes + manifestBytes)
    }

    private static func readGraph(
        _ bytes: Result<[UInt8], WorkflowFileError>, file: String, _ reasons: inout [String]
    ) -> Graph? {
        switch bytes {
        case .failure(let error): reasons.append("\(file): \(error.reason)")
        case .success(let bytes):
            guard let value = parse(bytes, file: file, &reasons) else { return nil }
            do {
                return try Graph(value)
            } catch {
                reasons.append(error.message(file: file, text: bytes))
            }
        }
        return nil
    }

    private static func readManifest(
        _ bytes: Result<[UInt8], WorkflowFileError>?, for graph: Graph?, name: String, _ reasons: inout [String]
    ) -> Manifest {
        let file = "\(name).manifest.json"
        switch bytes {
        case .none: return graph.map { discover($0, file: "\(name).json", &reasons) } ?? Manifest()
        case .failure(let error): reasons.append("\(file): \(error.reason)")
        case .success(let bytes):
            guard let value = parse(bytes, file: file, &reasons), let graph else { return Manifest() }
            let (manifest, faults) = Manifest.read(value, for: graph)
            reasons += faults.map { $0.message(file: file, text: bytes) }
            return manifest
        }
        return Manifest()
    }

    private static func discover(_ graph: Graph, file: String, _ reasons: inout [String]) -> Manifest {
        let found = Discovery(graph: graph)
        reasons += found.faults.map { "\(file): \($0)" }
        let (manifest, faults) = found.manifest
        reasons += faults.map { "\(file): its parameters make no schema: \($0.reason)" }
        return manifest
    }

    private static func parse(_ bytes: [UInt8], file: String, _ reasons: inout [String]) -> JSON? {
        do {
            // An editor on Windows may begin the file with a byte order mark.
            return try JSON(parsing: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes)
        } catch {
            reasons.append("\(file):\(error.line(in: bytes)): is not JSON: \(error.reason)")
            return nil
        }
    }
}

/// Why a file of the workflow folder could not be read.
public struct WorkflowFileError: Error, Sendable, Hashable {
    /// A clause such as `cannot be opened: Permission denied`.
    public var reason: String

    public init(reason: String) {
        self.reason = reason
    }
}
