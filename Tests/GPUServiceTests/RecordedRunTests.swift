import Foundation
import JSONText
import Testing
import Wire

@testable import GPUService

/// What a real ComfyUI 0.3.64 said over its socket, and what its history tells of the same prompts.
@Suite struct RecordedRunTests {
    struct Run: Sendable, CustomTestStringConvertible {
        let recording: JSON
        var testDescription: String { recording["name"]?.string ?? "?" }

        var messages: [ComfyMessage] {
            (recording["frames"]?.array ?? []).compactMap { ComfyMessage(text: Array($0.text.utf8)) }
        }
        var promptID: String { messages.compactMap(\.promptID).first ?? "" }
        /// The answer of `GET /history/{id}`, which is recorded without the id around it.
        var entry: HistoryEntry? {
            HistoryEntry(promptID: promptID, answer: [promptID: recording["history"] ?? .null])
        }
    }

    static let runs: [Run] = {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("ComfySandboxTests/Recordings/runs.json")
        guard let data = try? Data(contentsOf: path), let json = try? JSON(parsing: [UInt8](data)) else { return [] }
        return (json.array ?? []).map(Run.init)
    }()

    @Test func `the recordings are there`() { #expect(Self.runs.count == 13) }

    @Test(arguments: runs) func `the socket's end asks the history, which has the truth`(run: Run) throws {
        var watch = PromptWatch(hasSocket: true)
        var decision = watch.first
        for message in run.messages where message.promptID == run.promptID {
            decision = watch.observe(.message(message))
        }
        #expect(decision == .askHistory, "the last message is the end")
        #expect(watch.hasStarted)
        let entry = try #require(run.entry)
        guard case .ended(let result) = watch.observe(.history(entry)) else {
            Issue.record("it has not ended")
            return
        }
        if run.testDescription == "g_corrupt_checkpoint" {
            let failure = #expect(throws: GenerationFailure.self) { try result.get() }
            #expect(failure?.kind == .failed)
            #expect(failure?.message.contains("/") == false, "\(failure?.message ?? "")")
        } else {
            let files = try result.get()
            let isOnlyOverTheSocket = run.testDescription.contains("websocket")
            #expect(files.isEmpty == isOnlyOverTheSocket)
        }
    }

    @Test(arguments: runs) func `progress never goes back`(run: Run) {
        var meter = ProgressMeter(graph: run.recording["submit"]?["prompt"] ?? .null)
        var last = 0.0
        for message in run.messages where meter.observe(message) {
            #expect(meter.value >= last && meter.value <= 1)
            last = meter.value
        }
    }

    @Test func `an event of no prompt is nobody's`() {
        #expect(ComfyMessage(text: Array(#"{"type":"executing","data":{"node":"3"}}"#.utf8)) == nil)
        #expect(ComfyMessage(text: Array("nonsense".utf8)) == nil)
        for frame: [UInt8] in [[], [0, 0, 0, 4], [0, 0, 0, 4, 255, 255, 255, 255, 1], [0, 0, 0, 1, 0, 0, 0, 1, 9]] {
            #expect(ComfyMessage(binary: frame) == nil)
        }
    }

    @Test func `a preview says whose it is`() {
        let data = Array(#"{"prompt_id":"p","image_type":"image/png"}"#.utf8)
        let frame = [0, 0, 0, 4, 0, 0, 0, UInt8(data.count)] + data + [1, 2, 3]
        #expect(ComfyMessage(binary: frame) == .preview(promptID: "p", mime: "image/png", image: [1, 2, 3]))
    }

    @Test func `the queue is served by its numbers, not in the order of its heap`() throws {
        let answer: JSON = [
            "queue_running": [[1, "a", [:]]], "queue_pending": [[2, "b", [:]], [9, "d", [:]], [5.5, "c", [:]]],
        ]
        let queue = try #require(QueueSnapshot(answer: answer))
        #expect(
            ["a", "b", "c", "d", "e"].map { queue.place(of: $0) } == [
                .running, .pending(ahead: 1), .pending(ahead: 2), .pending(ahead: 3), .absent,
            ])
        #expect(QueueSnapshot(answer: ["queue_running": []]) == nil)
    }

    @Test func `an interruption is told from an error by its messages alone`() {
        let status: JSON = ["status_str": "error", "messages": [["execution_interrupted", [:]]]]
        #expect(HistoryEntry(promptID: "p", answer: ["p": ["status": status]])?.end == .interrupted)
        #expect(HistoryEntry(promptID: "p", answer: [:]) == nil)
    }
}
