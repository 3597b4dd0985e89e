import HTTPTypes
import Logging
import Loop
import Outbound

/// Fetches the pictures that a request names by URL, before the request is accepted.
@LoopActor
struct PictureFetcher {
    let http: HTTPClient
    let rules: OutsideURLRules
    /// The folder for what is being received.
    let spool: String
    /// More of one picture is not kept.
    let maxBytes: Int
    let logger: Logger

    /// One request may name so many.
    static let maxURLs = 32
    private static let maxRedirects = 3
    private static let timeouts = ClientRequest.Timeouts(
        connect: .seconds(5), idle: .seconds(10), total: .seconds(20))

    /// Why there is no picture, for the client.
    private struct Fault: Error { let reason: String }

    /// Whether a text is a URL to fetch rather than base64.
    nonisolated static func isURL(_ text: String) -> Bool {
        let begin = text.prefix(8).lowercased()
        return begin.hasPrefix("https://") || begin.hasPrefix("http://")
    }

    /// All of them at once, each with its fault where it gave no file.
    ///
    /// - Throws: `FileStore.Failure`, `CancellationError`.
    func fetch(_ urls: Set<String>) async throws -> [String: PictureSink.Taken] {
        try await withThrowingTaskGroup(of: (String, PictureSink.Taken).self) { group in
            for url in urls { group.addTask { (url, try await self.fetch(url)) } }
            var all: [String: PictureSink.Taken] = [:]
            for try await (url, taken) in group { all[url] = taken }
            return all
        }
    }

    private func fetch(_ url: String) async throws -> PictureSink.Taken {
        var taken = PictureSink.Taken(head: (try? OutsideURL(url))?.shown ?? "")
        do {
            taken.file = try await receive(try await follow(url))
        } catch let fault as Fault {
            taken.fault = fault.reason
        } catch let error as TransportError {
            if let detail = error.detail {
                logger.info("A picture was not fetched", metadata: ["url": "\(taken.head)", "reason": "\(detail)"])
            }
            taken.fault = Self.sentence(error)
        }
        return taken
    }

    private static func sentence(_ error: TransportError) -> String {
        switch error.kind {
        case .notPublic where error.detail != nil: "the URL's host cannot be reached"
        case .badURL, .notPublic: error.message
        case .timeout: "the URL did not answer in time"
        case .tooLarge: "what the URL gives is too large"
        case .cannotConnect: "the URL's host cannot be reached"
        case .interrupted, .other: "the connection to the URL's host broke"
        }
    }

    private func follow(_ url: String) async throws -> ClientResponse {
        let response = try await http.get(
            outside: url, under: rules, headers: [.accept: "image/*, audio/*, video/*"], timeouts: Self.timeouts,
            redirects: Self.maxRedirects)
        guard response.status == 200 else { throw Fault(reason: "the URL answers with status \(response.status)") }
        return response
    }

    private func receive(_ response: ClientResponse) async throws -> SpoolFile {
        let spool = spool
        let file = try await offLoop { try SpoolFile(in: spool) }
        while let bytes = try await response.next() {
            guard bytes.count <= maxBytes - file.size else {
                throw Fault(reason: "what the URL gives is over the limit of \(maxBytes >> 20) MB")
            }
            try await offLoop { try file.append(bytes) }
        }
        guard file.size > 0 else { throw Fault(reason: "the URL gives nothing") }
        return file
    }
}
