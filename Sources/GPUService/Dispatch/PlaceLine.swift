import Loop
import Wire
import Workflows

/// Where generations wait for room on a ComfyUI: one line for all of them. Whoever has waited longest, of those that a
/// free slot is any good to, gets it.
@LoopActor
final class PlaceLine {
    private let comfyUIs: [ComfyUI]
    /// In the order in which they came.
    private var waiting: [Waiter] = []

    @LoopActor
    private final class Waiter {
        let generation: Generation
        let workflow: Workflow
        let event = LoopEvent()
        var outcome: Result<ComfyUI, GenerationFailure>?

        init(_ generation: Generation, _ workflow: Workflow) {
            (self.generation, self.workflow) = (generation, workflow)
        }
    }

    init(_ comfyUIs: [ComfyUI]) {
        self.comfyUIs = comfyUIs
        for comfyUI in comfyUIs { comfyUI.onRoom = { [weak self] in self?.serve() } }
    }

    /// How many wait.
    var count: Int { waiting.count }

    /// Of the ComfyUIs that can run it the one with the least to do, its slot taken.
    ///
    /// - Throws: ``GenerationFailure`` when no ComfyUI that is there can run it, or it is cancelled;
    ///   `CancellationError`.
    func place(_ generation: Generation, of workflow: Workflow) async throws -> ComfyUI {
        let waiter = Waiter(generation, workflow)
        waiting.append(waiter)
        generation.onStop = { [weak self] in self?.serve() }
        defer { generation.onStop = {} }
        serve()
        do { try await waiter.event.wait() } catch {
            waiting.removeAll { $0 === waiter }
            // What it was given is the next one's.
            if case .success(let comfyUI) = waiter.outcome { comfyUI.freeSlot() }
            throw error
        }
        guard let outcome = waiter.outcome else { throw CancellationError() }
        return try outcome.get()
    }

    /// Gives what room there is to those who wait, and lets go who waits in vain.
    private func serve() {
        for waiter in waiting {
            waiter.outcome = outcome(for: waiter)
            if waiter.outcome != nil { waiter.event.signal() }
        }
        waiting.removeAll { $0.outcome != nil }
    }

    /// Nil: it waits on.
    private func outcome(for waiter: Waiter) -> Result<ComfyUI, GenerationFailure>? {
        if waiter.generation.stopReason != nil { return .failure(.cancelled) }
        let there = comfyUIs.filter(\.isAvailable)
        guard !there.isEmpty else { return .failure(GenerationFailure(.unavailable, "No ComfyUI answers.")) }
        let able = there.filter { $0.canRun(waiter.workflow) }
        guard !able.isEmpty else {
            return .failure(
                GenerationFailure(.unavailable, "No ComfyUI that answers has what the workflow needs."))
        }
        guard let best = able.filter(\.hasSlot).min(by: { $0.load < $1.load }) else { return nil }
        best.takeSlot()
        return .success(best)
    }
}

extension GenerationFailure {
    static var cancelled: GenerationFailure { GenerationFailure(.cancelled, "The generation was cancelled.") }
}
