import JSONText

/// A request at a provider, so written down that another process can follow it to its end.
///
/// It begins as a draft, before the request is sent: with no ``requestID``. Whoever finds a draft after a crash does not
/// know whether it was sent, and has the provider look for it.
struct ProviderTicket: Sendable, Equatable {
    var provider: ProviderName
    var kind: ProviderJob.Kind
    /// The provider's own name of the model that was asked.
    var model: String
    /// Nil in a draft.
    var requestID: String?
    /// Where the provider says that the request can be followed: `status`, `result`, `cancel`.
    var urls: [String: String] = [:]
    /// What the provider needs to find or to judge the request: the address of an uploaded picture, for one.
    var trace: JSONObject = [:]

    var isDraft: Bool { requestID == nil }
}

extension ProviderTicket {
    var json: JSON {
        [
            "provider": .string(provider.rawValue), "kind": .string(kind.name), "model": .string(model),
            "request_id": requestID.map(JSON.string) ?? .null,
            "urls": .object(JSONObject(urls.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })),
            "trace": .object(trace),
        ]
    }

    /// - Returns: nil for what ``json`` has not made.
    init?(json: JSON) {
        guard let provider = json["provider"]?.string.flatMap(ProviderName.init(rawValue:)),
            let kind = json["kind"]?.string.flatMap(ProviderJob.Kind.init(name:)), let model = json["model"]?.string
        else { return nil }
        self.init(
            provider: provider, kind: kind, model: model, requestID: json["request_id"]?.string,
            trace: json["trace"]?.object ?? [:])
        for (name, url) in json["urls"]?.object ?? [:] { urls[name] = url.string }
    }
}
