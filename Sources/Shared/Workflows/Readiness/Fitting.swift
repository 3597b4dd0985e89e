extension Workflow {
    /// What keeps it from running on a ComfyUI with these nodes and models; empty when nothing does, or when it could
    /// not run anywhere: then ``reasons`` say why.
    public func findings(on nodes: NodeList) -> [Finding] {
        guard let graph, isReady else { return [] }
        return Readiness(graph.completed(for: nodes), fittedManifest(nodes), on: nodes).findings
    }

    /// Whether a ComfyUI can run it; one whose nodes are not known may.
    public func canRun(on nodes: NodeList?) -> Bool {
        nodes.map { findings(on: $0).isEmpty } ?? true
    }

    /// The workflow as it is where these ComfyUIs are: ready when one of them can run it, with what is known of the
    /// nodes there in the parameters that were found in the graph, and with the inputs that its nodes have got since it
    /// was exported. Its version stays.
    ///
    /// - Parameter places: for each ComfyUI its nodes, nil where they are not known; empty when there is no ComfyUI,
    ///   and then nothing is known.
    public func fitted(to places: [NodeList?]) -> Workflow {
        guard graph != nil, isReady else { return self }
        var fewest: (findings: [Finding], nodes: NodeList)?
        for nodes in places {
            guard let nodes else { return self }
            let findings = findings(on: nodes)
            if findings.isEmpty { return withParameters(of: nodes) }
            if findings.count < fewest?.findings.count ?? .max { fewest = (findings, nodes) }
        }
        guard let fewest else { return self }
        var fitted = withParameters(of: fewest.nodes)
        fitted.reasons = fewest.findings.map(\.reason)
        return fitted
    }

    private func withParameters(of nodes: NodeList) -> Workflow {
        var fitted = self
        fitted.manifest = fittedManifest(nodes)
        fitted.graph = graph?.completed(for: nodes)
        return fitted
    }

    private func fittedManifest(_ nodes: NodeList) -> Manifest {
        guard isDiscovered, let graph else { return manifest }
        let found = Discovery(graph: graph, nodes: nodes).manifest
        // A node list so odd that its ranges make no schema leaves the parameters as the graph alone has them.
        return found.faults.isEmpty ? found.manifest : manifest
    }
}
