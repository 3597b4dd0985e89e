import JSONText
import Testing
import Wire

@testable import GPUService

/// Each order of events in which a prompt can end, or seem to.
@Suite struct PromptWatchTests {
    private let entry = HistoryEntry(end: .success, files: [])

    private func decisions(_ events: [PromptWatch.Event], hasSocket: Bool = true) -> [PromptWatch.Decision] {
        var watch = PromptWatch(hasSocket: hasSocket)
        return events.map { watch.observe($0) }
    }

    @Test func `the end over the socket asks the history, and that is the truth`() {
        let end = decisions([.message(.executing(promptID: "p", node: nil)), .history(entry)])
        #expect(end == [.askHistory, .ended(.success([]))])
    }

    @Test func `a prompt is lost only after history, queue and history, twice`() {
        let end = decisions([
            .waited, .history(nil), .queue(.absent), .history(nil), .waited, .history(nil), .queue(.absent),
            .history(nil),
        ])
        #expect(
            end.dropLast() == [
                .askHistory, .askQueue, .askHistory, .wait(PromptWatch.pauseBeforeLost), .askHistory, .askQueue,
                .askHistory,
            ])
        guard case .ended(.failure(let failure)) = end.last else {
            Issue.record("not ended")
            return
        }
        #expect(failure.kind == .lost)
    }

    @Test func `a prompt that ends between two questions is found in the history`() {
        #expect(decisions([.waited, .history(nil), .queue(.absent), .history(entry)]).last == .ended(.success([])))
    }

    @Test func `without a socket it is asked about often`() {
        #expect(decisions([.socketDown, .history(nil), .queue(.running)]).last == .wait(PromptWatch.pollWithoutSocket))
    }

    @Test func `a ComfyUI that is gone is given up, and no attempt is used up`() {
        let events = Array(repeating: PromptWatch.Event.unanswered(.refused), count: PromptWatch.maxRefusals)
        guard case .ended(.failure(let failure)) = decisions(events).last else {
            Issue.record("not ended")
            return
        }
        #expect(failure.kind == .unavailable)
    }

    @Test func `a server's path does not get out`() {
        let data: JSON = [
            "node_id": "3", "node_type": "KSampler", "exception_type": "builtins.ValueError",
            "exception_message": "cannot open /srv/comfy/models/x.bin (see 'C:\\models\\y')\n",
        ]
        let failure = RuntimeFailure.failure(executionError: data)
        for text in [failure.message, failure.detail] { #expect(!text.contains("/srv") && !text.contains("C:\\")) }
        #expect(failure.message.contains("node 3 (KSampler)"))
    }

    @Test func `no memory on the GPU may pass`() {
        let failure = RuntimeFailure.failure(executionError: ["exception_type": "torch.OutOfMemoryError"])
        #expect(failure.kind == .memory)
    }

    @Test func `a ComfyUI that answers and does no work lets the prompt go, and no attempt is used up`() {
        guard case .ended(.failure(let failure)) = decisions([.waited, .history(nil), .wedged]).last else {
            Issue.record("not ended")
            return
        }
        #expect(failure.kind == .unavailable)
    }

    @Test(arguments: [
        (PromptWatch.Stop.cancelled, GenerationFailure.Kind.cancelled), (.deadline, .deadline), (.stalled, .transient),
    ])
    func `an interruption of ours is told by its reason`(stop: PromptWatch.Stop, kind: GenerationFailure.Kind) {
        var watch = PromptWatch(hasSocket: true)
        watch.stop = stop
        let interrupted = HistoryEntry(end: .interrupted, files: [])
        guard case .ended(.failure(let failure)) = watch.observe(.history(interrupted)) else {
            Issue.record("not ended")
            return
        }
        #expect(failure.kind == kind)
    }

    @Test func `an interruption that came too late is a success`() {
        var watch = PromptWatch(hasSocket: true)
        watch.stop = .cancelled
        #expect(watch.observe(.history(entry)) == .ended(.success([])))
    }

    @Test func `a prompt that hangs is not one that is slow`() {
        var watch = PromptWatch(hasSocket: true)
        watch.stop = .deadline
        #expect(watch.givenUp(isSilent: false).kind == .deadline)
        #expect(watch.givenUp(isSilent: true).kind == .transient)
    }
}
