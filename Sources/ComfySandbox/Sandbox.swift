import Foundation
import HTTP
import JSONText
import Loop

/// A running sandbox.
@LoopActor
final class Sandbox {
    let state = SandboxState()
    let hub = SocketHub()
    let files: FileStore
    let log: Log
    private let settings: Settings
    private let die: @LoopActor () -> Void
    private var server: HTTPServer?
    private var known: (mark: String, names: WorkflowNames)?

    /// - Parameter die: what the fault of that name does; the process's end unless something else is given.
    /// - Throws: where the folders cannot be made.
    init(_ settings: Settings, die: @escaping @LoopActor () -> Void = { exit(137) }) throws {
        self.settings = settings
        log = Log(level: settings.logLevel)
        self.die = die
        files = FileStore(root: settings.path)
        try files.prepare()
    }

    /// Binds; requests are answered once ``run()`` is called.
    /// - Returns: the port.
    /// - Throws: naming the call that failed, such as "uv_listen: address already in use".
    func listen() throws -> Int {
        var limits = ServerLimits()
        limits.bodyBytes = Routes.bodyLimit
        let server = try HTTPServer(
            host: settings.host, port: settings.port, router: Routes(self).build(), limits: limits)
        self.server = server
        return server.port
    }

    /// Serves and works until ``stop()``.
    func run() async {
        let worker = Worker(
            state: state, hub: hub, files: files, stepTime: .milliseconds(settings.stepMilliseconds),
            log: log,
            catalogue: { [unowned self] in await catalogue() }, die: die)
        let work = Task(executorPreference: EventLoop.shared) { await worker.run() }
        await server?.run()
        work.cancel()
        await work.value
    }

    /// Ends at once, as ComfyUI does: what runs is lost, and sockets get no close frame.
    func stop() async {
        state.clearFaults()
        hub.dropAll()
        await server?.stop(grace: .milliseconds(200))
    }

    /// The node classes and models of this moment. The workflow folder is read again when a file in it has changed.
    func catalogue() async -> NodeCatalogue {
        let (folder, models, files, known) = (settings.workflowsPath, settings.modelsPath, files, known)
        let read = try? await offLoop { () -> (mark: String, names: WorkflowNames, catalogue: NodeCatalogue) in
            let mark = WorkflowFolder.mark(of: folder)
            let names = known?.mark == mark ? known?.names ?? WorkflowNames() : WorkflowFolder.names(in: folder)
            var all = names
            if let models { all.addModels(in: models) }
            return (mark, names, NodeCatalogue(workflows: all, inputFiles: files.names(in: .input)))
        }
        guard let read else { return NodeCatalogue() }
        self.known = (read.mark, read.names)
        return read.catalogue
    }
}

/// The workflow folder on disk.
enum WorkflowFolder {
    private static let fileLimit = 1000

    private static func files(in folder: String?) -> [String] {
        guard let folder else { return [] }
        return FileStore.names(in: folder).filter { $0.hasSuffix(".json") }.prefix(fileLimit).map { folder + "/" + $0 }
    }

    /// A text that is another one when a file is added, removed or changed.
    static func mark(of folder: String?) -> String {
        files(in: folder).map { path in
            let attributes = FileStore.attributes(path)
            return "\(path) \(attributes?.size ?? 0) \(attributes?.changed ?? 0)"
        }.joined(separator: "\n")
    }

    /// What all its files name; one that cannot be read names nothing.
    static func names(in folder: String?) -> WorkflowNames {
        var names = WorkflowNames()
        for path in files(in: folder) {
            if let bytes = FileStore.read(path), let json = try? JSON(parsing: bytes) { names.add(json) }
        }
        return names
    }
}
