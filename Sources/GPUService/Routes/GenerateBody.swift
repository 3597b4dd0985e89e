import Crypto
import HTTP
import HTTPTypes
import JSONText
import Loop
import Wire
import Workflows

/// A 422 in FastAPI's shape: every fault at once.
struct Unprocessable: HTTPResponseError {
    let faults: [Fault]

    var response: Response { .json(Fault.detail(faults), status: .unprocessableContent) }
}

/// Reads the body of `POST /generate`.
enum GenerateBody {
    /// - Throws: ``Unprocessable``.
    static func request(from json: JSON) throws(Unprocessable) -> GenerateRequest {
        guard json.object != nil else {
            throw Unprocessable(
                faults: [
                    Fault(
                        type: "model_attributes_type", loc: ["body"],
                        msg: "Input should be a valid dictionary or object to extract fields from", input: json)
                ])
        }
        var reader = FieldReader(json: json)
        let request = GenerateRequest(
            workflow: reader.required("workflow", .string, \.string) ?? "",
            version: reader.optional("version", .string, \.string),
            params: reader.object("params") ?? [:],
            taskID: reader.optional("task_id", .string, \.string),
            attempt: reader.optional("attempt", .integer, \.int) ?? 1,
            secondsLeft: reader.optional("seconds_left", .number, \.double),
            secondsAnew: reader.optional("seconds_anew", .number, \.double),
            previews: reader.optional("previews", .boolean, \.bool) ?? false)
        reader.check(request)
        guard reader.faults.isEmpty else { throw Unprocessable(faults: reader.faults) }
        return request
    }
}

/// Takes typed members out of an object and notes what is wrong.
private struct FieldReader {
    let json: JSON
    var faults: [Fault] = []

    mutating func optional<Value>(_ name: String, _ kind: ValueSchema.Kind, _ read: (JSON) -> Value?) -> Value? {
        guard let value = json[name], !value.isNull else { return nil }
        if let fine = read(value) { return fine }
        faults.append(.wrongType(kind, ["body", .member(name)], input: value))
        return nil
    }

    mutating func required<Value>(_ name: String, _ kind: ValueSchema.Kind, _ read: (JSON) -> Value?) -> Value? {
        if json[name]?.isNull ?? true { faults.append(.missing(["body", .member(name)], in: json)) }
        return optional(name, kind, read)
    }

    mutating func object(_ name: String) -> JSONObject? {
        guard let value = json[name], !value.isNull else { return nil }
        if let object = value.object { return object }
        faults.append(
            Fault(
                type: "dict_type", loc: ["body", .member(name)], msg: "Input should be a valid dictionary",
                input: value))
        return nil
    }

    /// A task's id becomes part of file names in ComfyUI, so it is letters, digits and a few signs.
    mutating func check(_ request: GenerateRequest) {
        if let id = request.taskID, !Self.isPlain(id) {
            faults.append(
                .valueError(["body", "task_id"], "it must be 1 to 64 letters, digits, - or _", input: .string(id)))
        }
        if !(1...1_000_000).contains(request.attempt) {
            let message = "Input should be greater than or equal to 1"
            faults.append(
                Fault(
                    type: "greater_than_equal", loc: ["body", "attempt"], msg: message, input: JSON(request.attempt)))
        }
    }

    private static func isPlain(_ id: String) -> Bool {
        (1...64).contains(id.utf8.count)
            && id.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D
                    || $0 == 0x5F
            }
    }
}
