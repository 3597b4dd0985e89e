import Loop

/// Things for one reader who waits for each a bounded time. Holds at most `capacity`; the oldest goes first.
@LoopActor
final class Inbox<Element: Sendable> {
    private var elements: [Element] = []
    private let capacity: Int
    private var arrival: LoopEvent?

    init(capacity: Int) { self.capacity = capacity }

    func put(_ element: Element) {
        if elements.count == capacity { elements.removeFirst() }
        elements.append(element)
        arrival?.signal()
    }

    /// The next one, or nil when none came within `limit`.
    ///
    /// - Throws: `CancellationError`.
    func next(within limit: Duration) async throws -> Element? {
        if elements.isEmpty {
            let event = LoopEvent()
            arrival = event
            let timer = LoopTimer { event.signal() }
            timer.start(after: limit)
            defer {
                timer.close()
                arrival = nil
            }
            try await event.wait()
        }
        return elements.isEmpty ? nil : elements.removeFirst()
    }
}
