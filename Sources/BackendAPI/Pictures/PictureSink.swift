import Crypto
import Images
import JSONText
import Workflows

/// Takes long strings out of a request's JSON while it arrives and decodes them from base64 into files: neither the text
/// nor the picture is ever whole in memory. A string that can be no picture stays in the JSON, within a limit. What is no
/// base64 becomes a fault of its field later; only a disk that fails, or a text over the limit, ends the scan.
///
/// It writes files: for `offLoop`.
struct PictureSink: JSONStringSink, Sendable {
    /// A string that was taken out: its picture, or why there is none.
    struct Taken: Sendable {
        /// What a long string decoded to.
        var file: SpoolFile?
        /// What a short one decoded to.
        var bytes: [UInt8] = []
        var fault: String?
        /// The string's begin, for whoever has to find the fault.
        var head = ""
        /// The string itself, where it may turn out to be a text; nil when it is too long for one.
        var text: [UInt8]?

        var source: ImageSource { file.map { .file(path: $0.path) } ?? .bytes(bytes) }
    }

    /// In the order of the places that stand for them.
    private(set) var taken: [Taken] = []
    /// The member that names a place; random, so that no client can make one up.
    let mark = "picture-\(String(randomUInt64(), radix: 36))"
    private let maxBytes: Int
    private let spool: String
    private let isRun: Bool
    private var decoding: Base64Picture
    private var current = Taken()
    /// What URLs among the strings have given.
    var fetched: [String: Taken] = [:]

    /// A text among `extra_params` may be so long, in bytes.
    static let maxTextBytes = 262_144
    /// Any other text, such as the prompt.
    static let maxPlainTextBytes = 1 << 20
    /// All long texts together, those among them that may yet be pictures too.
    private static let maxTextsBytes = 8 << 20
    private var textsBytes = 0
    /// Where the string stands that is under way, when it can be no picture.
    private var plainText: [JSONPathElement]?
    private static let headBytes = 400

    /// - Parameters:
    ///   - maxBytes: more of one picture is not kept.
    ///   - spool: the folder for the files.
    ///   - isRun: any member of the body may be a picture, or a text.
    init(maxBytes: Int, spool: String, isRun: Bool = false) {
        self.isRun = isRun
        self.maxBytes = maxBytes
        self.spool = spool
        decoding = Base64Picture(maxBytes: maxBytes)
    }

    /// - Returns: true.
    mutating func begin(path: [JSONPathElement]) throws -> Bool {
        let isPicture = path.first == "face_images" || path.first == "target_image"
        // A prompt may be long too, and is kept as text.
        guard isRun || isPicture || path.first == "extra_params" else {
            plainText = path
            current = Taken(text: [])
            return true
        }
        decoding = Base64Picture(maxBytes: maxBytes)
        current = Taken(file: try SpoolFile(in: spool))
        if isRun || !isPicture { current.text = [] }
        return true
    }

    /// - Throws: ``Unprocessable`` for a text that is too long; `FileStore.Failure`.
    mutating func append(_ piece: UnsafeRawBufferPointer) throws {
        if let plainText { return try append(piece, to: plainText) }
        if current.head.isEmpty { current.head = String(decoding: piece.prefix(Self.headBytes), as: UTF8.self) }
        if let text = current.text {
            let count = text.count + piece.count
            let fits = count <= Self.maxTextBytes && textsBytes + count <= Self.maxTextsBytes
            if fits { current.text? += piece } else { current.text = nil }
        }
        let decoded = decoding.decode(piece)
        if !decoded.isEmpty { try current.file?.append(decoded) }
    }

    private mutating func append(_ piece: UnsafeRawBufferPointer, to place: [JSONPathElement]) throws {
        let count = (current.text?.count ?? 0) + piece.count
        guard count <= Self.maxPlainTextBytes, textsBytes + count <= Self.maxTextsBytes else {
            let limits =
                "at most \(Self.maxPlainTextBytes >> 20) MB, all of a request at most \(Self.maxTextsBytes >> 20) MB"
            let head = String(decoding: (current.text ?? []).prefix(Self.headBytes), as: UTF8.self)
            throw Unprocessable(
                faults: [.valueError(["body"] + place, "a text may have \(limits)", input: .string(head))])
        }
        current.text? += piece
    }

    mutating func end() -> JSON {
        textsBytes += current.text?.count ?? 0
        if plainText.take() != nil {
            defer { current = Taken() }
            return .string(String(decoding: current.text ?? [], as: UTF8.self))
        }
        decoding.finish()
        current.fault = decoding.fault
        if current.fault != nil { current.file = nil }
        taken.append(current)
        current = Taken()
        return [mark: JSON(taken.count - 1)]
    }

    // MARK: Files of a form

    mutating func beginFile() throws { current = Taken(file: try SpoolFile(in: spool)) }

    mutating func appendFile(_ bytes: [UInt8]) throws {
        guard current.fault == nil, let file = current.file else { return }
        guard bytes.count <= maxBytes - file.size else {
            current.fault = "it is over the limit of \(maxBytes >> 20) MB"
            current.file = nil
            return
        }
        try file.append(bytes)
    }

    /// - Returns: the place that stands for it; nil for an empty file without a name.
    mutating func endFile(named name: String) -> JSON? {
        defer { current = Taken() }
        let isEmpty = current.file?.size == 0
        if isEmpty, name.isEmpty { return nil }
        if isEmpty { current.fault = "the file is empty" }
        current.head = String(name.prefix(Self.headBytes))
        taken.append(current)
        return [mark: JSON(taken.count - 1)]
    }

    // MARK: Looking them up

    /// What stands at a place of the tree: a string that was taken out, or a short one that was not. Nil for what is no
    /// string.
    func picture(_ value: JSON) -> Taken? {
        if let taken = place(value) { return taken }
        guard let text = value.string else { return nil }
        if let taken = fetched[text] { return taken }
        var decoding = Base64Picture(maxBytes: maxBytes)
        var taken = Taken(head: String(text.prefix(Self.headBytes)))
        taken.bytes = Array(text.utf8).withUnsafeBytes { decoding.decode($0) }
        decoding.finish()
        taken.fault = decoding.fault
        return taken
    }

    private func place(_ value: JSON) -> Taken? {
        guard let place = value[mark]?.int, taken.indices.contains(place) else { return nil }
        return taken[place]
    }

    /// The value with the texts in it again, where they are texts after all.
    ///
    /// - Returns: nil when one is too long for a text.
    func text(_ value: JSON) -> JSON? {
        if let taken = place(value) { return taken.text.map { .string(String(decoding: $0, as: UTF8.self)) } }
        guard let list = value.array, !taken.isEmpty else { return value }
        let texts = list.compactMap(text)
        return texts.count == list.count ? .array(texts) : nil
    }

    /// Whether nothing in it was taken out, and it takes no more bytes than that as JSON, roughly.
    func isText(_ value: JSON, within maxBytes: Int) -> Bool {
        var left = maxBytes
        return spend(&left, on: value)
    }

    private func spend(_ left: inout Int, on value: JSON) -> Bool {
        // As much as a number, a word, or quotes and a comma take.
        left -= 4
        switch value {
        case .string(let text): left -= text.utf8.count
        case .array(let elements):
            guard elements.allSatisfy({ spend(&left, on: $0) }) else { return false }
        case .object(let members):
            guard members[mark] == nil else { return false }
            for (name, value) in members {
                left -= name.utf8.count + 3
                guard spend(&left, on: value) else { return false }
            }
        default: break
        }
        return left >= 0
    }

    /// The value as a fault may show it.
    func shown(_ value: JSON) -> JSON {
        if let taken = place(value) { return .string(taken.head) }
        // What a URL's query holds may be secret.
        if let text = value.string, let taken = fetched[text] { return .string(taken.head) }
        return value.array.map { .array($0.prefix(10).map(shown)) } ?? value
    }
}

/// Decodes one picture from base64, with or without the head of a `data:` URI (RFC 2397), in pieces cut anywhere.
struct Base64Picture: Sendable {
    private(set) var fault: String?
    private let maxBytes: Int
    private var decoder = Base64Decoder()
    private var count = 0
    /// What may still be the head; nil once it is known where the data begins.
    private var head: [UInt8]? = []

    private static let maxHeadBytes = 1024

    init(maxBytes: Int) { self.maxBytes = maxBytes }

    /// - Returns: the bytes that the piece completes; none from the first fault on.
    mutating func decode(_ piece: UnsafeRawBufferPointer) -> [UInt8] {
        guard fault == nil else { return [] }
        guard var all = head else { return data(piece) }
        all += piece
        head = all
        return all.withUnsafeBytes { bytes in
            let scheme = "data:".utf8
            guard bytes.count >= scheme.count else { return [] }
            guard bytes.starts(with: scheme) else { return begin(bytes, from: 0) }
            if let comma = bytes.prefix(Self.maxHeadBytes).firstIndex(of: UInt8(ascii: ",")) {
                guard bytes[..<comma].suffix(7).elementsEqual(";base64".utf8) else {
                    return fail("a data: URI that is not base64")
                }
                return begin(bytes, from: comma + 1)
            }
            return bytes.count < Self.maxHeadBytes ? [] : fail("a data: URI with no data")
        }
    }

    private mutating func begin(_ bytes: UnsafeRawBufferPointer, from start: Int) -> [UInt8] {
        head = nil
        return data(UnsafeRawBufferPointer(rebasing: bytes[start...]))
    }

    private mutating func data(_ piece: UnsafeRawBufferPointer) -> [UInt8] {
        var bytes: [UInt8] = []
        do { try decoder.update(piece, into: &bytes) } catch { return fail("it is not base64") }
        count += bytes.count
        return count > maxBytes ? fail("it is over the limit of \(maxBytes >> 20) MB") : bytes
    }

    private mutating func fail(_ reason: String) -> [UInt8] {
        fault = reason
        return []
    }

    mutating func finish() {
        guard fault == nil else { return }
        guard head == nil, count > 0 else { return fault = "it is not base64" }
        do { try decoder.finish() } catch { fault = "it is not base64" }
    }
}
