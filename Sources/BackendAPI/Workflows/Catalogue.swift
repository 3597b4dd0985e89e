import GRDB
import JSONText
import Logging
import Loop
import Operations
import Workflows

/// What the pods can run, as they said last; kept in the database, so that requests are checked while no pod answers.
@LoopActor
final class Catalogue {
    private var ofPods: [String: WorkflowCatalogue] = [:]
    /// All pods' workflows; of one that several have, a ready one.
    private(set) var merged = WorkflowCatalogue(workflows: [], styles: [])
    private let database: TaskDatabase
    private let logger: Logger
    private nonisolated static let keptName = "catalogues"

    init(database: TaskDatabase, logger: Logger) {
        self.database = database
        self.logger = logger
    }

    /// Reads what was kept of these pods. Each is on its own: what one tells does not make another's forgotten, and a
    /// task that only that one can run waits for it.
    func load(of pods: [String]) async throws {
        guard let text = try await database.read({ try KeptText.read(Self.keptName, $0) }),
            let kept = try? JSON(parsing: Array(text.utf8))
        else { return }
        for pod in pods {
            if let json = kept[pod], let catalogue = try? WorkflowCatalogue(json: json) { ofPods[pod] = catalogue }
        }
        merge()
    }

    /// Whether any catalogue was ever seen, by this process or by one before.
    var isKnown: Bool { !ofPods.isEmpty }

    func update(_ catalogue: WorkflowCatalogue, of pod: String) {
        guard ofPods[pod] != catalogue else { return }
        ofPods[pod] = catalogue
        merge()
        let text = JSON.object(JSONObject(ofPods.map { ($0.key, $0.value.json) })).text
        database.enqueue { try KeptText.write(Self.keptName, text, $0) }
        logger.info(
            "Catalogue read",
            metadata: ["pod": .string(Shown.value(pod)), "workflows": .stringConvertible(catalogue.workflows.count)])
    }

    private func merge() {
        var names: [String] = []
        var byName: [String: WorkflowSummary] = [:]
        for catalogue in ofPods.sorted(by: { $0.key < $1.key }).map(\.value) {
            for workflow in catalogue.workflows {
                if byName[workflow.name] == nil { names.append(workflow.name) }
                if byName[workflow.name]?.ready != true { byName[workflow.name] = workflow }
            }
        }
        let styles = ofPods.sorted { $0.key < $1.key }.map(\.value.styles).first { !$0.isEmpty } ?? []
        merged = WorkflowCatalogue(workflows: names.sorted().compactMap { byName[$0] }, styles: styles)
    }

    subscript(_ name: String) -> WorkflowSummary? { merged[name] }

    /// A workflow as one pod has it.
    func workflow(_ name: String, of pod: String) -> WorkflowSummary? { ofPods[pod]?[name] }

    /// `free` is an alias.
    nonisolated static func workflowName(ofMode mode: String) -> String { mode == "free" ? "free_generation" : mode }
}
