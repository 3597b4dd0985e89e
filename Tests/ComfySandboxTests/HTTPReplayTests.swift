import JSONText
import Loop
import TestSupport
import Testing

@testable import ComfySandbox

/// Every recorded request gets the recorded answer.
@Suite struct HTTPReplayTests {
    init() { startLoop() }

    @Test func `the recorded requests get the recorded answers`() async throws {
        try #require(Recordings.http.count > 100)
        try await RunningSandbox.with { sandbox in
            for recording in Recordings.http {
                let name = recording["name"]?.string ?? ""
                let answer = try await sandbox.raw(recording["head"]?.string ?? "", Recordings.body(recording))
                Self.compare(answer, recording["response"] ?? .null, name)
            }
        }
    }

    private static func compare(_ answer: RawAnswer, _ recorded: JSON, _ name: String) {
        #expect(answer.status == recorded["status"]?.int, "\(name)")
        for (header, value) in recorded["headers"]?.object ?? [:] where header != "Allow" {
            // Header values beyond ASCII were recorded as Latin-1.
            guard value.string?.utf8.allSatisfy({ $0 < 128 }) ?? false else { continue }
            #expect(answer.headers[header.lowercased()] == value.string, "\(name): \(header)")
        }
        if let text = recorded["text"]?.string, name != "head_system_stats" { #expect(answer.text == text, "\(name)") }
        if name.hasPrefix("view_"), recorded["headers"]?["Accept-Ranges"] != nil {
            #expect(answer.body.count == recorded["bytes"]?.int, "\(name)")
        }
        guard let json = recorded["json"] else { return }
        guard let own = answer.json else { return #expect(Bool(false), "\(name): no JSON: \(answer.text)") }
        // The sandbox has other model files than the machine that was recorded.
        if name == "prompt_missing_ckpt" { return compareIssue(own, json) }
        let difference = Shape.difference(stripped(own), stripped(json))
        #expect(difference == nil, "\(name)")
        if answer.status == 400 || name.hasPrefix("upload_") { #expect(stripped(own) == stripped(json), "\(name)") }
    }

    private static func compareIssue(_ own: JSON, _ recorded: JSON) {
        #expect(own["error"] == recorded["error"])
        for member in ["type", "message"] {
            let path = { (json: JSON) in json["node_errors"]?["4"]?["errors"]?[0]?[member] }
            #expect(path(own) != nil && path(own) == path(recorded))
        }
    }

    /// Without what depends on the machine, and with what Python leaves to chance in one order.
    private static func stripped(_ value: JSON) -> JSON {
        switch value {
        case .array(let elements):
            let stripped = elements.map(stripped)
            let isSorted = stripped.allSatisfy { $0.string != nil || $0["type"] != nil }
            return .array(isSorted ? stripped.sorted { $0.text < $1.text } : stripped)
        case .object(let members):
            return .object(
                JSONObject(
                    members.map { ($0.key, $0.key == "traceback" || $0.key == "argv" ? [] : stripped($0.value)) }))
        default: return value
        }
    }
}
