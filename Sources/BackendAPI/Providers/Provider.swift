import JSONText
import Loop

/// Somebody who can do a ``ProviderJob``: a service on the internet, or our own GPU service behind the task queue.
///
/// A request goes through `prepare`, `submit` and `follow`. The ticket is written down between each two of them, so that
/// whoever comes after a crash goes on with the same request. All of them throw ``ProviderFailure`` for what happened at
/// the provider, `CancellationError`, and whatever our own disk reports.
protocol Provider: Sendable {
    var name: ProviderName { get }
    /// It has its token and address.
    var isConfigured: Bool { get }
    /// Whether it can do that at all, and what of it it cannot honour.
    func can(_ job: ProviderJob) -> ProviderCapability
    /// In dollars, for one success.
    func price(_ job: ProviderJob) -> Double

    /// Does what costs nothing: asks whether the provider is ready, uploads pictures. Its ticket is a draft.
    @LoopActor func prepare(_ job: ProviderJob, within limit: Duration) async throws -> ProviderTicket
    /// Sends the request, once. From here on it may cost money.
    ///
    /// An answer that was lost is `.unknown`, with the draft, or with a ticket where that much came through.
    @LoopActor func submit(_ job: ProviderJob, _ draft: ProviderTicket, within limit: Duration) async throws
        -> ProviderSubmission
    /// Follows a request to its end. Can be called again with the same ticket, by another process too.
    @LoopActor func follow(
        _ ticket: ProviderTicket, within limit: Duration, onProgress: @escaping ProviderWatch
    ) async throws -> ProviderOutcome
    /// Looks whether a draft was sent after all. It costs nothing.
    @LoopActor func locate(_ draft: ProviderTicket, within limit: Duration) async throws -> ProviderLocation
    /// Stops a request.
    ///
    /// - Returns: true when it is certain that it has not been and will not be done.
    @LoopActor func cancel(_ ticket: ProviderTicket, within limit: Duration) async -> Bool
}

/// Told of each bit of news of a request.
typealias ProviderWatch = @LoopActor @Sendable (ProviderProgress) -> Void

/// What a provider can do of a job.
enum ProviderCapability: Sendable, Equatable {
    /// It has no model for that.
    case no
    /// All, or all but what the warnings say: "replicate cannot honour negative_prompt".
    case yes(warnings: [String] = [])
}

/// A request that was taken.
struct ProviderSubmission: Sendable {
    var ticket: ProviderTicket
    /// There already where the provider answers at once.
    var outcome: ProviderOutcome?
}

/// Where a draft has got to.
enum ProviderLocation: Sendable, Equatable {
    case found(ProviderTicket)
    /// The provider has never got it.
    case absent
    /// The provider has no way to tell.
    case unknowable
}

/// The end of a time budget, by the clock.
struct ProviderDeadline: Sendable {
    private let end: ContinuousClock.Instant

    init(within limit: Duration) { end = .now + limit }

    var left: Duration { max(.zero, end - .now) }
}
