/// The body of a request on its way to libcurl, counted against its length.
struct UploadBuffer {
    /// What libcurl gets when it asks for more.
    enum Step: Sendable {
        case bytes(ArraySlice<UInt8>)
        /// Nothing yet.
        case wait
        case end
    }

    /// In bytes; nil for a body of unknown length.
    let length: Int?
    private let source: [UInt8]
    private var pending: ArraySlice<UInt8>
    private var received: Int
    private var isComplete: Bool

    init(_ body: ClientRequest.Body) {
        switch body {
        case .none: self.init([])
        case .bytes(let bytes): self.init(bytes)
        case .stream(let length, _): self.init(streamOf: length)
        }
    }

    /// A body that is all there.
    init(_ bytes: [UInt8]) {
        length = bytes.count
        source = bytes
        pending = bytes[...]
        received = bytes.count
        isComplete = true
    }

    /// A body that comes piece by piece.
    init(streamOf length: Int?) {
        self.length = length
        source = []
        pending = []
        received = 0
        isComplete = length == 0
    }

    mutating func take(upTo count: Int) -> Step {
        guard !pending.isEmpty else { return isComplete ? .end : .wait }
        let piece = pending.prefix(count)
        pending.removeFirst(piece.count)
        return .bytes(piece)
    }

    /// Adds a piece, or with nil the end.
    ///
    /// - Throws: `.other` when the pieces do not come out at the length.
    mutating func put(_ piece: [UInt8]?) throws(TransportError) {
        received += piece?.count ?? 0
        if let piece {
            pending.append(contentsOf: piece)
        } else {
            isComplete = true
        }
        guard let length else { return }
        if received > length || (isComplete && received < length) {
            let verb = received > length ? "goes on after" : "ended before"
            throw TransportError(.other, "the request's body \(verb) the \(length) bytes that it was to have")
        }
    }

    /// Goes back to the first byte, which only a body that is all there can.
    mutating func rewind() { pending = source[...] }
}
