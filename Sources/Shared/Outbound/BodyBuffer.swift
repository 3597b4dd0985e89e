/// What has arrived of a body and not been asked for yet.
struct BodyBuffer {
    private var bytes: [UInt8] = []

    /// Receiving pauses from here on.
    static var capacity: Int { 262_144 }

    var isFull: Bool { bytes.count >= Self.capacity }
    var isEmpty: Bool { bytes.isEmpty }

    mutating func put(_ more: UnsafeRawBufferPointer) { bytes.append(contentsOf: more) }

    /// All there is, or nil when there is nothing. A peer that sends single bytes thus costs no piece each.
    mutating func take() -> [UInt8]? {
        guard !bytes.isEmpty else { return nil }
        defer { bytes = [] }
        return bytes
    }
}
