import JSONText
import Workflows

@testable import HTTP
@testable import Images
@testable import WebSocket

/// Requests as a client sends them: however they are cut, the same is read, or the same is refused.
func fuzzHTTP(_ input: [UInt8]) {
    func read(_ pieces: [[UInt8]]) -> (events: String, body: [UInt8], isRefused: Bool) {
        var decoder = RequestDecoder(maxHeadBytes: 16_384, maxFields: 100)
        var events = ""
        var body: [UInt8] = []
        for piece in pieces {
            decoder.feed(piece)
            do {
                while let event = try decoder.next() {
                    switch event {
                    case .head(let head): events += "head \(head)\n"
                    case .body(let bytes): body += bytes
                    case .end: events += "end \(body.count)\n"
                    }
                }
            } catch {
                return (events + "\(error)", body, true)
            }
        }
        return (events, body, false)
    }
    let (whole, cut) = (read([input]), read(input.pieces))
    precondition(whole.events == cut.events, "a cut changes what is read")
    // Of what is refused a part may have been handed on before.
    if !whole.isRefused { precondition(whole.body == cut.body, "a cut changes a body") }
}

/// What is parsed is written and parsed again as the same value; cut anywhere, it is the same too.
func fuzzJSON(_ input: [UInt8]) {
    let value = try? JSON(parsing: input)
    if let value {
        let again = try? JSON(parsing: value.serialized())
        precondition(again == value, "what is written is not what was read")
    }
    var scanner = JSONScanner(sink: NoSink(), spillThreshold: 64)
    let scanned = try? {
        for piece in input.pieces { try scanner.feed(piece) }
        return try scanner.finish()
    }()
    precondition((scanned == nil) == (value == nil), "a cut changes what is JSON")
    if let value, let scanned { precondition(scanned == value, "a cut changes the value") }
}

/// Takes no string: all stay in the value.
private struct NoSink: JSONStringSink {
    mutating func begin(path: [JSONPathElement]) throws -> Bool { false }
    mutating func append(_ piece: UnsafeRawBufferPointer) throws {}
    mutating func end() -> JSON { .null }
}

func fuzzMultipart(_ input: [UInt8]) {
    func read(_ pieces: [[UInt8]]) -> (events: [MultipartDecoder.Event], failure: String?) {
        guard var decoder = MultipartDecoder(contentType: "multipart/form-data; boundary=b", maxParts: 5) else {
            return ([], nil)
        }
        var events: [MultipartDecoder.Event] = []
        do {
            for piece in pieces {
                for event in try decoder.feed(piece) {
                    if case .bytes(let more) = event, case .bytes(let before)? = events.last {
                        events[events.count - 1] = .bytes(before + more)
                    } else {
                        events.append(event)
                    }
                }
            }
            try decoder.finish()
            return (events, nil)
        } catch {
            return (events, "\(error)")
        }
    }
    let (whole, cut) = (read([input]), read(input.pieces))
    precondition(whole.failure == cut.failure, "a cut changes what is a form")
    if whole.failure == nil { precondition(whole.events == cut.events, "a cut changes the parts") }
    _ = MultipartDecoder(contentType: String(decoding: input, as: UTF8.self))
}

/// A graph and its manifest, with the parameters that it declares, and without a manifest.
func fuzzWorkflow(_ input: [UInt8]) {
    let (graph, manifest) = input.halves
    let hash: ([UInt8]) -> String = { String($0.count) }
    for manifest in [manifest.isEmpty ? nil : manifest, nil] {
        let workflow = Workflow(
            name: "x", graph: .success(graph), manifest: manifest.map { .success($0) }, hash: hash)
        let validator = ParameterValidator(randomSeed: { 42 })
        let outcome = validator.validate(["prompt": "x", "seed": 1], against: workflow.parameters)
        let prompt = try? workflow.prompt(with: outcome.values, uploadedImages: [:], filenamePrefix: "p")
        precondition(workflow.isReady || prompt == nil, "a workflow that is not ready gives a prompt")
        _ = try? WorkflowCatalogue(json: workflow.summary.json)
    }
    _ = (try? JSON(parsing: graph)).map(Style.read)
}

/// The parsers of pictures that are our own; libvips has fuzzers of its own.
func fuzzPictures(_ input: [UInt8]) {
    _ = ImageFormat(sniffing: input)
    for format in [ImageFormat.png, .jpeg, .webp] {
        guard let stripped = MetadataStripper.strip(input, format) else { continue }
        precondition(stripped.count <= input.count + 64, "stripping makes it larger")
        precondition(MetadataStripper.strip(stripped, format) == stripped, "stripping twice strips more")
    }
    if let chunks = try? PNGChunks(input) { _ = chunks.texts }
}

/// Frames as a peer sends them, to a client and to a server: however they are cut, the same messages are read, and the
/// connection ends or goes on in the same way.
func fuzzWebSocket(_ input: [UInt8]) {
    // Ends a closing frame that the input leaves open. How one ends may differ, so it is not compared: wslay checks its
    // reason for UTF-8 anew with each piece that comes in.
    let whole = input + [UInt8](repeating: 0, count: 256)
    for role in [FrameCodec.Role.client, .server] {
        let (one, other) = (messages([whole], role), messages(whole.pieces, role))
        precondition(one.messages == other.messages && one.hasEnded == other.hasEnded, "a cut changes what is read")
    }
    _ = try? WebSocketHandshake.check(String(decoding: input, as: UTF8.self), key: "dGhlIHNhbXBsZSBub25jZQ==")
    _ = try? WebSocketURL(String(decoding: input, as: UTF8.self))
}

private func messages(
    _ pieces: [[UInt8]], _ role: FrameCodec.Role
) -> (messages: [WebSocketMessage], hasEnded: Bool) {
    let codec = FrameCodec(role: role, maxMessageBytes: 4096)
    var messages: [WebSocketMessage] = []
    for piece in pieces {
        let (events, violation) = codec.receive(piece)
        _ = codec.takeOutput()
        for event in events {
            switch event {
            case .message(let message): messages.append(message)
            case .close: return (messages, true)
            case .pong: break
            }
        }
        if violation != nil { return (messages, true) }
    }
    return (messages, false)
}
