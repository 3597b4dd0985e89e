import Crypto
import HTTPTypes
import Images
import Loop
import Outbound

/// Fetches what a provider has made: from a URL that obeys the rules for URLs from outside, or out of a `data:` URI, into
/// a file that is checked and decoded.
///
/// Every failure is of a request that was done: it says so (`isPerhapsPaid`).
@LoopActor
struct ResultFetcher: Sendable {
    let http: HTTPClient
    let rules: OutsideURLRules
    /// Where files grow.
    let spool: String
    let maxBytes: Int
    var pace = ProviderPace()

    private static let maxRedirects = 3
    /// A file that came whole and does not decode is fetched once more: it was perhaps not all written yet.
    private static let maxSpoiled = 2

    /// - Parameter headers: for the host of the URL alone.
    func picture(
        _ url: String, headers: HTTPFields = [:], until deadline: ProviderDeadline
    ) async throws -> ProviderFile {
        if url.hasPrefix("data:") { return try await picture(inline: url) }
        var waits = PollPauses(pace)
        var (faults, spoiled) = (0, 0)
        while true {
            let fault: ProviderFailure
            do {
                let response = try await open(url, headers, until: deadline)
                return try await receive(response)
            } catch let failure as ProviderFailure where failure.kind == .badResult {
                spoiled += failure.message == Self.spoilt ? 1 : Self.maxSpoiled
                guard spoiled < Self.maxSpoiled else { throw failure }
                fault = failure
            } catch let failure as ProviderFailure where failure.kind == .unknown {
                faults += 1
                guard faults < pace.faults else { throw failure }
                fault = failure
            }
            let pause = max(waits.next(), fault.retryAfter ?? .zero)
            guard pause < deadline.left else { throw fault }
            try await sleep(for: pause)
        }
    }

    // MARK: Asking

    private func open(
        _ url: String, _ headers: HTTPFields, until deadline: ProviderDeadline
    ) async throws -> ClientResponse {
        var (url, headers) = (url, headers)
        for _ in 0...Self.maxRedirects {
            let response = try await ask(url, headers, within: min(deadline.left, pace.downloadTimeout))
            switch response.status {
            case 200: return response
            case 301, 302, 303, 307, 308:
                guard let place = response.headers[.location], let next = Self.resolve(place, against: url) else {
                    throw Self.bad("the result's address leads nowhere")
                }
                if (try? OutsideURL(next).peer) != (try? OutsideURL(url).peer) { headers = [:] }
                url = next
            case 408, 425, 429, 500...:
                let pause = response.headers[.retryAfter].flatMap {
                    RetryAfter.pause($0, now: Int(TaskBook.now() / 1000))
                }
                throw Self.unknown("the result is not to be had: HTTP \(response.status)", pause)
            default: throw Self.bad("the result is gone: HTTP \(response.status)")
            }
        }
        throw Self.bad("the result's address leads on too often")
    }

    private func ask(_ url: String, _ headers: HTTPFields, within limit: Duration) async throws -> ClientResponse {
        do {
            return try await http.send(
                ClientRequest(
                    url: url, headers: headers,
                    timeouts: .init(connect: min(.seconds(10), limit), idle: min(.seconds(30), limit), total: limit),
                    destination: .outside(rules)))
        } catch let error as TransportError {
            throw Self.failure(error)
        }
    }

    /// - Returns: nil for what is no address.
    nonisolated static func resolve(_ place: String, against url: String) -> String? {
        if place.hasPrefix("http://") || place.hasPrefix("https://") { return place }
        guard place.hasPrefix("/"), let scheme = url.firstRange(of: "://") else { return nil }
        if place.hasPrefix("//") { return url[..<scheme.lowerBound] + ":" + place }
        return url[..<scheme.upperBound] + url[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" } + place
    }

    // MARK: Keeping

    /// Takes a picture that is on its way into a file.
    func receive(_ response: ClientResponse) async throws -> ProviderFile {
        if let length = response.headers[.contentLength].flatMap({ Int($0) }), length > maxBytes { throw tooLarge }
        let spool = spool
        let file = try await offLoop { try SpoolFile(in: spool) }
        do {
            while let bytes = try await response.next() {
                guard bytes.count <= maxBytes - file.size else { throw tooLarge }
                try await offLoop { try file.append(bytes) }
            }
        } catch let error as TransportError {
            throw Self.failure(error)
        }
        return try await Self.check(file)
    }

    private func picture(inline uri: String) async throws -> ProviderFile {
        let (spool, maxBytes, tooLarge) = (spool, maxBytes, tooLarge)
        let file = try await offLoop {
            guard let comma = uri.utf8.firstIndex(of: UInt8(ascii: ",")), uri[..<comma].hasSuffix(";base64"),
                let bytes = try? Base64.decode(utf8: uri.utf8[uri.utf8.index(after: comma)...])
            else { throw Self.bad("the result within the answer cannot be read") }
            guard bytes.count <= maxBytes else { throw tooLarge }
            let file = try SpoolFile(in: spool)
            try file.append(bytes)
            return file
        }
        return try await Self.check(file)
    }

    /// Decodes all of it, so that a picture that was cut short is noticed here.
    private static func check(_ file: SpoolFile) async throws -> ProviderFile {
        try await offLoop {
            do {
                return ProviderFile(file: file, info: try ImageProbe.verify(.file(path: file.path)))
            } catch let error as ImageError {
                if case .tooLarge = error.reason { throw bad("the result has too many pixels") }
                throw bad(spoilt)
            }
        }
    }

    // MARK: Failures

    private nonisolated static let spoilt = "the result is no whole picture"

    private var tooLarge: ProviderFailure { Self.bad("the result is over \(maxBytes >> 20) MB") }

    private nonisolated static func bad(_ message: String) -> ProviderFailure {
        ProviderFailure(.badResult, message, isPerhapsPaid: true)
    }

    private nonisolated static func unknown(_ message: String, _ pause: Duration? = nil) -> ProviderFailure {
        ProviderFailure(.unknown, message, retryAfter: pause, isPerhapsPaid: true)
    }

    private nonisolated static func failure(_ error: TransportError) -> ProviderFailure {
        switch error.kind {
        case .badURL, .notPublic: bad("the result's address is not one that may be asked")
        case .cannotConnect, .timeout, .interrupted, .tooLarge, .other: unknown(error.message)
        }
    }
}
