/// Reads a `text/event-stream` as it arrives (HTML standard, "Interpreting an event stream").
public struct EventStreamReader: Sendable {
    public struct Event: Sendable, Equatable {
        public var name: String
        public var data: String
        public var id: String?
    }

    /// A line that is longer than this is given up on: no event of ours is.
    public static let maxLineBytes = 16_777_216

    /// The stream cannot be read on.
    public struct Failure: Error, Equatable, Sendable { public let reason: String }

    private var line: [UInt8] = []
    private var name = ""
    private var data: [String] = []
    private var id: String?
    private var lastWasReturn = false

    public init() {}

    /// Takes the next bytes, split anywhere, and gives the events that they complete.
    public mutating func feed(_ bytes: [UInt8]) throws(Failure) -> [Event] {
        var events: [Event] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(where: { $0 == 0x0A || $0 == 0x0D }) {
            let isSecondHalf = lastWasReturn && end == rest.startIndex && rest[end] == 0x0A
            lastWasReturn = rest[end] == 0x0D
            line.append(contentsOf: rest[..<end])
            rest = rest[(end + 1)...]
            if isSecondHalf { continue }
            if let event = endLine() { events.append(event) }
        }
        if !rest.isEmpty { lastWasReturn = false }
        line.append(contentsOf: rest)
        guard line.count <= Self.maxLineBytes else {
            throw Failure(reason: "a line of over \(Self.maxLineBytes) bytes")
        }
        return events
    }

    private mutating func endLine() -> Event? {
        defer { line.removeAll(keepingCapacity: true) }
        guard !line.isEmpty else { return dispatch() }
        let colon = line.firstIndex(of: 0x3A)
        let field = String(decoding: line[..<(colon ?? line.endIndex)], as: UTF8.self)
        var value = colon.map { line[($0 + 1)...] } ?? []
        if value.first == 0x20 { value = value.dropFirst() }
        switch field {
        case "event": name = String(decoding: value, as: UTF8.self)
        case "data": data.append(String(decoding: value, as: UTF8.self))
        case "id": id = String(decoding: value, as: UTF8.self)
        default: break
        }
        return nil
    }

    private mutating func dispatch() -> Event? {
        defer {
            name = ""
            data = []
        }
        guard !data.isEmpty else { return nil }
        return Event(name: name.isEmpty ? "message" : name, data: data.joined(separator: "\n"), id: id)
    }
}
