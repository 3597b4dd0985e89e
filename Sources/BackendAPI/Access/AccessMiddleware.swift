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
    /// Of any route, in bytes: more than that is not read, whatever the client says of it.
    private let largestBody: Int
    /// `SERVER_API_KEY` is set: on its route `X-API-Key` is that one's.
    private let guardsPortraits: Bool
    private var limiter = RateLimiter()

    init(
        _ settings: AccessSettings, ring: KeyRing, signer: ImageSigner, largestBody: Int, guardsPortraits: Bool,
        clock: AccessClock
    ) {
        self.settings = settings
        self.ring = ring
        self.signer = signer
        self.largestBody = largestBody
        self.guardsPortraits = guardsPortraits
        self.clock = clock
    }

    private static let portraits = "/api/generate"

    func receive(_ request: inout Request) throws -> Response? {
        let door = AccessDoor.of(request.method, request.path)
        guard door != .open else { return nil }
        var caller = Caller(address: request.clientAddress, limits: settings.limits)
        do { try identify(&caller, request, door) } catch {
            // A guess counts as well.
            judge(&caller, request)
            request.context = caller
            throw caller.verdict.retryAfter == nil ? error : .tooMuch(caller.verdict, caller.limits)
        }
        judge(&caller, request)
        if caller.verdict.retryAfter != nil {
            let problem = HTTPProblem.tooMuch(caller.verdict, caller.limits)
            if request.path == Self.portraits {
                caller.refusal = problem
            } else {
                request.context = caller
                throw problem
            }
        }
        request.context = caller
        return nil
    }

    func reply(_ response: inout Response, to request: Request) {
        guard let caller = request.context as? Caller else { return }
        if request.body.length == nil {
            limiter.charge(caller.owner, bytes: request.body.received, limits: caller.limits, at: clock.now())
        }
        guard let fields = caller.verdict.fields else { return }
        response.headers[.rateLimitPolicy] = fields.policy
        response.headers[.rateLimit] = fields.limit
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
        guard settings.auth != .off else {
            guard door != .administration || Self.isFromHere(request) else { throw .otherMachine }
            return
        }
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

    private func judge(_ caller: inout Caller, _ request: Request) {
        let bytes = min(request.body.length ?? 0, largestBody)
        caller.verdict = limiter.judge(caller.owner, bytes: bytes, limits: caller.limits, at: clock.now())
    }
}
