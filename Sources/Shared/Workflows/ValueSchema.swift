public import JSONText

/// The schema of one value: the part of JSON Schema 2020-12 that manifests may use.
///
/// Keywords: `type`, `title`, `description`, `default`, `examples`, `enum`, `minimum`, `maximum`,
/// `exclusiveMinimum`, `exclusiveMaximum`, `multipleOf`, `minLength`, `maxLength`, `items`, `minItems`, `maxItems`,
/// `format`. Any other is refused rather than ignored.
public struct ValueSchema: Sendable, Hashable {
    public enum Kind: String, Sendable, CaseIterable {
        case string, integer, number, boolean, array
    }

    /// What a string stands for.
    public enum Format: String, Sendable, CaseIterable {
        /// A picture: base64 or a `data:` URI from a client, the uploaded file's name in the graph.
        case image
        /// Sound, in the same ways.
        case audio
        /// A film, in the same ways.
        case video
        /// The name of a file in one of ComfyUI's folders, which it may not leave.
        case filename
        /// The name of a model file in a folder of ComfyUI's, or the URL that it is fetched from: ``ModelReference``.
        case model
    }

    public var kind: Kind
    public var format: Format?
    /// What an absent value becomes.
    public var defaultValue: JSON?
    /// The only values allowed.
    public var choices: [JSON]?
    public var minimum: JSON?
    public var maximum: JSON?
    public var exclusiveMinimum: JSON?
    public var exclusiveMaximum: JSON?
    public var multipleOf: JSON?
    /// Characters (Unicode scalars) of a string.
    public var minLength: Int?
    public var maxLength: Int?
    public var minItems: Int?
    public var maxItems: Int?
    /// The schema as it goes to clients.
    public private(set) var json: JSON
    // An array holds the one item schema because a struct cannot hold itself.
    private var itemSchemas: [ValueSchema] = []

    /// What each element of an array must be; never an array again.
    public var items: ValueSchema? {
        itemSchemas.first
    }

    /// How many pictures of a list are looked at, where the schema does not say: each is decoded before the rest of a
    /// request is checked.
    private static let usualPictures = 32

    /// The fault of a list with more pictures than it may have, to be told before any is decoded.
    public func tooManyPictures(_ value: JSON, at loc: [JSONPathElement]) -> Fault? {
        let most = max(maxItems ?? Self.usualPictures, minItems ?? 0)
        guard isUpload, let count = value.array?.count, count > most else { return nil }
        return .tooMany(loc, most: most, count: count)
    }

    /// What is uploaded, where the value is a file or a list of files: `image`, `audio` or `video`.
    public var upload: Format? {
        switch format ?? items?.format {
        case .image: .image
        case .audio: .audio
        case .video: .video
        case .filename, .model, .none: nil
        }
    }

    /// Whether the value is a file that comes with a request, or a list of such.
    public var isUpload: Bool { upload != nil }

    /// Whether the value is a picture or a list of pictures.
    public var isImage: Bool {
        format == .image || items?.format == .image
    }
}

extension ValueSchema {
    /// Reads a schema from the members of `reader` and notes what is wrong there; nil when there is no telling what
    /// is meant. Members that belong to the caller have been taken before.
    init?(reading reader: inout MemberReader, json: JSON, mayBeArray: Bool) {
        guard let kind = Self.kind(&reader, mayBeArray: mayBeArray) else { return nil }
        self.kind = kind
        self.json = json
        readTexts(&reader)
        readBounds(&reader)
        readItems(&reader)
        let value = reader.value("default")
        reader.refuseUnknown()
        if let value, reader.faults.isEmpty { readDefault(value, &reader) }
    }

    private static func kind(_ reader: inout MemberReader, mayBeArray: Bool) -> Kind? {
        let names = Kind.allCases.filter { mayBeArray || $0 != .array }.map(\.rawValue)
        let name = reader.requiredString("type")
        if let name, names.contains(name) { return Kind(rawValue: name) }
        if name != nil { reader.fault(["type"], "must be one of \(names.joined(separator: ", "))") }
        return nil
    }

    private mutating func readTexts(_ reader: inout MemberReader) {
        _ = reader.string("title")
        _ = reader.string("description")
        _ = reader.array("examples")
        if let name = reader.string("format") {
            format = Format(rawValue: name)
            if format == nil || kind != .string {
                reader.fault(["format"], "must be `image`, `audio`, `video`, `filename` or `model` of a string")
            }
        }
        choices = reader.array("enum")
        if choices?.isEmpty == true { reader.fault(["enum"], "must hold at least one value") }
        for (place, choice) in (choices ?? []).enumerated() where ValueCheck.converted(choice, to: kind) == nil {
            reader.fault(["enum", .index(place)], "must be of the type \(kind.rawValue)")
        }
    }

    private mutating func readBounds(_ reader: inout MemberReader) {
        minimum = bound("minimum", &reader, for: [.integer, .number]) { $0.number($1) }
        maximum = bound("maximum", &reader, for: [.integer, .number]) { $0.number($1) }
        exclusiveMinimum = bound("exclusiveMinimum", &reader, for: [.integer, .number]) { $0.number($1) }
        exclusiveMaximum = bound("exclusiveMaximum", &reader, for: [.integer, .number]) { $0.number($1) }
        multipleOf = bound("multipleOf", &reader, for: [.integer, .number]) { $0.number($1) }
        minLength = bound("minLength", &reader, for: [.string]) { $0.count($1) }
        maxLength = bound("maxLength", &reader, for: [.string]) { $0.count($1) }
        minItems = bound("minItems", &reader, for: [.array]) { $0.count($1) }
        maxItems = bound("maxItems", &reader, for: [.array]) { $0.count($1) }
        if let multipleOf, ExactNumber(multipleOf)?.isPositive != true {
            reader.fault(["multipleOf"], "must be more than 0")
        }
        if let minimum, let maximum, let low = ExactNumber(minimum), let high = ExactNumber(maximum), high < low {
            reader.fault(["maximum"], "must not be less than the minimum")
        }
        if let minLength, let maxLength, maxLength < minLength {
            reader.fault(["maxLength"], "must not be less than minLength")
        }
        if let minItems, let maxItems, maxItems < minItems {
            reader.fault(["maxItems"], "must not be less than minItems")
        }
    }

    private func bound<Value>(
        _ name: String, _ reader: inout MemberReader, for kinds: [Kind],
        _ read: (inout MemberReader, String) -> Value?
    ) -> Value? {
        let value = read(&reader, name)
        if value != nil && !kinds.contains(kind) {
            reader.fault([.member(name)], "does not apply to the type \(kind.rawValue)")
        }
        return value
    }

    private mutating func readItems(_ reader: inout MemberReader) {
        guard let members = reader.object("items") else {
            if kind == .array && reader.members["items"] == nil { reader.fault([], "needs the member `items`") }
            return
        }
        guard kind == .array else { return reader.fault(["items"], "does not apply to the type \(kind.rawValue)") }
        var inner = MemberReader(members, at: reader.path + ["items"])
        let schema = ValueSchema(reading: &inner, json: .object(members), mayBeArray: false)
        reader.faults += inner.faults
        itemSchemas = schema.map { [$0] } ?? []
        if schema?.format == .model { reader.fault(["items", "format"], "must not be `model` in a list") }
    }

    /// Of a parameter of the format `model`: no URL is taken any more.
    mutating func takeFileNamesOnly() {
        guard format == .model, var members = json.object else { return }
        format = .filename
        members["format"] = "filename"
        json = .object(members)
    }

    private mutating func readDefault(_ value: JSON, _ reader: inout MemberReader) {
        var check = ValueCheck()
        defaultValue = check.check(value, against: self, at: [])
        if let fault = check.faults.first { reader.fault(["default"], "does not fit: \(fault.msg)") }
    }
}
