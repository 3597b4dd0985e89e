import HTTPTypes
import Loop
import Outbound
import TestSupport
import Testing

@Suite struct StreamingTests {
    init() { startLoop() }

    @LoopActor @Test func `pieces of a chunked answer come as they are sent`() async throws {
        let next = LoopEvent()
        let peer = try Peer { connection in
            _ = try await connection.head()
            try await connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
            try await next.wait()
            try await connection.send("3\r\ntwo\r\n0\r\nX-Trailer: 1\r\n\r\n")
        }
        defer { peer.close() }
        let client = HTTPClient()
        defer { client.close() }
        let answer = try await client.send(ClientRequest(url: peer.url()))
        #expect(try await answer.next() == Array("one".utf8))
        next.signal()
        #expect(try await answer.next() == Array("two".utf8))
        #expect(try await answer.next() == nil)
        #expect(try await answer.next() == nil)
    }

    @LoopActor @Test func `a body that is not read stalls the peer, and comes whole when it is`() async throws {
        let size = 64 << 20
        let peer = try Peer { connection in
            _ = try await connection.head()
            try await connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
            let piece = [UInt8](repeating: 7, count: 65_536)
            for _ in 0..<(size / piece.count) { try await connection.send(piece) }
        }
        defer { peer.close() }
        let client = HTTPClient()
        defer { client.close() }
        let timeouts = ClientRequest.Timeouts(idle: .seconds(4))
        let answer = try await client.send(ClientRequest(url: peer.url(), timeouts: timeouts))
        // Stalled: nothing more is taken for many times as long as each piece took. The idle limit stands still meanwhile.
        var last = -1
        while peer.connections[0].written != last {
            last = peer.connections[0].written
            try await sleep(for: .milliseconds(200))
        }
        #expect(last < size / 2)
        try await sleep(for: .seconds(5))
        var count = 0
        while let bytes = try await answer.next() {
            #expect(bytes.count <= 262_144 + 65_536)
            count += bytes.count
        }
        #expect(count == size)
    }

    @LoopActor @Test(arguments: [4 << 20, nil])
    func `a streamed body arrives whole`(length: Int?) async throws {
        let size = 4 << 20
        let peer = try Peer { connection in
            let head = try await connection.head() ?? ""
            var sum = 0
            if head.contains("Content-Length: \(size)\r\n") {
                sum = try await connection.bytes(size).reduce(0) { $0 + Int($1) }
            } else if head.contains("Transfer-Encoding: chunked\r\n") {
                while true {
                    let line = try await connection.bytes(through: "\r\n").dropLast(2)
                    let count = Int(String(decoding: line, as: UTF8.self), radix: 16) ?? 0
                    sum += try await connection.bytes(count + 2).prefix(count).reduce(0) { $0 + Int($1) }
                    if count == 0 { break }
                }
            }
            try await connection.answer("\(sum)")
        }
        defer { peer.close() }
        let client = HTTPClient()
        defer { client.close() }
        var left = 64
        let request = ClientRequest(
            method: .post, url: peer.url(),
            body: .stream(length: length) {
                guard left > 0 else { return nil }
                left -= 1
                if left % 10 == 0 { try await sleep(for: .milliseconds(1)) }
                return [UInt8](repeating: 1, count: 65_536)
            })
        let answer = try await client.send(request)
        #expect(try await answer.collect() == Array("\(size)".utf8))
    }

    @LoopActor @Test func `an answer before the end of the upload is heard`() async throws {
        let peer = try Peer { connection in
            _ = try await connection.head()
            try await connection.answer("too large", status: "413 Content Too Large")
            try await connection.drain()
        }
        defer { peer.close() }
        let client = HTTPClient()
        defer { client.close() }
        let request = ClientRequest(
            method: .post, url: peer.url(),
            body: .stream(length: 1 << 40) {
                try await sleep(for: .milliseconds(1))
                return [UInt8](repeating: 1, count: 65_536)
            })
        let answer = try await client.send(request)
        #expect(answer.status == 413)
        #expect(try await answer.collect() == Array("too large".utf8))
        try await peer.connections[0].gone.wait()
    }

    struct SourceFailed: Error {}

    @LoopActor @Test func `what the body's source throws is thrown, and the peer sees the end`() async throws {
        let peer = try Peer { try await $0.drain() }
        defer { peer.close() }
        let client = HTTPClient()
        defer { client.close() }
        var isFirst = true
        let body = ClientRequest.Body.stream(length: nil) {
            defer { isFirst = false }
            if !isFirst { throw SourceFailed() }
            return [1, 2, 3]
        }
        let request = ClientRequest(method: .post, url: peer.url(), body: body)
        await #expect(throws: SourceFailed.self) { try await client.send(request) }
        try await peer.connections[0].gone.wait()
    }

    @LoopActor @Test(arguments: [[3], [3, 8]])
    func `a body that does not come out at its length is an error`(pieces: [Int]) async throws {
        let peer = try Peer { try await $0.drain() }
        defer { peer.close() }
        let client = HTTPClient()
        defer { client.close() }
        var left = pieces[...]
        let body = ClientRequest.Body.stream(length: 10) {
            left.popFirst().map { [UInt8](repeating: 0, count: $0) }
        }
        let error = await #expect(throws: TransportError.self) {
            try await client.send(ClientRequest(method: .put, url: peer.url(), body: body))
        }
        #expect(error?.kind == .other)
        #expect(error?.message.contains("10 bytes") == true)
    }

    @LoopActor @Test func `a form arrives as a form`() async throws {
        var form = MultipartForm()
        form.addFile(.bytes([1, 2, 3]), name: "image", filename: "a\"b\r\n.png", contentType: "image/png")
        form.addText("input", name: "type")
        var pieces: [[UInt8]] = [[4], [5, 6]]
        let content = MultipartForm.Content.stream(length: 3) { pieces.isEmpty ? nil : pieces.removeFirst() }
        form.addFile(content, name: "mask", filename: "m", contentType: "bad\r\nX: y")
        let length = form.length
        let peer = try Peer { connection in
            _ = try await connection.head()
            try await connection.answer(String(decoding: try await connection.bytes(length), as: UTF8.self))
        }
        defer { peer.close() }
        let client = HTTPClient()
        defer { client.close() }
        let request = ClientRequest(
            method: .post, url: peer.url(), headers: [.contentType: form.contentType], body: form.body)
        let echo = String(decoding: try await client.send(request).collect(), as: UTF8.self)
        let b = form.boundary
        #expect(
            echo == "--\(b)\r\nContent-Disposition: form-data; name=\"image\"; filename=\"a%22b%0D%0A.png\"\r\n"
                + "Content-Type: image/png\r\n\r\n\u{1}\u{2}\u{3}\r\n"
                + "--\(b)\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\ninput\r\n"
                + "--\(b)\r\nContent-Disposition: form-data; name=\"mask\"; filename=\"m\"\r\n"
                + "Content-Type: application/octet-stream\r\n\r\n\u{4}\u{5}\u{6}\r\n--\(b)--\r\n")
    }
}
