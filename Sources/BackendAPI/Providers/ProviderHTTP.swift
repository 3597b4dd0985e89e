import HTTPTypes
import JSONText
import Loop
import Operations
import Outbound

/// Calls to one provider's API.
@LoopActor
struct ProviderHTTP: Sendable {
    let http: HTTPClient
    /// Without a slash at its end.
    let baseURL: String
    /// "Key" or "Bearer".
    var scheme = "Bearer"
    /// Sent with every call; what is asked is the base URL's host, or one that gets no token.
    var token: Secret?
    var pace = ProviderPace()

    /// Of an answer that is JSON. Pictures within it (`data:`) are in here, too.
    static let maxAnswerBytes = 24 << 20
    /// From so many bytes on JSON is read off the loop.
    private static let smallBytes = 64 << 10

    /// - Throws: ``TransportError``.
    func send(
        _ method: HTTPRequest.Method, _ url: String, _ body: ClientRequest.Body = .none, headers: HTTPFields = [:],
        within limit: Duration
    ) async throws -> ClientResponse {
        var fields = headers
        if let token { fields[.authorization] = "\(scheme) \(token.reveal())" }
        let connect = min(.seconds(10), limit)
        return try await http.send(
            ClientRequest(
                method: method, url: url, headers: fields, body: body,
                timeouts: .init(connect: connect, idle: limit, total: limit), maxBodyBytes: Self.maxAnswerBytes))
    }

    /// Sends a request and reads the whole answer.
    ///
    /// - Throws: ``TransportError``.
    func call(
        _ method: HTTPRequest.Method, _ url: String, _ body: ClientRequest.Body = .none, headers: HTTPFields = [:],
        within limit: Duration
    ) async throws -> ProviderAnswer {
        let response = try await send(method, url, body, headers: headers, within: limit)
        return try await Self.read(response)
    }

    static func read(_ response: ClientResponse) async throws -> ProviderAnswer {
        let bytes = try await response.collect()
        let json =
            bytes.count <= smallBytes ? try? JSON(parsing: bytes) : try await offLoop { try? JSON(parsing: bytes) }
        return ProviderAnswer(status: response.status, headers: response.headers, json: json)
    }

    /// A POST of JSON.
    func post(_ url: String, _ body: JSON, headers: HTTPFields = [:], within limit: Duration) async throws
        -> ProviderAnswer
    {
        var fields = headers
        fields[.contentType] = "application/json"
        return try await call(.post, url, .bytes(body.serialized()), headers: fields, within: limit)
    }

    /// A URL that a provider has given, where the token may be sent to it; else one that is made from the base URL.
    nonisolated func ours(_ url: String?, else made: String) -> String {
        guard let url, let theirs = try? OutsideURL(url), let base = try? OutsideURL(baseURL),
            theirs.peer == base.peer, theirs.scheme == base.scheme
        else { return made }
        return url
    }

    /// A GET that may be repeated: waits when it is told to, and passes over so many faults in a row as the pace allows.
    ///
    /// - Parameter isHiccup: whether an answer is one of those faults.
    /// - Throws: ``ProviderFailure`` `.unknown` after too many faults, `.timedOut` where the time does not do.
    func get(
        patiently url: String, headers: HTTPFields = [:], until deadline: ProviderDeadline,
        isHiccup: (ProviderAnswer) -> Bool = { $0.status >= 500 }
    ) async throws -> ProviderAnswer {
        var waits = PollPauses(pace)
        var faults = 0
        while true {
            var pause = waits.next()
            var fault = "no answer"
            do {
                let answer = try await call(.get, url, headers: headers, within: min(deadline.left, pace.callTimeout))
                guard answer.status == 429 || isHiccup(answer) else { return answer }
                fault = "HTTP \(answer.status)"
                if let wanted = answer.retryAfter { pause = max(pause, wanted) }
                // Being told to wait is no fault.
                if answer.status != 429 { faults += 1 }
            } catch let error as TransportError {
                fault = error.message
                faults += 1
            }
            guard faults < pace.faults else { throw ProviderFailure(.unknown, fault) }
            guard pause < deadline.left else { throw ProviderFailure(.timedOut, "no result in time") }
            try await sleep(for: pause)
        }
    }
}

/// How quickly a provider is asked again, and how long one call may take.
struct ProviderPace: Sendable, Equatable {
    var firstPause: Duration = .milliseconds(250)
    var factor = 1.4
    var longestPause: Duration = .seconds(3)
    /// For a call that is answered at once.
    var callTimeout: Duration = .seconds(20)
    /// For one try to fetch a result.
    var downloadTimeout: Duration = .seconds(120)
    /// So many faults in a row end the asking.
    var faults = 4
}

/// Pauses that grow.
struct PollPauses: Sendable {
    private let pace: ProviderPace
    private var pause: Duration

    init(_ pace: ProviderPace) {
        self.pace = pace
        pause = pace.firstPause
    }

    mutating func next() -> Duration {
        defer { pause = min(pause * pace.factor, pace.longestPause) }
        return pause
    }
}
