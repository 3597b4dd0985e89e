import Crypto
import JSONText
import Logging
import Loop
import Wire

/// Sees one prompt through one ComfyUI: looks whether it is there already, submits it, follows it to its end. What to do
/// next is decided by ``PromptWatch``; this performs it.
@LoopActor
final class PromptRun {
    let promptID: String
    private let comfyUI: ComfyUI
    private let report: @LoopActor (GenerationEvent) -> Void
    private let inbox = Inbox<PromptWatch.Event>(capacity: 1000)
    private let clock = ContinuousClock()
    private let limit: Duration?
    private var watch = PromptWatch(hasSocket: false)
    private var meter: ProgressMeter
    private var deadline: ContinuousClock.Instant?
    private var stopRequested: ContinuousClock.Instant?
    /// When ComfyUI was last asked to stop it.
    private var stopAsked = ContinuousClock.now
    /// When it was last heard of.
    private var lastSign = ContinuousClock.now

    /// A node that ignores an interruption is waited for so long.
    private static let stopPatience: Duration = .seconds(30)
    /// A request to stop it that was lost, or came before the prompt was there, is repeated after so long.
    private static let stopInterval: Duration = .seconds(5)
    /// A prompt that was silent for so long before its deadline is taken to hang rather than to be slow.
    private static let silence: Duration = .seconds(30)
    private static let socketPatience: Duration = .milliseconds(500)

    /// - Parameters:
    ///   - graph: as it is submitted.
    ///   - limit: how long it may run, from its start in ComfyUI.
    ///   - report: hears `accepted`, `started`, `progress` and `preview`.
    init(
        promptID: String, graph: JSON, limit: Duration?, on comfyUI: ComfyUI,
        report: @escaping @LoopActor (GenerationEvent) -> Void
    ) {
        self.promptID = promptID
        self.comfyUI = comfyUI
        self.limit = limit
        self.report = report
        meter = ProgressMeter(graph: graph)
    }

    /// Follows a prompt that ComfyUI has from before.
    func join() async throws -> [ComfyFile] {
        report(.accepted(promptID: promptID, found: true))
        return try await follow(PromptWatch(hasSocket: false))
    }

    /// Submits the graph and follows it.
    ///
    /// - Throws: ``GenerationFailure``; `CancellationError`.
    func submit(_ graph: JSON) async throws -> [ComfyFile] {
        let clientID = await comfyUI.socket.clientID(within: Self.socketPatience)
        if let stopped = watch.stopped { throw stopped }
        // It would take the prompt, and never run it.
        if comfyUI.isWedged { throw PromptWatch.wedged }
        let submittedUnder = clientID ?? UUID4.make()
        comfyUI.socket.listen(to: promptID, submittedUnder: submittedUnder) { [weak self] in self?.hear($0) }
        defer { comfyUI.socket.forget(promptID) }
        do {
            if let refusal = try await comfyUI.client.submit(graph, promptID: promptID, clientID: submittedUnder) {
                // A refusal with status 200 has queued the rest of the graph.
                try? await comfyUI.client.stop(promptID)
                throw refusal
            }
        } catch let lost as ComfyUIClient.NoAnswer {
            try await findAgain(after: lost)
        }
        report(.accepted(promptID: promptID, found: false))
        stopIfAsked()
        // A connection that broke while the prompt was submitted hears nothing of it.
        return try await follow(PromptWatch(hasSocket: comfyUI.socket.clientID == submittedUnder))
    }

    /// A submit whose answer was lost is looked for, never repeated.
    private func findAgain(after lost: ComfyUIClient.NoAnswer) async throws {
        comfyUI.logger.warning("The answer to a submit was lost", metadata: ["reason": .string(lost.reason)])
        for pause: Duration in [.zero, .milliseconds(500)] where lost.mayHaveActed {
            try await sleep(for: pause)
            if (try? await comfyUI.client.has(promptID)) == true { return }
        }
        throw GenerationFailure(.unavailable, "ComfyUI cannot be reached.", detail: lost.reason)
    }

    /// Asks ComfyUI to stop the prompt, at each call once more; the end comes through the following.
    func stop(_ reason: PromptWatch.Stop) {
        if watch.stop == nil {
            watch.stop = reason
            stopRequested = clock.now
        }
        askToStop()
    }

    private func askToStop() {
        stopAsked = clock.now
        loopTask { [comfyUI, promptID, inbox] in
            try? await comfyUI.client.stop(promptID)
            inbox.put(.waited)
        }
    }

    /// What asked for the stop while the prompt was submitted may have overtaken it, and found nothing.
    private func stopIfAsked() {
        guard watch.stop != nil else { return }
        stopRequested = clock.now
        askToStop()
    }

    // MARK: Following

    private func follow(_ watch: PromptWatch) async throws -> [ComfyFile] {
        comfyUI.follows(self)
        defer { comfyUI.followsNoMore(self) }
        do {
            return try await followToItsEnd(watch)
        } catch let failure as GenerationFailure where failure.kind == .memory {
            // What is loaded goes, so that the next try finds room.
            try? await comfyUI.client.free()
            throw failure
        }
    }

    /// ComfyUI is wedged: the prompt is taken out of its queue if that still works, and goes to another.
    func moveOn() {
        inbox.put(.wedged)
        loopTask { [comfyUI, promptID] in try? await comfyUI.client.stop(promptID) }
    }

    private func followToItsEnd(_ watch: PromptWatch) async throws -> [ComfyFile] {
        let stop = self.watch.stop
        self.watch = watch
        self.watch.stop = stop
        var decision = watch.first
        while true {
            if self.watch.hasStarted { begin() }
            switch decision {
            case .ended(let result): return try result.get()
            case .askHistory: decision = self.watch.observe(await askHistory())
            case .askQueue: decision = self.watch.observe(await askQueue())
            case .wait(let time): decision = self.watch.observe(try await wait(time))
            }
        }
    }

    private func askHistory() async -> PromptWatch.Event {
        do throws(ComfyUIClient.NoAnswer) {
            return .history(try await comfyUI.client.history(of: promptID))
        } catch { return .unanswered(error.silence) }
    }

    private func askQueue() async -> PromptWatch.Event {
        do throws(ComfyUIClient.NoAnswer) {
            return .queue(try await comfyUI.client.queue().place(of: promptID))
        } catch { return .unanswered(error.silence) }
    }

    /// Waits for a message, no longer than the deadline allows.
    private func wait(_ time: Duration) async throws -> PromptWatch.Event {
        var time = time
        if let stopRequested {
            let left = Self.stopPatience - (clock.now - stopRequested)
            if left <= .zero {
                let failure = watch.givenUp(isSilent: isSilent)
                comfyUI.didNotStop(promptID)
                throw failure
            }
            if clock.now - stopAsked >= Self.stopInterval { askToStop() }
            time = min(time, left, Self.stopInterval)
        } else if let deadline {
            let left = deadline - clock.now
            if left <= .zero { stop(isSilent ? .stalled : .deadline) } else { time = min(time, left) }
        }
        return try await inbox.next(within: max(time, .milliseconds(1))) ?? .waited
    }

    /// Whether nothing was heard of it for so long that it seems to hang. Without a socket nothing is ever heard.
    private var isSilent: Bool { comfyUI.socket.clientID != nil && clock.now - lastSign > Self.silence }

    private func begin() {
        guard deadline == nil else { return }
        deadline = limit.map { clock.now + $0 } ?? clock.now + .seconds(86_400)
        lastSign = clock.now
        report(.started)
    }

    /// From the socket. Progress and previews go out at once; the rest is for the watch.
    private func hear(_ event: PromptWatch.Event) {
        guard case .message(let message) = event else { return inbox.put(event) }
        lastSign = clock.now
        if meter.observe(message) { report(.progress(meter.value)) }
        switch message {
        case .preview(_, let mime, let image): report(.preview(mime: mime, base64: Base64.encode(image)))
        case .progress, .status, .executionCached: break
        case .executing(_, .some): break
        default: inbox.put(event)
        }
    }
}

extension PromptWatch {
    /// The end of a prompt that does not answer to its interruption. One that was silent since hangs, and with it its
    /// ComfyUI: another may do better.
    func givenUp(isSilent: Bool) -> GenerationFailure {
        switch stop {
        case .deadline where !isSilent: GenerationFailure(.deadline, "The generation took longer than it may.")
        case .deadline, .stalled: GenerationFailure(.transient, "ComfyUI stopped working on this.")
        default: .cancelled
        }
    }
}
