import Crypto
import HTTPTypes
import JSONText
import Logging
import Loop
import Workflows

/// The workflow folder as it stands now, read again when something in it changes.
@LoopActor
final class WorkflowLibrary {
    private(set) var folder: WorkflowFolder
    /// Names this state of the folder, for `ETag`.
    private(set) var etag = ""
    /// Why the folder cannot be read; nil while it can.
    private(set) var fault: String?
    private var fingerprint: [FolderReader.File] = []
    private let path: String
    private let logger: Logger

    /// A watch of the file system misses writes from elsewhere on a network volume, so the folder is looked at.
    private static let interval: Duration = .milliseconds(700)

    init(path: String, logger: Logger) {
        self.path = path
        self.logger = logger
        folder = WorkflowFolder(workflows: [], styles: [], styleFaults: [])
        fault = "not read yet"
    }

    /// Looks for changes until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            try? await sleep(for: Self.interval)
            await refresh()
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
            fault = nil
            if let (folder, now) = read { take(folder, now) }
        } catch {
            let reason = (error as? WorkflowFileError)?.reason ?? "\(error)"
            if fault != reason {
                logger.error("The workflow folder cannot be read", metadata: ["reason": .string(reason)])
            }
            fault = reason
        }
    }

    private func take(_ folder: WorkflowFolder, _ now: [FolderReader.File]) {
        self.folder = folder
        fingerprint = now
        etag = "\"\(SHA256.hash(folder.catalogue.json.serialized()).hex.prefix(32))\""
        for workflow in folder.workflows where !workflow.isReady {
            logger.warning(
                "A workflow is not ready",
                metadata: [
                    "workflow": .string(workflow.name), "reasons": .string(workflow.reasons.joined(separator: "; ")),
                ])
        }
        for fault in folder.styleFaults { logger.warning("styles.json", metadata: ["fault": .string(fault)]) }
        logger.info("Workflows read", metadata: ["count": .stringConvertible(folder.workflows.count)])
    }
}
