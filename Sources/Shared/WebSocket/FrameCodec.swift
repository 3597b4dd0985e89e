internal import CWslay

/// wslay's event context, fed from a buffer and read into one: frames in and out, and no I/O. It belongs to one owner.
final class FrameCodec {
    enum Role: Sendable { case client, server }

    enum Event: Equatable {
        case message(WebSocketMessage)
        case pong
        /// The peer's closing frame, with its status code (1005 for none).
        case close(Int)
    }

    private var context: wslay_event_context_ptr?
    fileprivate var input: [UInt8] = []
    fileprivate var inputStart = 0
    fileprivate var output: [UInt8] = []
    fileprivate var events: [Event] = []

    /// - Parameter maxMessageBytes: a larger message is answered with a close (1009).
    init(role: Role, maxMessageBytes: Int) {
        var callbacks = wslay_event_callbacks(
            recv_callback: receiveBytes, send_callback: sendBytes, genmask_callback: makeMask,
            on_frame_recv_start_callback: nil, on_frame_recv_chunk_callback: nil, on_frame_recv_end_callback: nil,
            on_msg_recv_callback: receiveMessage)
        let this = Unmanaged.passUnretained(self).toOpaque()
        let status =
            role == .client
            ? wslay_event_context_client_init(&context, &callbacks, this)
            : wslay_event_context_server_init(&context, &callbacks, this)
        precondition(status == 0, "wslay has no memory for a context")
        wslay_event_config_set_max_recv_msg_length(context, UInt64(maxMessageBytes))
    }

    deinit { wslay_event_context_free(context) }

    /// Reads what came from the peer.
    ///
    /// - Returns: what it completed; answers to pings and closes are in the output.
    /// - Throws: ``WebSocketError`` when the peer broke the protocol; the close that tells it so is in the output.
    func receive(_ bytes: [UInt8]) throws(WebSocketError) -> [Event] {
        input = bytes
        inputStart = 0
        let status = wslay_event_recv(context)
        input = []
        defer { events = [] }
        // wslay has queued a close by itself for what it refuses, and reads no further.
        guard status == 0, wslay_event_want_read(context) == 1 || hasClosed else {
            throw WebSocketError(.violation, "the peer broke the WebSocket protocol, or sent too large a message")
        }
        return events
    }

    private var hasClosed: Bool {
        events.contains { if case .close = $0 { true } else { false } } || wslay_event_get_close_sent(context) == 1
    }

    func send(_ message: WebSocketMessage) {
        switch message {
        case .text(let text): queue(Array(text.utf8), opcode: UInt8(WSLAY_TEXT_FRAME.rawValue))
        case .binary(let bytes): queue(bytes, opcode: UInt8(WSLAY_BINARY_FRAME.rawValue))
        }
    }

    func ping() { queue([], opcode: UInt8(WSLAY_PING.rawValue)) }

    func close(_ code: UInt16) { wslay_event_queue_close(context, code, nil, 0) }

    private func queue(_ bytes: [UInt8], opcode: UInt8) {
        bytes.withUnsafeBufferPointer { buffer in
            var message = wslay_event_msg(opcode: opcode, msg: buffer.baseAddress, msg_length: buffer.count)
            wslay_event_queue_msg(context, &message)  // copies; fails only after a close, when nothing is to be sent
        }
    }

    /// Takes the bytes that are to go to the peer.
    func takeOutput() -> [UInt8] {
        // One call sends all that is queued: the callback takes everything.
        if wslay_event_want_write(context) == 1 { wslay_event_send(context) }
        defer { output = [] }
        return output
    }
}

private func codec(_ data: UnsafeMutableRawPointer?) -> FrameCodec? {
    data.map { Unmanaged<FrameCodec>.fromOpaque($0).takeUnretainedValue() }
}

private func receiveBytes(
    _ context: wslay_event_context_ptr?, _ target: UnsafeMutablePointer<UInt8>?, _ count: Int, _: Int32,
    _ data: UnsafeMutableRawPointer?
) -> Int {
    guard let codec = codec(data), let target else { return -1 }
    let taken = min(count, codec.input.count - codec.inputStart)
    guard taken > 0 else {
        wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK.rawValue)
        return -1
    }
    let piece = codec.input[codec.inputStart..<(codec.inputStart + taken)]
    _ = UnsafeMutableBufferPointer(start: target, count: taken).update(fromContentsOf: piece)
    codec.inputStart += taken
    return taken
}

private func sendBytes(
    _: wslay_event_context_ptr?, _ bytes: UnsafePointer<UInt8>?, _ count: Int, _: Int32,
    _ data: UnsafeMutableRawPointer?
) -> Int {
    codec(data)?.output.append(contentsOf: UnsafeBufferPointer(start: bytes, count: count))
    return count
}

/// Masks are random, so that a script cannot choose the bytes on the wire (RFC 6455 §10.3).
private func makeMask(
    _: wslay_event_context_ptr?, _ target: UnsafeMutablePointer<UInt8>?, _ count: Int, _: UnsafeMutableRawPointer?
) -> Int32 {
    for index in 0..<count { target?[index] = .random(in: 0 ... .max) }
    return 0
}

private func receiveMessage(
    _ context: wslay_event_context_ptr?, _ argument: UnsafePointer<wslay_event_on_msg_recv_arg>?,
    _ data: UnsafeMutableRawPointer?
) {
    guard let codec = codec(data), let message = argument?.pointee else { return }
    let bytes = Array(UnsafeBufferPointer(start: message.msg, count: message.msg_length))
    switch wslay_opcode(rawValue: UInt32(message.opcode)) {
    // wslay has checked that it is UTF-8.
    case WSLAY_TEXT_FRAME: codec.events.append(.message(.text(String(decoding: bytes, as: UTF8.self))))
    case WSLAY_BINARY_FRAME: codec.events.append(.message(.binary(bytes)))
    case WSLAY_PONG: codec.events.append(.pong)
    case WSLAY_CONNECTION_CLOSE:
        codec.events.append(.close(message.status_code == 0 ? 1005 : Int(message.status_code)))
    default: break
    }
}
