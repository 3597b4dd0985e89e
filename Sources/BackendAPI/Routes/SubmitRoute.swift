import Crypto
import GRDB
import HTTP
import HTTPTypes
import JSONText
import Loop
import Workflows

/// `POST /generate`: everything that makes a task of a request.
@LoopActor
struct SubmitRoute {
    let book: TaskBook
    let acceptance: Acceptance
    let submissions: Submissions
    let keeper: FileKeeper
    let space: DiskSpace
    let maxQueued: Int

    /// What a request came to.
    struct Outcome {
        let entry: LiveTask
        /// An `Idempotency-Key` stood for it already.
        let isReplayed: Bool
    }

    /// A body as the checks see it, and what becomes of its task.
    struct Rewritten {
        var body: JSON
        /// Of what the checks do not see.
        var faults: [Fault] = []
        /// Where the client finds a fault of the body.
        var place: @Sendable (Fault) -> Fault = { $0 }
        /// What the route makes of the task before it is kept.
        var edit: @LoopActor (inout GenerationTask) async throws -> Void = { _ in }
    }

    /// Accepts the request's task, or finds the one that its `Idempotency-Key` stands for.
    ///
    /// - Parameters:
    ///   - run: the workflow that the path names; nil where the body does.
    ///   - rewrite: what the route makes of the body that was read, before it is checked.
    /// - Throws: ``Unprocessable``; `HTTPProblem` 409, 413, 429, 503, 507; what ``Rewritten/edit`` throws.
    func submit(
        _ request: Request, run: WorkflowSummary? = nil,
        rewrite: @escaping @LoopActor (Acceptance.Reading) -> Rewritten = { Rewritten(body: $0.json) }
    ) async throws -> Outcome {
        let caller = request.caller
        let key = try Self.key(of: request)
        // A key may stand for a task that is there already, so its body is read in any case.
        if key == nil { try checkRoom(caller) }
        let reading = try await acceptance.read(request, isRun: run != nil, isHashed: key != nil)
        guard let key else {
            return Outcome(entry: try await accept(reading, request, run, rewrite), isReplayed: false)
        }
        let (entry, isReplayed) = try await submissions.task(for: key, body: reading.sha256) { also in
            try checkRoom(caller)
            return try await accept(reading, request, run, rewrite, also: also)
        }
        return Outcome(entry: entry, isReplayed: isReplayed)
    }

    private func accept(
        _ reading: Acceptance.Reading, _ request: Request, _ run: WorkflowSummary?,
        _ rewrite: @LoopActor (Acceptance.Reading) -> Rewritten,
        also: @escaping @Sendable (String, Database) throws -> Void = { _, _ in }
    ) async throws -> LiveTask {
        let lease = keeper.lease()
        defer { lease.end() }
        let rewritten = rewrite(reading)
        var task = try await task(reading, rewritten, run, request.owner, lease)
        try await rewritten.edit(&task)
        // Others may have come while this one's pictures did.
        try checkRoom(request.caller)
        let id = task.id
        do {
            return try await book.accept(task, requestID: request.id) { try also(id, $0) }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_FULL {
            throw HTTPProblem.insufficientStorage("The disk is full.")
        } catch is DatabaseError {
            throw HTTPProblem(
                .serviceUnavailable, "The task could not be kept on the disk.", headers: [.retryAfter: "5"])
        }
    }

    /// The fields are judged before the policy, and all of their faults are told at once.
    private func task(
        _ reading: Acceptance.Reading, _ rewritten: Rewritten, _ run: WorkflowSummary?, _ owner: String,
        _ lease: FileLease
    ) async throws -> GenerationTask {
        var reading = reading
        reading.json = rewritten.body
        do {
            let task = try await acceptance.task(from: reading, run: run, owner: owner, lease)
            guard rewritten.faults.isEmpty else { throw Unprocessable(faults: []) }
            return task
        } catch let wrong as Unprocessable {
            throw Unprocessable(faults: rewritten.faults + wrong.faults.map(rewritten.place))
        } catch is HTTPProblem where !rewritten.faults.isEmpty {
            throw Unprocessable(faults: rewritten.faults)
        }
    }

    private func checkRoom(_ caller: Caller) throws {
        try space.check()
        let most = caller.limits.tasks
        guard most == 0 || book.unendedCount(of: caller.owner) < most else {
            throw HTTPProblem(
                .tooManyRequests, "\(most) of your tasks wait or run already.",
                code: PortraitError.rateLimited.rawValue,
                headers: [.retryAfter: String(book.times.untilRoom)])
        }
        guard book.waitingCount < maxQueued else {
            throw HTTPProblem(
                .tooManyRequests, "\(maxQueued) tasks wait already.",
                headers: [.retryAfter: String(book.times.untilRoom)])
        }
    }

    private static func key(of request: Request) throws -> Submissions.Key? {
        guard let key = request.headerFields[.idempotencyKey] else { return nil }
        guard (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Unprocessable(
                faults: [
                    .valueError(
                        ["header", "idempotency-key"], "it must be 1 to 255 visible ASCII characters",
                        input: .string(key))
                ])
        }
        return Submissions.Key(owner: request.owner, route: request.path, key: key)
    }
}

extension Request {
    /// Whose turn it takes in the queue, and whose `Idempotency-Key`s it sees.
    var owner: String { caller.owner }
}

extension HTTPField.Name {
    /// draft-ietf-httpapi-idempotency-key-header. The literals are tokens, so the names exist.
    static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
    static let idempotentReplayed = HTTPField.Name("Idempotent-Replayed")!
}
