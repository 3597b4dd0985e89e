import Crypto
import Images
import JSONText
import Loop

/// One prompt while it runs.
@LoopActor
final class PromptRun {
    let prompt: QueuedPrompt
    let events: PromptEvents
    /// Whether a node really ran.
    private(set) var hasWorked = false

    private let worker: Worker
    private let catalogue: NodeCatalogue
    private let runner: NodeRunner
    private var book: ProgressBook
    private var signatures: [String: String] = [:]
    private var executed: [String] = []
    private var stepsDone = 0
    private var entry: HistoryEntry

    private struct Interrupted: Error {}

    init(_ prompt: QueuedPrompt, on worker: Worker, catalogue: NodeCatalogue) {
        self.prompt = prompt
        self.worker = worker
        self.catalogue = catalogue
        events = PromptEvents(promptID: prompt.id, client: prompt.client)
        book = ProgressBook(promptID: prompt.id)
        entry = HistoryEntry(prompt: prompt)
        let extra = prompt.extraData["extra_pnginfo"]?.object ?? [:]
        runner = NodeRunner(
            files: worker.files, metadata: .init(prompt: .object(prompt.graph.json), extra: extra))
    }

    /// Runs it to its end, whichever that is; the last message of the entry tells of the end and is not sent yet.
    /// - Throws: only when the sandbox is stopped.
    func run() async throws -> HistoryEntry {
        tell(events.start(at: SandboxState.now))
        try await sign()
        let cached = prompt.graph.ids.filter { signatures[$0].flatMap { worker.cache[$0] } != nil }
        worker.cache.keepOnly(signatures.values)
        tell(events.cached(cached, at: SandboxState.now))
        for id in ExecutionOrder.plan(prompt.graph, outputs: prompt.outputs, cached: Set(cached)) {
            guard try await step(id) else { return entry }
        }
        entry.messages.append(events.success(at: SandboxState.now))
        return entry
    }

    private func tell(_ event: Event) {
        entry.messages.append(event)
        worker.hub.send(event)
    }

    private func sign() async throws {
        let (graph, files) = (prompt.graph, worker.files)
        signatures = try await offLoop {
            NodeSignatures.all(graph) { name, input, value in
                guard name.hasPrefix("LoadImage"), input == "image", let file = value.string,
                    let path = files.annotatedPath(file)
                else { return nil }
                return FileStore.read(path).map { SHA256.hash($0).hex }
            }
        }
    }

    // MARK: Nodes

    /// - Returns: false when the prompt ends here.
    private func step(_ id: String) async throws -> Bool {
        guard let name = prompt.graph.classType(of: id),
            let definition = catalogue.definition(name, in: prompt.graph, id: id)
        else { return true }
        let call = call(id, definition)
        if let known = worker.cache[call.signature] {
            nameAgain(call, known)
            return true
        }
        do {
            try await run(call)
            return true
        } catch let failure as NodeFailure {
            end(events.error(failure, in: call, executed: executed, all: prompt.graph.ids, at: SandboxState.now))
        } catch is Interrupted {
            end(events.interrupted(node: id, type: name, executed: executed, at: SandboxState.now))
        }
        return false
    }

    private func end(_ event: Event) {
        entry.isSuccess = false
        entry.messages.append(event)
    }

    /// An output whose result was there is told of again, with the files of that time.
    private func nameAgain(_ call: NodeCall, _ known: NodeResult) {
        worker.hub.send(events.executed(call.id, output: known.ui.map(JSON.object) ?? .null))
        if let ui = known.ui { entry.outputs[call.id] = .object(ui) }
        book.finishCached(call.id)
        worker.hub.send(events.progressState(book.json))
    }

    private func call(_ id: String, _ definition: NodeDefinition) -> NodeCall {
        let inputs = (prompt.graph.inputs(of: id) ?? [:]).map { name, value -> (name: String, input: NodeCall.Input) in
            guard let link = Link(value), let result = signatures[link.node].flatMap({ worker.cache[$0] }) else {
                return (name, .literal(value))
            }
            let slot = min(max(0, link.slot), result.outputs.count - 1)
            return (name, result.outputs.indices.contains(slot) ? .value(result.outputs[slot]) : .literal(.null))
        }
        return NodeCall(id: id, definition: definition, inputs: inputs, signature: signatures[id] ?? id)
    }

    private func run(_ call: NodeCall) async throws {
        book.start(call.id)
        worker.hub.send(events.progressState(book.json))
        worker.hub.current = (prompt.client, call.id)
        worker.hub.send(events.executing(call.id))
        if executed.isEmpty { try await fail(at: 0) }
        try checkInterrupt()
        if StandIns.isSampler(call) { try await sample(call) }
        hasWorked = true
        let result = try await offLoop { [runner] in try runner.run(call) }
        sendFrames(of: result, call)
        worker.cache[call.signature] = result
        executed.append(call.id)
        if let ui = result.ui {
            worker.hub.send(events.executed(call.id, output: .object(ui)))
            entry.outputs[call.id] = .object(ui)
        }
        book.finish(call.id)
        worker.hub.send(events.progressState(book.json))
    }

    /// `SaveImageWebsocket` counts its pictures as steps, the first being 0.
    private func sendFrames(of result: NodeResult, _ call: NodeCall) {
        for (place, image) in result.frames.enumerated() {
            let frame = PreviewFrame(format: .png, image: image, node: call.id, promptID: prompt.id)
            tick(call, place, of: result.frames.count, frame)
        }
    }

    // MARK: Steps

    private func sample(_ call: NodeCall) async throws {
        let steps = StandIns.steps(call)
        let final = try await preview(call)
        for step in 1...steps {
            try await sleep(for: worker.stepTime)
            try checkInterrupt()
            tick(call, step, of: steps, try await frame(of: final, step, of: steps, call))
            stepsDone += 1
            try await fail(at: stepsDone)
        }
    }

    private func tick(_ call: NodeCall, _ value: Int, of maximum: Int, _ frame: PreviewFrame?) {
        book.update(call.id, value, of: maximum)
        worker.hub.send(events.progressState(book.json))
        worker.hub.send(events.progress(value, of: maximum, node: call.id), with: frame)
    }

    /// The last preview, small; nil when nobody would see it.
    private func preview(_ call: NodeCall) async throws -> Raster? {
        guard worker.hub.isHeard(.followers(prompt.client)) else { return nil }
        return try await offLoop {
            let picture = try StandIns.lineage(call).pictures().first?.raster
            return try picture.map { try $0.small(side: 256) }
        }
    }

    private func frame(of final: Raster?, _ step: Int, of steps: Int, _ call: NodeCall) async throws -> PreviewFrame? {
        guard let final else { return nil }
        let image = try await offLoop { try final.faded(step, of: steps).encode(as: .jpeg(quality: 75)) }
        return PreviewFrame(format: .jpeg, image: image, node: call.id, promptID: prompt.id)
    }

    private func checkInterrupt() throws {
        guard worker.state.isInterrupted else { return }
        worker.state.isInterrupted = false
        throw Interrupted()
    }

    // MARK: Faults

    /// Does what was asked for when so many steps are done.
    private func fail(at step: Int) async throws {
        let state = worker.state
        if state.fault(.dropSockets, prompt: prompt, step: step) != nil { worker.hub.dropAll() }
        if state.fault(.freeze, prompt: prompt, step: step) != nil { try await state.waitUntilCleared() }
        if state.fault(.die, prompt: prompt, step: step) != nil { worker.die() }
        if state.fault(.oom, prompt: prompt, step: step) != nil { throw NodeFailure.outOfMemory }
        if let fault = state.fault(.error, prompt: prompt, step: step) { throw NodeFailure("RuntimeError", fault.mode) }
    }
}

extension Raster {
    /// Shrunk by a whole factor until its longer side is about this long.
    func small(side: Int) throws -> Raster {
        let factor = max(1, max(width, height) / side)
        return try scaled(toWidth: max(1, width / factor), height: max(1, height / factor), method: .nearest)
    }

    /// Grey at first, itself at the last step.
    func faded(_ step: Int, of steps: Int) throws -> Raster {
        let colour = try converted(toChannels: 3)
        return try Raster.solid(width: width, height: height, colour: [128, 128, 128])
            .blended(with: colour, factor: Double(step) / Double(max(1, steps)), mode: .normal)
    }
}
