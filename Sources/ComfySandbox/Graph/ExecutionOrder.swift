/// In which order the nodes of a prompt run.
enum ExecutionOrder {
    /// The nodes to run or to name again, each after what it needs.
    ///
    /// Only what an output needs is there. A node whose result is in the cache is left out with all before it, except
    /// for an output: that one is named again. Of those that could run, an output comes first, then one that feeds an
    /// output, then the first of the graph: so a client sees results early.
    static func plan(_ graph: PromptGraph, outputs: [String], cached: Set<String>) -> [String] {
        var needs: [String: Set<String>] = [:]
        var frontier = outputs
        while let id = frontier.popLast() {
            guard needs[id] == nil else { continue }
            let sources = cached.contains(id) ? [] : graph.links(of: id).map(\.link.node)
            needs[id] = Set(sources.filter { !cached.contains($0) })
            frontier += sources.filter { !cached.contains($0) }
        }
        return sort(graph.ids.filter { needs[$0] != nil }, needs: needs, outputs: Set(outputs))
    }

    private static func sort(_ ids: [String], needs: [String: Set<String>], outputs: Set<String>) -> [String] {
        let feeders = Set(outputs.flatMap { needs[$0] ?? [] })
        var waiting = ids
        var done: Set<String> = []
        var order: [String] = []
        while !waiting.isEmpty {
            let ready = waiting.filter { needs[$0]?.isSubset(of: done) ?? true }
            let chosen = ready.first { outputs.contains($0) } ?? ready.first { feeders.contains($0) } ?? ready.first
            guard let chosen else { return order }
            order.append(chosen)
            done.insert(chosen)
            waiting.removeAll { $0 == chosen }
        }
        return order
    }
}
