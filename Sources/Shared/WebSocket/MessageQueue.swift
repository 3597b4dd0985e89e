/// Messages that wait to be received: bounded, the oldest binary ones going first. A value.
struct MessageQueue {
    private var messages: [WebSocketMessage] = []
    private var bytes = 0

    mutating func take() -> WebSocketMessage? {
        guard !messages.isEmpty else { return nil }
        let first = messages.removeFirst()
        bytes -= first.count
        return first
    }

    /// - Throws: ``WebSocketError`` when it is full of texts, which nobody may lose.
    mutating func put(_ message: WebSocketMessage) throws(WebSocketError) {
        messages.append(message)
        bytes += message.count
        while isOver {
            guard let oldest = messages.firstIndex(where: { if case .binary = $0 { true } else { false } }) else {
                throw WebSocketError(.overflow, "over \(WebSocketConnection.maxQueuedMessages) messages wait to be received")
            }
            bytes -= messages.remove(at: oldest).count
        }
    }

    private var isOver: Bool {
        messages.count > WebSocketConnection.maxQueuedMessages || bytes > WebSocketConnection.maxQueuedBytes
    }
}
