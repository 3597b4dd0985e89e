import JSONText

/// A prompt that has been accepted.
struct QueuedPrompt: Sendable {
    /// As the client sees it: an integer of the counter's, or the double that it sent.
    let number: JSON
    let id: String
    let graph: PromptGraph
    let extraData: JSON
    /// The outputs that passed validation.
    let outputs: [String]

    /// Whoever gets the events; nil when the prompt names nobody.
    var client: String? { extraData["client_id"].flatMap { $0.isNull ? nil : PythonText.str($0) } }

    /// The five elements that `/queue` and `/history` show.
    var json: JSON {
        [number, .string(id), .object(graph.json), extraData, .array(outputs.map(JSON.string))]
    }
}

/// What waits and what runs. The lowest number goes first, then the lower id.
struct PromptQueue: Sendable {
    /// The number of the next prompt that brings none.
    private(set) var counter = 0
    private(set) var pending: [QueuedPrompt] = []
    private(set) var running: QueuedPrompt?

    var remaining: Int { pending.count + (running == nil ? 0 : 1) }

    /// `GET /queue`.
    var json: JSON {
        ["queue_running": .array(running.map { [$0.json] } ?? []), "queue_pending": .array(pending.map(\.json))]
    }

    /// The number for a new prompt. The counter moves on also where the prompt is refused later.
    mutating func number(isFront: Bool) -> Int {
        defer { counter += 1 }
        return isFront ? -counter : counter
    }

    /// - Returns: false when ComfyUI would stumble: two prompts with one number and one id cannot be put in order. The
    ///   prompt is queued all the same.
    mutating func add(_ prompt: QueuedPrompt) -> Bool {
        let isDouble = pending.contains { $0.id == prompt.id && $0.number.double == prompt.number.double }
        pending.append(prompt)
        pending.sort { ($0.number.double ?? 0, $0.id) < ($1.number.double ?? 0, $1.id) }
        return !isDouble
    }

    mutating func take() -> QueuedPrompt? {
        guard running == nil, !pending.isEmpty else { return nil }
        running = pending.removeFirst()
        return running
    }

    mutating func finishRunning() { running = nil }

    /// - Returns: whether there was one.
    mutating func delete(_ id: String) -> Bool {
        guard let place = pending.firstIndex(where: { $0.id == id }) else { return false }
        pending.remove(at: place)
        return true
    }

    mutating func clear() { pending = [] }
}
