import Loop

/// Two ends of one TCP connection.
@LoopActor
func connectedPair() async throws -> (dialled: TCPConnection, accepted: TCPConnection) {
    let listener = try TCPListener(host: "127.0.0.1", port: 0)
    defer { listener.close() }
    let port = listener.port
    async let dialled = TCPConnection.connect(host: "127.0.0.1", port: port, timeout: .seconds(30))
    for await accepted in listener.connections { return (try await dialled, accepted) }
    throw CancellationError()
}

/// A frame as it is on the wire (RFC 6455 §5.2), with a payload of up to 125 bytes; a client's is masked.
func frame(_ opcode: UInt8, _ payload: [UInt8], isLast: Bool = true, isMasked: Bool = true) -> [UInt8] {
    let mask: [UInt8] = [1, 2, 3, 4]
    let head = [opcode | (isLast ? 0x80 : 0), UInt8(payload.count) | (isMasked ? 0x80 : 0)]
    guard isMasked else { return head + payload }
    return head + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
}

/// A closing frame's payload.
func closing(_ code: UInt16) -> [UInt8] { [UInt8(code >> 8), UInt8(code & 0xFF)] }
