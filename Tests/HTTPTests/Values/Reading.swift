import HTTPTypes

@testable import HTTP

/// What a decoder said, with pieces of one body put together: how they were cut is not what a test asks.
enum Seen: Equatable {
    case head(method: String, path: String, framing: BodyFraming)
    case body(String)
    case end
}

/// Feeds a decoder piece by piece, asking it for all it has after each.
func read(
    _ pieces: [ArraySlice<UInt8>], maxHeadBytes: Int = 16_384, maxFields: Int = 100
) throws(HTTPViolation) -> [Seen] {
    var decoder = RequestDecoder(maxHeadBytes: maxHeadBytes, maxFields: maxFields)
    var seen: [Seen] = []
    for piece in pieces {
        decoder.feed(Array(piece))
        while let event = try decoder.next() {
            switch event {
            case .head(let head):
                seen.append(
                    .head(method: head.request.method.rawValue, path: head.request.path ?? "", framing: head.framing))
            case .body(let bytes):
                let text = String(decoding: bytes, as: UTF8.self)
                if case .body(let before) = seen.last {
                    seen[seen.count - 1] = .body(before + text)
                } else {
                    seen.append(.body(text))
                }
            case .end: seen.append(.end)
            }
        }
    }
    return seen
}

/// The same text cut in two at every place, and into single octets.
func cuts(_ text: String) -> [[ArraySlice<UInt8>]] {
    let octets = Array(text.utf8)
    return (0...octets.count).map { [octets[..<$0], octets[$0...]] } + [octets.indices.map { octets[$0...$0] }]
}

/// The status that `text` is refused with, or nil when it is taken.
func refusal(of text: String) -> Int? {
    do throws(HTTPViolation) {
        _ = try read([Array(text.utf8)[...]])
        return nil
    } catch {
        return error.status
    }
}

/// The head of one request.
func head(_ text: String) throws -> RequestHead {
    var decoder = RequestDecoder(maxHeadBytes: 16_384, maxFields: 100)
    decoder.feed(Array(text.utf8))
    guard case .head(let head) = try decoder.next() else { throw HTTPViolation(400, "not a whole head") }
    return head
}
