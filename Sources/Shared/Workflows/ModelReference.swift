/// What a parameter of the format `model` names: a file that ComfyUI has, or where it is fetched from.
public enum ModelReference: Sendable, Hashable {
    /// A file in the parameter's folder under ComfyUI's `models`.
    case file(String)
    case url(String)

    private static let maxURLBytes = 2048

    public init(_ text: String) {
        self = text.contains("://") ? .url(text) : .file(text)
    }

    /// What is wrong with it whatever the service's rules for URLs are: the end of a sentence, or nil.
    var fault: String? {
        switch self {
        case .file(let name): FileNames.faultInChosen(name).map { "a file name \($0)" }
        case .url(let text): Self.fault(inURL: text).map { "a URL \($0)" }
        }
    }

    /// Without what may be secret in a URL: the query, and credentials.
    public var shown: String {
        switch self {
        case .file(let name): return name
        case .url(let text):
            let whole = text.prefix { $0 != "?" && $0 != "#" }
            return whole.contains("@") ? "https://***" : String(whole)
        }
    }

    private static func fault(inURL text: String) -> String? {
        if text.utf8.count > maxURLBytes { return "must be at most \(maxURLBytes) bytes" }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            return "must be visible ASCII, with anything else percent-encoded"
        }
        let scheme = text.prefix { $0 != ":" }.lowercased()
        guard scheme == "https" || scheme == "http", text.dropFirst(scheme.count).hasPrefix("://") else {
            return "must begin with https://"
        }
        return nil
    }
}

/// A model file that a request names by URL.
public struct WantedModel: Sendable, Hashable {
    /// The parameter that names it.
    public let parameter: String
    /// Where it goes under ComfyUI's `models`.
    public let folder: String
    public let url: String

    public init(parameter: String, folder: String, url: String) {
        self.parameter = parameter
        self.folder = folder
        self.url = url
    }
}
