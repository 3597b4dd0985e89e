import GRDB
import JSONText
import Logging
import Loop
import Workflows

/// What the pods can run, as they said last; kept in the database, so that requests are checked while no pod answers.
@LoopActor
final class Catalogue {
    private var ofPods: [String: WorkflowCatalogue] = [:]
    private let database: TaskDatabase
    private let logger: Logger
    private nonisolated static let keptName = "catalogue"

    init(database: TaskDatabase, logger: Logger) {
        self.database = database
        self.logger = logger
    }

    /// Reads what was kept.
    func load() async throws {
        guard let text = try await database.read({ try KeptText.read(Self.keptName, $0) }) else { return }
        guard let json = try? JSON(parsing: Array(text.utf8)), let kept = try? WorkflowCatalogue(json: json) else {
            return
        }
        ofPods[""] = kept
    }

    /// Whether any catalogue was ever seen.
    var isKnown: Bool { !ofPods.isEmpty }
    /// Whether one was read from a pod by this process, or kept by one before.
    private(set) var hasBeenRead = false

    func update(_ catalogue: WorkflowCatalogue, of pod: String) {
        hasBeenRead = true
        guard ofPods[pod] != catalogue else { return }
        ofPods[""] = nil
        ofPods[pod] = catalogue
        let text = JSON.object(merged.json.object ?? [:]).text
        database.enqueue { try KeptText.write(Self.keptName, text, $0) }
        logger.info(
            "Catalogue read",
            metadata: ["pod": .string(pod), "workflows": .stringConvertible(catalogue.workflows.count)])
    }

    /// All pods' workflows; of one that several have, a ready one.
    var merged: WorkflowCatalogue {
        var names: [String] = []
        var byName: [String: WorkflowSummary] = [:]
        for catalogue in ofPods.sorted(by: { $0.key < $1.key }).map(\.value) {
            for workflow in catalogue.workflows {
                if byName[workflow.name] == nil { names.append(workflow.name) }
                if byName[workflow.name]?.ready != true { byName[workflow.name] = workflow }
            }
        }
        let styles = ofPods.values.first { !$0.styles.isEmpty }?.styles ?? []
        return WorkflowCatalogue(workflows: names.sorted().compactMap { byName[$0] }, styles: styles)
    }

    subscript(_ name: String) -> WorkflowSummary? { merged[name] }

    /// `free` is an alias.
    nonisolated static func workflowName(ofMode mode: String) -> String { mode == "free" ? "free_generation" : mode }
}
