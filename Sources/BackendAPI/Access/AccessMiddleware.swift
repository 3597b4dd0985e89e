import HTTP
import HTTPTypes
import Loop
import Outbound

/// The clocks of the doors: tests turn them by hand.
struct AccessClock: Sendable {
    var now: @LoopActor @Sendable () -> ContinuousClock.Instant = { .now }
    /// Seconds since 1970.
    var time: @LoopActor @Sendable () -> Int64 = { TaskBook.now() / 1000 }
}

/// Lets in who may come in, and not too often.
@LoopActor
final class AccessMiddleware: Middleware {
    private let settings: AccessSettings
    private let ring: KeyRing
    private let signer: ImageSigner
    private let clock: AccessClock
    /// `SERVER_API_KEY` is set: on its route `X-API-Key` is that one's.
    private let guardsPortraits: Bool
    private var limiter = RateLimiter()

    init(
        _ settings: AccessSettings, ring: KeyRing, signer: ImageSigner, guardsPortraits: Bool, clock: AccessClock
    ) {
        self.settings = settings
        self.ring = ring
        self.signer = signer
        self.guardsPortraits = guardsPortraits
        self.clock = clock
    }

    private static let portraits = "/api/generate"

    func respond(to request: Request, next: Next) async throws -> Response {
        let door = AccessDoor.of(request.method, request.path)
        guard door != .open else { return try await next(request) }
        var caller = Caller(address: request.clientAddress, limits: settings.limits)
        do { try identify(&caller, request, door) } catch {
            // A guess counts as well.
            let verdict = judge(caller, request)
            let answer = verdict.retryAfter == nil ? error : .tooMuch(verdict, caller.limits)
            return told(verdict, answer.response)
        }
        let verdict = judge(caller, request)
        if verdict.retryAfter != nil {
            let problem = HTTPProblem.tooMuch(verdict, caller.limits)
            guard request.path == Self.portraits else { return told(verdict, problem.response) }
            caller.refusal = problem
        }
        return try await pass(request, caller, verdict, next)
    }

    private func pass(
        _ request: Request, _ caller: Caller, _ verdict: RateVerdict, _ next: Next
    ) async throws -> Response {
        var request = request
        request.context = caller
        defer {
            if request.body.length == nil {
                limiter.charge(
                    caller.owner, bytes: request.body.received, limits: caller.limits, at: clock.now())
            }
        }
        guard verdict.fields != nil else { return try await next(request) }
        do { return told(verdict, try await next(request)) } catch let error as any HTTPResponseError {
            return told(verdict, error.response)
        }
    }

    // MARK: Who it is

    /// - Throws: `HTTPProblem` 401, 403.
    private func identify(_ caller: inout Caller, _ request: Request, _ door: AccessDoor) throws(HTTPProblem) {
        let isOurs = !(guardsPortraits && request.path == Self.portraits)
        let presented = PresentedKey(request.headerFields, readsAPIKey: isOurs)
        if door == .scope(.read), request.path.hasPrefix(ImageSigner.folder), let signature = request.query("signature")
        {
            do {
                try signer.check(
                    request.path, expires: request.query("expires") ?? "", signature: signature, at: clock.time())
                return caller.hasSignature = true
            } catch {
                // Who keeps a signed URL, and has a key, is not worse off than with the plain one.
                guard presented != .none else { throw error }
            }
        }
        guard settings.auth != .off else { return }
        switch presented {
        case .unreadable: throw .keyWrong
        case .none:
            let isFree = door == .administration ? Self.isFromHere(request) : settings.auth == .optional
            guard isFree else { throw .keyMissing }
        case .text(let text):
            guard let key = ring.key(text) else { throw .keyWrong }
            caller.key = key
            caller.limits = settings.limits.with(key.limits)
            switch door {
            case .scope(let scope) where !key.allows(scope): throw .scopeMissing(scope)
            case .administration where !key.allows(.admin) && !Self.isFromHere(request): throw .scopeMissing(.admin)
            default: break
            }
        }
    }

    /// Whether it comes from this machine, and not through a proxy here that asks for another.
    private static func isFromHere(_ request: Request) -> Bool {
        request.headerFields[.xForwardedFor] == nil && request.headerFields[.forwarded] == nil
            && NetworkAddress(request.remoteAddress)?.isLoopback == true
    }

    // MARK: How often

    private func judge(_ caller: Caller, _ request: Request) -> RateVerdict {
        limiter.judge(caller.owner, bytes: request.body.length ?? 0, limits: caller.limits, at: clock.now())
    }

    private func told(_ verdict: RateVerdict, _ response: Response) -> Response {
        guard let fields = verdict.fields else { return response }
        var response = response
        response.headers[.rateLimitPolicy] = fields.policy
        response.headers[.rateLimit] = fields.limit
        return response
    }
}
