import JSONText
import Wire

/// Puts into words what went wrong inside ComfyUI. Its own texts hold paths and inputs of the server, so the end user
/// gets a sentence made here, and the log gets ComfyUI's text with the paths taken out.
enum RuntimeFailure {
    /// - Parameter data: the data of an `execution_error`: node, exception's type and message, inputs, traceback.
    static func failure(executionError data: JSON) -> GenerationFailure {
        let type = data["exception_type"]?.string ?? "error"
        let text = data["exception_message"]?.string ?? ""
        let place = "node \(data["node_id"]?.string ?? "?") (\(data["node_type"]?.string ?? "?"))"
        let detail = Redaction.redact("\(place): \(type): \(text)")
        if isOutOfMemory(type: type, text: text) {
            return GenerationFailure(.memory, "The GPU had not enough memory for this at \(place).", detail: detail)
        }
        let shortType = Redaction.redact(type.split(separator: ".").last.map(String.init) ?? type, limit: 60)
        return GenerationFailure(.failed, "The workflow failed at \(place): \(shortType).", detail: detail)
    }

    private static func isOutOfMemory(type: String, text: String) -> Bool {
        let both = "\(type) \(text)".lowercased()
        return both.contains("outofmemory") || both.contains("out of memory") || both.contains("allocation on device")
    }
}

/// Puts into words why ComfyUI did not take a prompt (`POST /prompt`).
enum Refusal {
    /// - Parameters:
    ///   - status: 400 for a graph that it has judged; 500 with plain text for one that it could not read.
    ///   - body: JSON with `error` and `node_errors`, or null for anything else.
    static func failure(status: Int, body: JSON) -> GenerationFailure {
        let causes = nodeErrors(body["node_errors"] ?? .null)
        let type = body["error"]?["type"]?.string ?? "status \(status)"
        let summary = body["error"]?["message"]?.string ?? ""
        let said = causes.isEmpty ? [Redaction.redact("\(summary) (\(type))")] : causes
        let message = "ComfyUI refused the workflow: \(said.prefix(5).joined(separator: "; "))."
        return GenerationFailure(.input, message, detail: Redaction.redact("\(type): \(said.joined(separator: "; "))"))
    }

    /// A 200 can carry node errors too: the part of the graph that was bad is left out in silence.
    static func nodeErrors(_ errors: JSON) -> [String] {
        (errors.object ?? [:]).flatMap { node, value in
            (value["errors"]?.array ?? []).map { error in
                sentence(node: node, classType: value["class_type"]?.string ?? "?", error)
            }
        }
    }

    private static func sentence(node: String, classType: String, _ error: JSON) -> String {
        let message = Redaction.redact(error["message"]?.string ?? error["type"]?.string ?? "error", limit: 120)
        let info = error["extra_info"]
        let input = info?["input_name"]?.string.map { " of \"\($0)\"" } ?? ""
        let given = info?["received_value"].flatMap(short).map { ", given \($0)" } ?? ""
        return Redaction.redact("node \(node) (\(classType))\(input): \(message)\(given)", limit: 240)
    }

    private static func short(_ value: JSON) -> String? {
        switch value {
        case .string, .integer, .unsigned, .double, .bool: Redaction.redact(value.text, limit: 80)
        default: nil
        }
    }
}
