internal import HTTPTypes
public import Loop

/// One event of a `text/event-stream` (HTML standard, "Server-sent events").
public struct ServerSentEvent: Sendable, Equatable {
    public var name: String?
    public var id: String?
    public var data: String

    public init(_ name: String? = nil, data: String, id: String? = nil) {
        self.name = name
        self.id = id
        self.data = data
    }

    /// Its lines, the empty one included.
    public var bytes: [UInt8] {
        var text = ""
        if let id { text += "id: \(id)\n" }
        if let name { text += "event: \(name)\n" }
        for line in data.split(separator: "\n", omittingEmptySubsequences: false) { text += "data: \(line)\n" }
        return Array((text + "\n").utf8)
    }

    /// A line that clients skip: it keeps proxies from closing a quiet stream.
    public static let comment = Array(":\n\n".utf8)
}

extension Response {
    /// An event stream, which proxies must not hold back.
    public static func events(_ produce: @escaping @LoopActor @Sendable (BodyWriter) async throws -> Void) -> Response {
        Response(
            headers: [.contentType: "text/event-stream", .cacheControl: "no-store", .accelBuffering: "no"],
            body: .stream(length: nil, produce))
    }
}

extension HTTPField.Name {
    /// nginx's switch for buffering an answer. The literal is a token, so the name exists.
    static let accelBuffering = HTTPField.Name("X-Accel-Buffering")!
}
