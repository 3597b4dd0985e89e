import JSONText
import Loop
import TestSupport
import Testing

@testable import ComfySandbox

/// Every recorded run tells the recorded events in the recorded order, and leaves the recorded history.
@Suite struct RunReplayTests {
    init() { startLoop() }

    @Test func `the recorded prompts tell the recorded events in order`() async throws {
        try #require(Recordings.runs.count == 13)
        try await RunningSandbox.with { sandbox in
            let upload = try #require(Recordings.http.first { $0["name"] == "upload_new" })
            _ = try await sandbox.raw(upload["head"]?.string ?? "", Recordings.body(upload))
            for run in Recordings.runs { try await Self.replay(run, on: sandbox) }
        }
    }

    @LoopActor
    private static func replay(_ run: JSON, on sandbox: RunningSandbox) async throws {
        let name = run["name"]?.string ?? ""
        let socket = try await sandbox.socket(run["url"]?.string ?? "")
        var messages = [try await socket.next()]
        if let words = run["says"]?.string {
            try await socket.send(words)
            messages.append(try await socket.next())
        }
        let answer = try await sandbox.post("/prompt", run["submit"] ?? .null)
        let id = try #require(answer.json?["prompt_id"]?.string, "\(name): \(answer.text)")
        messages += try await socket.messagesUntilEnd()
        await socket.close()
        compare(messages, run["frames"]?.array ?? [], name)
        let history = try await sandbox.json("/history/\(id)")
        let difference = Shape.difference(history[id] ?? .null, run["history"] ?? .null)
        // Which of two ready nodes runs first is chance in ComfyUI, and so is the order in which it names them.
        #expect(difference == nil, "\(name): history")
    }

    private static func compare(_ messages: [TestSocket.Message], _ recorded: [JSON], _ name: String) {
        let own = messages.map(summary)
        let theirs = recorded.map { summary($0) }
        #expect(own == theirs, "\(name)")
        for (message, frame) in zip(messages, recorded) {
            guard let data = message.data, let wanted = frame["data"], message.type != "progress_state" else {
                continue
            }
            #expect(Shape.difference(data, wanted) == nil, "\(name): \(message.type ?? "")")
        }
    }

    /// A message without the names that differ from run to run.
    private static func summary(_ message: TestSocket.Message) -> String {
        switch message {
        case .event(let json): return summary(json)
        case .binary(let bytes):
            let words = stride(from: 0, to: 8, by: 4).map { bytes[$0..<$0 + 4].reduce(0) { $0 << 8 | Int($1) } }
            if words[0] == 1 { return "binary 1 format \(words[1])" }
            let metadata = try? JSON(parsing: Array(bytes[8..<8 + words[1]]))
            return "binary \(words[0]) " + (metadata?.object?.keys.joined(separator: " ") ?? "")
        }
    }

    private static func summary(_ json: JSON) -> String {
        if let kind = json["binary"]?.int {
            return kind == 1
                ? "binary 1 format \(json["format"]?.int ?? 0)"
                : "binary \(kind) " + (json["metadata"]?.object?.keys.joined(separator: " ") ?? "")
        }
        let (type, data) = (json["type"]?.string ?? "?", json["data"] ?? .null)
        switch type {
        case "progress_state":
            let states = (data["nodes"]?.object ?? [:]).map { _, state in
                "\(state["value"]?.text ?? "")/\(state["max"]?.text ?? "") \(state["state"]?.string ?? "")"
            }
            return type + " " + states.joined(separator: ", ")
        case "progress": return "progress \(data["value"]?.text ?? "")/\(data["max"]?.text ?? "")"
        case "status": return "status \(data["status"]?.text ?? "")"
        case "execution_cached":
            return "cached " + (data["nodes"]?.array ?? []).compactMap(\.string).sorted().joined(separator: " ")
        case "executing": return "executing" + (data["node"] == .null ? " nothing" : "")
        default: return type
        }
    }
}
