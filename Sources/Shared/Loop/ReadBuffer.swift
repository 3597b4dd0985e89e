/// What has been read off a socket and not been asked for yet: bytes in order, then the end, once.
struct ReadBuffer {
    /// Two at the most: each but the last is followed by one that did not fit in, and reading pauses when it is full.
    private var chunks: [[UInt8]] = []
    private var count = 0
    private var ending: Result<[UInt8]?, any Error>?

    /// Reading pauses from here on.
    private static var capacity: Int { 65_536 }

    var isFull: Bool { count >= Self.capacity }
    var hasEnded: Bool { ending != nil }

    /// Adds what a read gave: bytes, nil for the end, or a failure, which is an end too.
    mutating func put(_ result: Result<[UInt8]?, LibuvError>) {
        switch result {
        case .success(.some(let bytes)):
            count += bytes.count
            // A peer that sends octet by octet must not cost an array for each.
            if let last = chunks.last, last.count + bytes.count <= Self.capacity {
                chunks[chunks.count - 1].append(contentsOf: bytes)
            } else {
                chunks.append(bytes)
            }
        case .success(.none): ending = .success(nil)
        case .failure(let error): ending = .failure(error)
        }
    }

    /// The next bytes; after the last of them the end, again at each call; nil when there is nothing yet.
    mutating func take() -> Result<[UInt8]?, any Error>? {
        guard !chunks.isEmpty else { return ending }
        let first = chunks.removeFirst()
        count -= first.count
        return .success(first)
    }
}
