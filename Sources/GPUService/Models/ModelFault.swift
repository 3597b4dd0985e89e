import Outbound
import Wire

/// Why a URL gave no model.
struct ModelFault: Error, Equatable {
    let kind: GenerationFailure.Kind
    /// The end of a sentence, which does not repeat the URL.
    let reason: String

    init(_ kind: GenerationFailure.Kind, _ reason: String) {
        self.kind = kind
        self.reason = reason
    }

    init(_ error: TransportError) {
        switch error.kind {
        case .notPublic where error.detail != nil: self.init(.transient, "the URL's host cannot be reached")
        case .badURL, .notPublic: self.init(.input, error.message)
        case .timeout: self.init(.transient, "the URL did not answer in time")
        case .tooLarge: self.init(.input, "what the URL gives is too large")
        case .cannotConnect: self.init(.transient, "the URL's host cannot be reached")
        case .interrupted, .other: self.init(.transient, "the connection to the URL's host broke")
        }
    }

    /// - Parameter status: of an answer that is no 200.
    init(status: Int) {
        let mayPass = status == 408 || status == 429 || status >= 500
        self.init(mayPass ? .transient : .input, "the URL answers with status \(status)")
    }
}
