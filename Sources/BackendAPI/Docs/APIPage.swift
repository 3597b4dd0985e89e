import HTTPTypes
import JSONText
import Workflows

/// `GET /docs`: the same as a page that needs no other host and no script.
enum APIPage {
    static func html(_ catalogue: WorkflowCatalogue, title: String, version: String) -> String {
        let operations = APIOperations.all(catalogue)
        var tags: [String] = []
        for operation in operations where !tags.contains(operation.tag) { tags.append(operation.tag) }
        let rooms = tags.map { tag in
            "<h2>\(escaped(tag))</h2>\n" + operations.filter { $0.tag == tag }.map(section).joined(separator: "\n")
        }
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <title>\(escaped(title))</title><style>\(style)</style></head><body>
            <h1>\(escaped(title)) <small>\(escaped(version))</small></h1>
            <p>The same for programs: <a href="openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
            \(rooms.joined(separator: "\n"))
            </body></html>

            """
    }

    private static func section(_ operation: APIOperation) -> String {
        let answers = operation.answers.map { "<dt>\($0.status)</dt><dd>\(escaped($0.meaning))</dd>" }.joined()
        return """
            <details><summary><code>\(operation.method.rawValue) \(escaped(operation.path))</code> \
            \(escaped(operation.summary))</summary>
            \(parameters(operation))\(body(operation.body))<dl>\(answers)</dl></details>
            """
    }

    private static func parameters(_ operation: APIOperation) -> String {
        guard !operation.parameters.isEmpty else { return "" }
        let rows = operation.parameters.map { parameter in
            row(parameter["name"]?.string ?? "", parameter["in"]?.string ?? "", parameter["description"]?.string ?? "")
        }
        return table(rows)
    }

    private static func body(_ schema: JSON?) -> String {
        guard let properties = schema?["properties"]?.object else { return "" }
        let required = Set(schema?["required"]?.array?.compactMap(\.string) ?? [])
        let rows = properties.map { name, schema in
            row(name, kind(schema) + (required.contains(name) ? ", required" : ""), notes(schema))
        }
        return table(rows)
    }

    private static func kind(_ schema: JSON) -> String {
        if schema["format"] == "image" { return "picture in base64" }
        guard let type = schema["type"] else { return "" }
        return type.string ?? (type.array ?? []).compactMap(\.string).filter { $0 != "null" }.joined(separator: " or ")
    }

    private static func notes(_ schema: JSON) -> String {
        var notes = [schema["description"]?.string ?? schema["title"]?.string ?? ""]
        if let low = schema["minimum"] { notes.append("from \(low.text)") }
        if let high = schema["maximum"] { notes.append("to \(high.text)") }
        if let choices = schema["enum"]?.array {
            notes.append("one of " + choices.filter { !$0.isNull }.prefix(20).map(\.text).joined(separator: ", "))
        }
        if let value = schema["default"] { notes.append("default \(value.text)") }
        return notes.filter { !$0.isEmpty }.joined(separator: "; ")
    }

    private static func row(_ name: String, _ kind: String, _ notes: String) -> String {
        "<tr><td><code>\(escaped(name))</code></td><td>\(escaped(kind))</td><td>\(escaped(notes))</td></tr>"
    }

    private static func table(_ rows: [String]) -> String { "<table>\(rows.joined())</table>\n" }

    /// Names and texts come from files that anybody may drop into the folder.
    static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.append(character)
            }
        }
    }

    private static let style = """
        body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}\
        h1 small{color:#777;font-weight:400}details{border-top:1px solid #ddd;padding:.5rem 0}summary{cursor:pointer}\
        table{border-collapse:collapse;width:100%}td{border-bottom:1px solid #eee;padding:.2rem .6rem;\
        vertical-align:top}dt{float:left;clear:left;width:3rem;font-weight:600}dd{margin-left:3.5rem}\
        @media(prefers-color-scheme:dark){body{background:#181818;color:#ddd}td,details{border-color:#333}a{color:#8bf}}
        """
}
