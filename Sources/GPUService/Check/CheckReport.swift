import Workflows

/// What `check-workflows` says of a folder.
///
/// A workflow is wrong when nothing that is installed could mend it: a file that cannot be read, a number out of range,
/// a node that its manifest does not account for. What can be installed, models and node packs, is only noted.
struct CheckReport {
    private(set) var lines: [String] = []
    /// Workflows that are wrong.
    private(set) var wrong = 0
    private(set) var ready = 0

    init(_ folder: WorkflowFolder, on nodes: NodeList?) {
        for workflow in folder.workflows { add(workflow, nodes) }
        for fault in folder.styleFaults {
            wrong += 1
            lines.append("  fault: \(fault)")
        }
        let total = folder.workflows.count
        let against = nodes.map { "held against \($0.count) node types" } ?? "with no node list to hold them against"
        lines.append("\(total) workflows, \(ready) ready, \(wrong) wrong, \(against)")
    }

    private mutating func add(_ workflow: Workflow, _ nodes: NodeList?) {
        let findings = nodes.map { workflow.findings(on: $0) } ?? []
        let faults = workflow.reasons + findings.filter { Self.isFault($0, workflow) }.map(\.reason)
        let notes = findings.filter { !Self.isFault($0, workflow) }.map(\.reason)
        let state = !faults.isEmpty ? "wrong" : notes.isEmpty ? "ready" : "valid, not ready"
        if !faults.isEmpty { wrong += 1 } else if notes.isEmpty { ready += 1 }
        let fitted = workflow.fitted(to: [nodes])
        let names = fitted.parameters.parameters.map(\.name).joined(separator: ", ")
        lines.append("\(workflow.name): \(state)")
        lines.append("  \(workflow.isDiscovered ? "parameters found in the graph" : "parameters"): \(names)")
        lines += faults.map { "  fault: \($0)" } + notes.map { "  note: \($0)" }
    }

    /// With no manifest there is nothing that could name a pack.
    private static func isFault(_ finding: Finding, _ workflow: Workflow) -> Bool {
        switch finding.kind {
        case .wrong: true
        case .unknownNode: !workflow.isDiscovered
        case .missingPack, .missingFile: false
        }
    }
}
