import Crypto
import JSONText

/// Takes long strings out of a request's JSON while it arrives and decodes them from base64: the text is never whole in
/// memory. What is no base64 becomes a fault of its field later, so nothing is thrown here.
struct PictureSink: JSONStringSink {
    /// A string that was taken out: its bytes, or why it has none.
    struct Taken: Sendable {
        var bytes: [UInt8] = []
        var fault: String?
    }

    /// In the order of the places that stand for them.
    private(set) var taken: [Taken] = []
    /// The member that names a place; random, so that no client can make one up.
    let mark = "picture-\(String(randomUInt64(), radix: 36))"
    private let maxBytes: Int
    private var decoder = Base64Decoder()
    private var current = Taken()
    private var head: [UInt8] = []
    private var isInData = false

    /// - Parameter maxBytes: more of one picture is not kept.
    init(maxBytes: Int) { self.maxBytes = maxBytes }

    mutating func begin(path: [JSONPathElement]) -> Bool {
        // A prompt may be long too, and is kept as text.
        guard let first = path.first, Self.members.contains(first) else { return false }
        decoder = Base64Decoder()
        current = Taken()
        head = []
        isInData = false
        return true
    }

    private static let members: [JSONPathElement] = ["face_images", "target_image", "extra_params"]

    mutating func append(_ piece: UnsafeRawBufferPointer) {
        guard current.fault == nil else { return }
        guard !isInData else { return decode(piece) }
        // A `data:` URI (RFC 2397) has a short head before its comma.
        head.append(contentsOf: piece)
        guard head.count >= 5 else { return }
        isInData = true
        let all = head
        head = []
        all.withUnsafeBytes { bytes in
            guard bytes.starts(with: "data:".utf8) else { return decode(bytes) }
            guard let comma = bytes.firstIndex(of: UInt8(ascii: ",")) else { return fail("a data: URI with no data") }
            decode(UnsafeRawBufferPointer(rebasing: bytes[(comma + 1)...]))
        }
    }

    private mutating func decode(_ piece: UnsafeRawBufferPointer) {
        do { try decoder.update(piece, into: &current.bytes) } catch { return fail("it is not base64") }
        if current.bytes.count > maxBytes { fail("it is over the limit of \(maxBytes >> 20) MB") }
    }

    private mutating func fail(_ reason: String) {
        current.fault = reason
        current.bytes = []
    }

    mutating func end() -> JSON {
        if current.fault == nil {
            do { try decoder.finish() } catch { fail("it is not base64") }
        }
        taken.append(current)
        current = Taken()
        return [mark: JSON(taken.count - 1)]
    }

    /// What stands at a place of the tree: a string that was taken out, or a short one that was not.
    func picture(_ value: JSON) -> Taken? {
        if let place = value[mark]?.int, taken.indices.contains(place) { return taken[place] }
        guard let text = value.string else { return nil }
        var sink = PictureSink(maxBytes: maxBytes)
        _ = sink.begin(path: ["target_image"])
        Array(text.utf8).withUnsafeBytes { sink.append($0) }
        if !sink.isInData { sink.fail("it is not base64") }
        _ = sink.end()
        return sink.taken[0]
    }
}
