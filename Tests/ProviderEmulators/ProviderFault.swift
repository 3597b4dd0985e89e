public import Loop

/// Something that an emulated provider does in another way than it should, or in a rarer one.
public enum ProviderFault: String, Sendable, Hashable, CaseIterable {
    /// 429, with `Retry-After: 1`.
    case rateLimited
    /// 429 that says no time.
    case rateLimitedSilently
    /// 429 that says its time in the body.
    case rateLimitedInWords
    /// 503 with no more.
    case unavailable
    /// 503: the model is loading, with an estimate.
    case loading
    case unauthorized, noCredit, refusedInput
    /// The request is taken, and its answer never comes.
    case hangAtSubmit
    /// The request is taken, and its answer comes once the test releases it.
    case heldAtSubmit
    case hangAtStatus, hangAtResult
    /// The request is taken, and the connection breaks in the middle of the answer.
    case resetAtSubmit
    /// The request is taken, and the connection breaks before the answer.
    case droppedSubmit
    case resetAtResult
    case truncatedPicture
    case wrongJSONAtSubmit, wrongJSONAtStatus
    /// It ends with an error: `COMPLETED` with one, `failed`, an `error` event.
    case failed
    case aborted
    /// The end comes with the first answer, and still says `processing`.
    case processingWhenDone
    case unsafe
    /// The result is there, and flagged.
    case flagged
    case resultGone
    /// 200 MB, with no length said before.
    case hugeResult
    /// The address of the result leads on to another.
    case redirectedResult
    /// The address of the result leads to itself.
    case endlessRedirect
    /// The address of the result is a `data:` URI.
    case inlineResult
    case neverEnds
    /// The Space is asleep.
    case notRunning
}

/// How often each fault is still to happen.
@LoopActor
public final class FaultPlan {
    private var left: [ProviderFault: Int] = [:]

    public init() {}

    /// The fault happens the next so many times that it can.
    public func set(_ fault: ProviderFault, times: Int = 1) { left[fault] = times }

    public func clear() { left = [:] }

    /// Whether it happens now.
    func take(_ fault: ProviderFault) -> Bool {
        guard let count = left[fault], count > 0 else { return false }
        left[fault] = count - 1
        return true
    }
}
