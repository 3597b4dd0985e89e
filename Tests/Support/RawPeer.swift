public import Loop

/// A client that sends the bytes a test says, and takes the answers apart without any of the server's own code.
@LoopActor
public final class RawPeer {
    public let connection: TCPConnection
    private var buffer: [UInt8] = []

    public init(_ connection: TCPConnection) { self.connection = connection }

    public static func connect(port: Int, host: String = "127.0.0.1") async throws -> RawPeer {
        RawPeer(try await TCPConnection.connect(host: host, port: port, timeout: .seconds(60)))
    }

    public func send(_ text: String) async throws { try await connection.write(Array(text.utf8)) }
    public func send(_ bytes: [UInt8]) async throws { try await connection.write(bytes) }

    /// The next line, without its CRLF; nil when the server has closed.
    public func line() async throws -> String? {
        while true {
            if let end = buffer.firstRange(of: [0x0D, 0x0A]) {
                defer { buffer.removeSubrange(..<end.upperBound) }
                return String(decoding: buffer[..<end.lowerBound], as: UTF8.self)
            }
            guard try await readMore() else { return nil }
        }
    }

    /// The next `count` bytes; fewer when the server has closed.
    public func bytes(_ count: Int) async throws -> [UInt8] {
        while buffer.count < count, try await readMore() {}
        defer { buffer.removeFirst(min(count, buffer.count)) }
        return Array(buffer.prefix(count))
    }

    /// Everything until the server closes.
    public func rest() async throws -> String {
        while try await readMore() {}
        defer { buffer = [] }
        return String(decoding: buffer, as: UTF8.self)
    }

    /// The next answer, or nil when the server has closed instead.
    ///
    /// - Parameter toHead: the request was a HEAD, whose answer has no body whatever its fields say.
    public func answer(toHead: Bool = false) async throws -> RawAnswer? {
        guard let status = try await line() else { return nil }
        var answer = RawAnswer(statusLine: status)
        while let line = try await line(), !line.isEmpty { answer.lines.append(line) }
        guard !toHead, answer.mayHaveBody else { return answer }
        if let length = answer.header("Content-Length").flatMap({ Int($0) }) {
            answer.body = try await bytes(length)
            answer.isWhole = answer.body.count == length
        } else if answer.header("Transfer-Encoding") == "chunked" {
            answer.isWhole = try await chunks { answer.body += $0 }
        } else {
            answer.body = Array(try await rest().utf8)
        }
        return answer
    }

    /// Hands over each chunk's data; false when the connection ended before the last chunk.
    public func chunks(_ take: ([UInt8]) throws -> Void) async throws -> Bool {
        while let line = try await line(), let size = Int(line, radix: 16) {
            if size == 0 { return try await self.line() == "" }
            try take(try await bytes(size))
            guard try await self.line() == "" else { return false }
        }
        return false
    }

    public func finishWriting() { connection.finishWriting() }
    public func close() { connection.close() }

    private func readMore() async throws -> Bool {
        guard let bytes = try await connection.read() else { return false }
        buffer += bytes
        return true
    }
}

/// An answer as it came over the wire.
public struct RawAnswer: Sendable {
    public let statusLine: String
    public internal(set) var lines: [String] = []
    public internal(set) var body: [UInt8] = []
    /// The body was as long as its framing said.
    public internal(set) var isWhole = true

    public var status: Int { statusLine.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0 }
    public var text: String { String(decoding: body, as: UTF8.self) }
    /// Whether the server said that it closes after this answer.
    public var closes: Bool { header("Connection") == "close" }

    /// The value of the first field of that name.
    public func header(_ name: String) -> String? {
        for line in lines {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == name.lowercased() else { continue }
            return String(parts[1].drop { $0 == " " })
        }
        return nil
    }

    init(statusLine: String) { self.statusLine = statusLine }

    var mayHaveBody: Bool { status >= 200 && status != 204 && status != 304 }
}
