import Faces
import Images
import Loop

/// Inspects pictures, few at once, and none twice within an hour.
@LoopActor
final class InspectionDesk {
    private let thresholds: FaceThresholds
    private let clock = ContinuousClock()
    private var memory = InspectionMemory()
    private var underWay: [String: Task<Inspection, any Error>] = [:]
    private var free: Int
    private var waiting: [LoopEvent] = []

    /// Each keeps a thread of the pool busy, of which there are four; the other threads are for everybody else.
    nonisolated static let atOnce = 2
    /// Pictures that are inspected or wait for it, at most; the last waits some 5 s.
    nonisolated static let capacity = 32

    init(thresholds: FaceThresholds) {
        self.thresholds = thresholds
        free = Self.atOnce
    }

    /// More pictures came than can be inspected soon.
    struct Full: Error {}

    /// What is to be seen on a picture. Whoever asks for one that is being inspected shares the answer.
    ///
    /// - Parameter source: the content that has the hash `sha256`.
    /// - Throws: ``Full``, `ImageError`, `FaceError`.
    func inspect(_ sha256: String, _ source: ImageSource) async throws -> Inspection {
        if let known = memory.recall(sha256, now: clock.now) { return known }
        if let task = underWay[sha256] { return try await task.value }
        guard underWay.count < Self.capacity else { throw Full() }
        // A task of its own: whoever asked may go away, and others may share it.
        let task = Task(executorPreference: EventLoop.shared) { try await self.search(sha256, source) }
        underWay[sha256] = task
        return try await task.value
    }

    private func search(_ sha256: String, _ source: ImageSource) async throws -> Inspection {
        defer { underWay[sha256] = nil }
        try await takeTurn()
        defer { endTurn() }
        let found = try await offLoop { try FaceFinder.find(in: source) }
        let inspection = Inspection(found: found, thresholds: thresholds)
        memory.remember(inspection, of: sha256, now: clock.now)
        return inspection
    }

    private func takeTurn() async throws {
        guard free == 0 else {
            free -= 1
            return
        }
        let turn = LoopEvent()
        waiting.append(turn)
        try await turn.wait()
    }

    /// Hands the turn on to who has waited longest.
    private func endTurn() {
        guard !waiting.isEmpty else {
            free += 1
            return
        }
        waiting.removeFirst().signal()
    }
}
