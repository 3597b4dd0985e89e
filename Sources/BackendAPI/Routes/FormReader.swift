import Crypto
import HTTP
import JSONText
import Workflows

/// Reads a `multipart/form-data` body as the JSON body that says the same: files are pictures, a repeated name is a list,
/// and what is no field of `POST /generate` is one of `extra_params`.
///
/// It writes files: for `offLoop`.
struct FormReader: Sendable {
    private(set) var sink: PictureSink
    private var decoder: MultipartDecoder
    private let isRun: Bool
    private var hash = SHA256()
    private var fields: [(name: String, value: JSON)] = []
    private var part: MultipartPart?
    private var text: [UInt8] = []
    private var faults: [Fault] = []

    init(_ decoder: MultipartDecoder, sink: PictureSink, isRun: Bool) {
        self.decoder = decoder
        self.sink = sink
        self.isRun = isRun
    }

    /// Of names and contents: the boundary, which a client draws anew each time, has no part in it.
    var sha256: String { hash.finalize().hex }

    /// - Throws: ``Unprocessable`` for what is no form; `FileStore.Failure`.
    mutating func feed(_ bytes: [UInt8]) throws {
        do {
            for event in try decoder.feed(bytes) { try take(event) }
        } catch let failure as MultipartDecoder.Failure {
            throw Self.broken(failure)
        }
    }

    private static func broken(_ failure: MultipartDecoder.Failure) -> Unprocessable {
        Unprocessable(faults: [.valueError(["body"], "the form \(failure.reason)", input: .null)])
    }

    private mutating func take(_ event: MultipartDecoder.Event) throws {
        switch event {
        case .begin(let part):
            self.part = part
            text = []
            hash.update(Array("\(part.name.utf8.count) \(part.name) \(part.filename == nil)\n".utf8))
            if part.filename != nil { try sink.beginFile() }
        case .bytes(let bytes):
            hash.update(bytes)
            if part?.filename != nil { return try sink.appendFile(bytes) }
            if text.count <= PictureSink.maxTextBytes { text += bytes }
        case .end: end()
        }
    }

    private mutating func end() {
        guard let part else { return }
        hash.update(Array("\n".utf8))
        if part.filename != nil {
            // What a browser sends for an input that nobody has filled.
            if let value = sink.endFile(named: part.filename ?? "") { fields.append((part.name, value)) }
        } else if text.count > PictureSink.maxTextBytes {
            let limit = "a text may have at most \(PictureSink.maxTextBytes >> 10) KB; send a picture as a file"
            faults.append(.valueError(["body", .member(part.name)], limit, input: .null))
        } else {
            fields.append((part.name, .string(String(decoding: text, as: UTF8.self))))
        }
    }

    /// - Throws: ``Unprocessable`` for a form that does not end, or with a text that is too long.
    mutating func finish() throws -> JSON {
        do { try decoder.finish() } catch { throw Self.broken(error) }
        guard faults.isEmpty else { throw Unprocessable(faults: faults) }
        var body: JSONObject = [:]
        var extra: JSONObject = [:]
        for (name, values) in gathered() {
            if name == "extra_params", !isRun {
                guard let object = FormText.object(values.last) else { body[name] = values.last; continue }
                for (name, value) in object where extra[name] == nil { extra[name] = value }
            } else if let value = FormText.option(name, values) {
                body[name] = value
            } else if isRun {
                body[name] = values.count == 1 ? values[0] : .array(values)
            } else {
                extra[name] = values.count == 1 ? values[0] : .array(values)
            }
        }
        if !extra.isEmpty { body["extra_params"] = .object(extra) }
        return .object(body)
    }

    /// In the order in which the names came first.
    private func gathered() -> [(name: String, values: [JSON])] {
        var places: [String: Int] = [:]
        var all: [(name: String, values: [JSON])] = []
        for (name, value) in fields {
            if let place = places[name] {
                all[place].values.append(value)
            } else {
                places[name] = all.count
                all.append((name, [value]))
            }
        }
        return all
    }
}

/// What the texts of a form mean where a field is no text.
enum FormText {
    /// A field of `POST /generate` other than `extra_params`; nil for any other name. A text that is not of the field's
    /// kind stays as it is, and is its fault later.
    static func option(_ name: String, _ values: [JSON]) -> JSON? {
        guard let last = values.last else { return nil }
        switch name {
        case "mode", "prompt", "style", "target_image", "priority", "output_format", "webhook": return last
        case "face_images": return .array(values)
        case "previews", "keep_metadata": return typed(last, as: .boolean)
        case "quality": return typed(last, as: .integer)
        case "webhook_events": return values.count == 1 ? typed(last, as: .array) : .array(values)
        default: return nil
        }
    }

    /// A form's value for a parameter of that schema.
    static func typed(_ value: JSON, for schema: ValueSchema) -> JSON {
        guard schema.kind == .array, let items = schema.items, !items.isUpload else {
            return schema.isUpload ? value : typed(value, as: schema.kind)
        }
        let list = typed(value, as: .array)
        guard let elements = list.array else { return .array([typed(value, as: items.kind)]) }
        return .array(elements.map { typed($0, as: items.kind) })
    }

    static func object(_ value: JSON?) -> JSONObject? {
        guard let text = value?.string else { return nil }
        return (try? JSON(parsing: Array(text.utf8)))?.object
    }

    private static func typed(_ value: JSON, as kind: ValueSchema.Kind) -> JSON {
        guard kind != .string, let text = value.string, let read = try? JSON(parsing: Array(text.utf8)) else {
            return value
        }
        switch read {
        case .bool where kind == .boolean: return read
        case .integer where kind == .integer || kind == .number: return read
        case .unsigned where kind == .integer || kind == .number: return read
        case .double where kind == .integer || kind == .number: return read
        case .array where kind == .array: return read
        default: return value
        }
    }
}
