internal import HTTPTypes
internal import Loop

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

    /// Its lines, the empty one included. Line ends of any kind in the data become lines of the event; in name and id
    /// they have no place and are left out.
    public var bytes: [UInt8] {
        var octets: [UInt8] = []
        octets.reserveCapacity(data.utf8.count + 64)
        if let id { Self.append("id: ", id, to: &octets) }
        if let name { Self.append("event: ", name, to: &octets) }
        octets.append(contentsOf: "data: ".utf8)
        var isAfterReturn = false
        for octet in data.utf8 {
            if octet == Octet.carriageReturn || (octet == Octet.lineFeed && !isAfterReturn) {
                octets.append(contentsOf: "\ndata: ".utf8)
            } else if octet != Octet.lineFeed {
                octets.append(octet)
            }
            isAfterReturn = octet == Octet.carriageReturn
        }
        octets.append(contentsOf: "\n\n".utf8)
        return octets
    }

    private static func append(_ field: String, _ value: String, to octets: inout [UInt8]) {
        octets.append(contentsOf: field.utf8)
        octets.append(contentsOf: value.utf8.filter { $0 != Octet.carriageReturn && $0 != Octet.lineFeed && $0 != 0 })
        octets.append(Octet.lineFeed)
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
