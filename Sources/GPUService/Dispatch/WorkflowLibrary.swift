import Crypto
import HTTPTypes
import JSONText
import Logging
import Loop
import Workflows

/// The workflow folder as it stands now, held against the ComfyUIs that are there.
@LoopActor
final class WorkflowLibrary {
    /// What this pod can run, and why not what it cannot.
    private(set) var catalogue: WorkflowCatalogue
    /// Names this state of the catalogue, for `ETag`.
    private(set) var etag = ""
    /// Why the folder cannot be read; nil while it can.
    private(set) var fault: String?
    /// The folder as its files have it.
    private var folder = WorkflowFolder()
    private var fitted: [String: Workflow] = [:]
    private var fingerprint: [FolderReader.File] = []
    private var nodeLists: @LoopActor () -> [NodeList?] = { [] }
    private var onRead: @LoopActor () -> Void = {}
    private var isFitting = false
    private var mustFitAgain = false
    private let path: String
    private let fetchesModels: Bool
    private let logger: Logger

    private let looks: Looks
    private var watcher: FolderWatcher?
    private var watched: FolderReader.Identity?
    /// The file system has told of a change.
    private var changed = LoopEvent()
    private var wasTold = false

    /// How often the folder is looked at.
    struct Looks: Sendable {
        /// While the file system tells of changes: it does not of writes from elsewhere on a network volume.
        var watched: Duration = .seconds(5)
        /// While it does not: there is no such folder, or the system has no watch left.
        var unwatched: Duration = .milliseconds(700)
    }

    /// Whoever writes a file has so long to write the rest of it.
    private static let settling: Duration = .milliseconds(50)

    /// - Parameter fetchesModels: whether a model may be named by URL here.
    init(path: String, fetchesModels: Bool = false, looks: Looks = Looks(), logger: Logger) {
        self.path = path
        self.looks = looks
        self.fetchesModels = fetchesModels
        self.logger = logger
        catalogue = folder.catalogue
        fault = "not read yet"
    }

    /// A workflow with its readiness and its parameters on this pod.
    subscript(_ name: String) -> Workflow? { fitted[name] }

    /// Looks for changes until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            changed = LoopEvent()
            await watch()
            await refresh()
            let wait = watcher == nil ? looks.unwatched : looks.watched
            if (try? await changed.wait(within: wait)) == true { try? await sleep(for: Self.settling) }
        }
        watcher?.close()
    }

    /// Watches the folder that has the name now. With the events that follow the same one is watched anew, for one of
    /// them may have told of its end.
    private func watch() async {
        let path = path
        let identity = try? await offLoop { FolderReader.identity(of: path) }
        guard identity != watched || wasTold else { return }
        watcher?.close()
        (wasTold, watched) = (false, identity)
        watcher = identity == nil ? nil : try? FolderWatcher(path) { [weak self] in self?.isTold() }
    }

    private func isTold() {
        wasTold = true
        changed.signal()
    }

    /// Holds the workflows against a dispatcher's ComfyUIs from now on, whatever they come to have.
    func follow(_ dispatcher: Dispatcher) {
        nodeLists = { [weak dispatcher] in dispatcher?.nodeLists ?? [] }
        onRead = { [weak dispatcher] in
            for comfyUI in dispatcher?.comfyUIs ?? [] { comfyUI.workflowsChanged() }
        }
        for comfyUI in dispatcher.comfyUIs {
            comfyUI.onChange = { [weak self] in Task { await self?.fit() } }
        }
    }

    /// Reads the folder if anything in it has changed.
    func refresh() async {
        let (path, seen, hadFault) = (path, fingerprint, fault != nil)
        do {
            let read = try await offLoop { () throws -> (WorkflowFolder, [FolderReader.File])? in
                let now = try WorkflowFolder.fingerprint(path)
                if now == seen, !hadFault { return nil }
                return (try WorkflowFolder.load(path) { SHA256.hash($0).hex }, now)
            }
            if let (folder, now) = read { await take(folder, now) }
            fault = nil
        } catch {
            let reason = (error as? WorkflowFileError)?.reason ?? "\(error)"
            if fault != reason {
                logger.error("The workflow folder cannot be read", metadata: ["reason": .string(reason)])
            }
            fault = reason
        }
    }

    private func take(_ folder: WorkflowFolder, _ now: [FolderReader.File]) async {
        self.folder = folder
        fingerprint = now
        for fault in folder.styleFaults { logger.warning("styles.json", metadata: ["fault": .string(fault)]) }
        logger.info("Workflows read", metadata: ["count": .stringConvertible(folder.workflows.count)])
        await fit()
        onRead()
    }

    // MARK: Readiness

    /// Holds the folder against the nodes that are there, off the loop. A change in between is not missed.
    private func fit() async {
        mustFitAgain = true
        guard !isFitting else { return }
        isFitting = true
        defer { isFitting = false }
        while mustFitAgain {
            mustFitAgain = false
            let (folder, places, fetchesModels) = (folder, nodeLists(), fetchesModels)
            let fitted = try? await offLoop { Self.fit(folder, to: places, fetchesModels: fetchesModels) }
            if let fitted { take(fitted) }
        }
    }

    private struct Fitted: Sendable {
        var folder: WorkflowFolder
        var catalogue: WorkflowCatalogue
        var etag: String
    }

    private nonisolated static func fit(
        _ folder: WorkflowFolder, to places: [NodeList?], fetchesModels: Bool
    ) -> Fitted {
        var fitted = folder
        fitted.workflows = folder.workflows.map { workflow in
            let workflow = workflow.fitted(to: places)
            return fetchesModels ? workflow : workflow.withoutModelURLs()
        }
        let catalogue = fitted.catalogue
        let hash = SHA256.hash(catalogue.json.serialized()).hex
        return Fitted(folder: fitted, catalogue: catalogue, etag: "\"\(hash.prefix(32))\"")
    }

    private func take(_ new: Fitted) {
        for workflow in new.folder.workflows where workflow.reasons != fitted[workflow.name]?.reasons ?? [] {
            let name: Logger.Metadata = ["workflow": .string(workflow.name)]
            if workflow.isReady {
                logger.info("A workflow is ready again", metadata: name)
            } else {
                let reasons: Logger.MetadataValue = .string(workflow.reasons.joined(separator: "; "))
                logger.warning("A workflow is not ready", metadata: name.merging(["reasons": reasons]) { $1 })
            }
        }
        fitted = Dictionary(new.folder.workflows.map { ($0.name, $0) }) { first, _ in first }
        catalogue = new.catalogue
        etag = new.etag
    }
}
