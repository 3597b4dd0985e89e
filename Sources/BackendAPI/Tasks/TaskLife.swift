import Loop
import Wire

/// Decides what becomes of a task after each thing that can happen to it. A value, with no clock and no I/O.
///
/// Only a *known* end raises the attempt: it failed for a reason that may pass, its file is gone, or ComfyUI has lost
/// it. The death of a service, a broken connection and a ComfyUI that is away use up nothing: the same attempt is asked
/// for again, and is found by its name.
struct TaskLife: Sendable, Equatable {
    enum Event: Sendable, Equatable {
        /// The GPU service told its outcome.
        case result
        case failure(GenerationFailure)
        /// The stream ended with neither, or nothing answers there.
        case connectionLost
        /// The GPU service takes nothing now, and perhaps says for how long.
        case busy(Duration?)
        /// The GPU service names a result whose file is gone.
        case fileGone
        /// The GPU service refused the request for good (its parameters, its workflow).
        case refused(String)
        /// This process, or the one before, gives its running tasks back.
        case restart
        /// Somebody wants it cancelled.
        case cancel
        /// It has waited for as long as it may.
        case waitedTooLong
    }

    enum Decision: Sendable, Equatable {
        /// The results are stored, and it is done.
        case done
        /// The same attempt again, after the pause, as soon as a GPU service is there.
        case sameAttempt(after: Duration)
        /// A new attempt, after the pause.
        case nextAttempt(after: Duration)
        case failed(String)
        case cancelled
        /// It is asked of ComfyUI; its end tells.
        case interrupt
        /// It has ended already.
        case tooLate
        /// Nothing changes.
        case goOn
    }

    /// Attempts that a task may use.
    static let maxAttempts = 4
    /// The pause before the second attempt, at most; it doubles with each.
    static let firstPause: Duration = .seconds(1)
    /// The pause after a broken connection: the pod is looked at each second.
    static let pauseAfterLoss: Duration = .milliseconds(500)
    /// A `Retry-After` is obeyed up to here.
    static let longestPause: Duration = .seconds(60)

    var state: TaskState
    var attempt: Int
    var isCancelling = false
    /// How often it was interrupted by somebody else; once is forgiven.
    var interruptions = 0
    /// How often the GPU had not enough memory for it; once more is tried.
    var shortages = 0
    /// Why its first attempt failed.
    var cause: String?
    /// 0…1: how much of the upper half of a pause is waited, so that many retries do not come at one instant.
    var jitter = 1.0

    mutating func observe(_ event: Event) -> Decision {
        if state.hasEnded { return .tooLate }
        switch event {
        case .result: return .done
        case .failure(let failure): return after(failure)
        case .connectionLost: return sameAttempt(after: Self.pauseAfterLoss)
        case .busy(let pause): return sameAttempt(after: min(pause ?? Self.pauseAfterLoss, Self.longestPause))
        case .fileGone: return again("The generated picture was deleted before it could be fetched.", pause: .zero)
        case .refused(let reason): return isCancelling ? .cancelled : .failed(reason)
        case .restart: return sameAttempt(after: .zero)
        case .waitedTooLong:
            // What runs, or may be running unseen, has a deadline of its own.
            return state == .queued ? .failed(cause ?? "It waited too long for a GPU.") : .goOn
        case .cancel:
            isCancelling = true
            return state == .queued ? .cancelled : .interrupt
        }
    }

    private mutating func after(_ failure: GenerationFailure) -> Decision {
        if isCancelling { return .cancelled }
        switch failure.kind {
        case .input, .failed, .deadline: return .failed(failure.message)
        case .cancelled: return .cancelled
        case .unavailable: return sameAttempt(after: Self.pauseAfterLoss)
        case .lost: return again(failure.message, pause: .zero)
        case .transient: return again(failure.message, pause: pause)
        case .memory:
            shortages += 1
            return shortages > 1 ? .failed(cause ?? failure.message) : again(failure.message, pause: pause)
        case .interrupted:
            interruptions += 1
            return interruptions > 1 ? .failed(failure.message) : again(failure.message, pause: pause)
        }
    }

    private func sameAttempt(after pause: Duration) -> Decision {
        isCancelling ? .cancelled : .sameAttempt(after: pause)
    }

    private var pause: Duration {
        let full = Self.firstPause * (1 << min(10, max(0, attempt - 1)))
        return full * (0.5 + 0.5 * jitter)
    }

    private mutating func again(_ reason: String, pause: Duration) -> Decision {
        if isCancelling { return .cancelled }
        let first = cause ?? reason
        cause = first
        return attempt < Self.maxAttempts ? .nextAttempt(after: pause) : .failed(first)
    }
}
