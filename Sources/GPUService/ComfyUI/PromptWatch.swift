import JSONText
import Loop
import Wire

/// Decides how a submitted prompt is followed to its end: what to ask next, how long to wait, when it is over. A value
/// with no I/O and no clock, so that every order of events can be tested.
///
/// The socket is quick and may be silent, late or wrong; the history is the truth. A prompt is called lost only when it
/// is in neither history nor queue, nor in the history again (it may have ended between the first two questions), and
/// the same once more after a pause.
struct PromptWatch: Sendable, Equatable {
    enum Event: Sendable, Equatable {
        /// About this prompt.
        case message(ComfyMessage)
        /// The socket that the prompt was submitted on has gone; nothing more of it will come.
        case socketDown
        case history(HistoryEntry?)
        case queue(QueueSnapshot.Place)
        /// A question was not answered, or not with an answer.
        case unanswered(Silence)
        /// The time that was asked for is over.
        case waited
        /// ComfyUI answers and does no work.
        case wedged
    }

    enum Silence: Sendable, Equatable {
        /// Nobody listens there.
        case refused
        /// It listens and does not answer in time, or not what it should.
        case silent
    }

    enum Decision: Sendable, Equatable {
        case askHistory
        case askQueue
        /// For a message, at most so long.
        case wait(Duration)
        case ended(Result<[ComfyFile], GenerationFailure>)
    }

    /// Why it was interrupted by us, if it was.
    enum Stop: Sendable, Equatable {
        case cancelled
        case deadline
        /// It made no sign of life for too long.
        case stalled
    }

    private enum Look: Sendable, Equatable { case history, queue, historyAgain, pause }

    private var look = Look.history
    private var round = 1
    private var hasSocket: Bool
    private var refusals = 0
    private var silences = 0
    private var messageFiles: [ComfyFile] = []
    private var hasSucceeded = false
    /// Whether ComfyUI has begun to run it.
    private(set) var hasStarted = false
    /// Set when we have asked ComfyUI to stop it.
    var stop: Stop?

    /// The socket is trusted for so long without a question.
    static let pollWithSocket: Duration = .seconds(2)
    static let pollWithoutSocket: Duration = .milliseconds(250)
    static let pauseBeforeLost: Duration = .milliseconds(500)
    /// `execution_success` can come before the history has the entry; `executing` with no node never does.
    static let pauseAfterSuccess: Duration = .milliseconds(50)
    static let pauseWhenUnanswered: Duration = .milliseconds(500)
    static let maxRefusals = 10
    static let maxSilences = 3

    init(hasSocket: Bool) { self.hasSocket = hasSocket }

    /// What to do first.
    var first: Decision { hasSocket ? .wait(Self.pollWithSocket) : .askHistory }

    mutating func observe(_ event: Event) -> Decision {
        switch event {
        case .message(let message): return observe(message)
        case .socketDown:
            hasSocket = false
            return beginLook()
        case .history(let entry?): return .ended(end(of: entry))
        case .history(nil): return notInHistory()
        case .queue(let place): return inQueue(place)
        case .unanswered(let silence): return unanswered(silence)
        case .wedged:
            return .ended(.failure(stopped ?? Self.wedged))
        case .waited: return look == .pause ? secondRound() : beginLook()
        }
    }

    private mutating func observe(_ message: ComfyMessage) -> Decision {
        switch message {
        case .executionStart: hasStarted = true
        case .executed(_, let node, let output): messageFiles += ComfyFile.all(node: node, output: output)
        case .executionSuccess:
            hasSucceeded = true
            return .wait(Self.pauseAfterSuccess)
        case .executionError, .executionInterrupted: return .wait(Self.pauseAfterSuccess)
        case .executing(_, nil): return beginLook()
        default: break
        }
        return .wait(poll)
    }

    private var poll: Duration { hasSocket ? Self.pollWithSocket : Self.pollWithoutSocket }

    private mutating func beginLook() -> Decision {
        look = .history
        return .askHistory
    }

    private mutating func notInHistory() -> Decision {
        answered()
        if look == .history {
            look = .queue
            return .askQueue
        }
        guard round == 1 else { return .ended(lost) }
        look = .pause
        return .wait(Self.pauseBeforeLost)
    }

    private mutating func secondRound() -> Decision {
        round = 2
        return beginLook()
    }

    private mutating func inQueue(_ place: QueueSnapshot.Place) -> Decision {
        answered()
        switch place {
        case .absent:
            look = .historyAgain
            return .askHistory
        case .running: hasStarted = true
        case .pending: break
        }
        look = .history
        round = 1
        return .wait(poll)
    }

    private mutating func answered() {
        refusals = 0
        silences = 0
    }

    private mutating func unanswered(_ silence: Silence) -> Decision {
        if silence == .refused { refusals += 1 } else { silences += 1 }
        if refusals >= Self.maxRefusals || silences >= Self.maxSilences {
            let message = "ComfyUI stopped answering while it worked on this."
            return .ended(.failure(GenerationFailure(.unavailable, message)))
        }
        look = .history
        return .wait(Self.pauseWhenUnanswered)
    }

    /// Neither queue nor history has it.
    private var lost: Result<[ComfyFile], GenerationFailure> {
        if let failure = stopped { return .failure(failure) }
        // The socket told of its success, and of its files: that is as good as the entry that has been cleared.
        if hasSucceeded, !messageFiles.isEmpty { return .success(messageFiles) }
        return .failure(GenerationFailure(.lost, "ComfyUI has lost this generation, most likely by a restart."))
    }

    /// The prompt is on a ComfyUI that is wedged.
    static let wedged = GenerationFailure(.unavailable, "ComfyUI answers and does no work.")

    /// Why it ends when it is gone after we asked for its stop; nil when we have not.
    var stopped: GenerationFailure? {
        switch stop {
        case .cancelled: GenerationFailure.cancelled
        case .deadline: GenerationFailure(.deadline, "The generation took longer than it may.")
        case .stalled: GenerationFailure(.transient, "The generation made no progress for too long.")
        case nil: nil
        }
    }

    private func end(of entry: HistoryEntry) -> Result<[ComfyFile], GenerationFailure> {
        switch entry.end {
        case .success: .success(entry.files)
        case .error(let failure): .failure(failure)
        case .interrupted:
            .failure(stopped ?? GenerationFailure(.interrupted, "The generation was interrupted in ComfyUI."))
        }
    }
}
