import Testing

@testable import Loop

@Suite struct ReadBufferTests {
    private func bytes(_ buffer: inout ReadBuffer) throws -> [UInt8] {
        var all: [UInt8] = []
        while let bytes = try buffer.take()?.get() { all += bytes }
        return all
    }

    @Test func `bytes come out in order, then the end, each time`() throws {
        var buffer = ReadBuffer()
        #expect(buffer.take() == nil)
        buffer.put(.success([1, 2]))
        buffer.put(.success([3]))
        buffer.put(.success(nil))
        #expect(buffer.hasEnded)
        #expect(try bytes(&buffer) == [1, 2, 3])
        #expect(try buffer.take()?.get() == .some(.none))
        #expect(try buffer.take()?.get() == .some(.none))
    }

    @Test func `a failure comes after the bytes before it`() throws {
        var buffer = ReadBuffer()
        buffer.put(.success([1]))
        buffer.put(.failure(LibuvError(code: -104, call: "uv_read")))
        #expect(try buffer.take()?.get() == [1])
        #expect(throws: LibuvError(code: -104, call: "uv_read")) { try buffer.take()?.get() }
    }

    @Test func `it is full at 64 KB, and no longer once that has been taken`() throws {
        var buffer = ReadBuffer()
        buffer.put(.success([UInt8](repeating: 1, count: 65_535)))
        #expect(!buffer.isFull)
        buffer.put(.success([2]))
        #expect(buffer.isFull)
        _ = buffer.take()
        #expect(!buffer.isFull)
    }

    @Test func `a peer that sends single bytes costs no more than one that sends many`() throws {
        var buffer = ReadBuffer()
        let sent = (0..<65_536).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        for byte in sent { buffer.put(.success([byte])) }
        var (got, takes) = ([UInt8](), 0)
        while let bytes = try buffer.take()?.get() {
            #expect(bytes.count <= 65_536)
            got += bytes
            takes += 1
        }
        #expect(got == sent)
        #expect(takes <= 2)
    }
}
