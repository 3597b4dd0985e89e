/// What `check-workflows` was asked.
struct CheckArguments: Equatable {
    enum Source: Equatable {
        /// Only the files are looked at.
        case none
        /// A file that holds the answer of `GET /object_info`.
        case file(String)
        /// A ComfyUI that runs.
        case comfyUI(String)
    }

    var source = Source.none
    var folder = "workflows"

    /// Why the arguments cannot be understood, a sentence.
    struct Misuse: Error { let message: String }

    static let usage = "check-workflows [--object-info FILE | --comfyui URL] [FOLDER]"

    init(_ arguments: [String]) throws(Misuse) {
        var rest = arguments[...]
        var folders: [String] = []
        while let word = rest.popFirst() {
            switch word {
            case "--object-info", "--comfyui":
                guard let value = rest.popFirst() else { throw Misuse(message: "\(word) needs a value") }
                guard source == .none else { throw Misuse(message: "--object-info and --comfyui exclude each other") }
                source = word == "--comfyui" ? .comfyUI(Self.withoutSlash(value)) : .file(value)
            case _ where word.hasPrefix("-"): throw Misuse(message: "\(word) is not known; usage: \(Self.usage)")
            default: folders.append(word)
            }
        }
        guard folders.count <= 1 else { throw Misuse(message: "one folder at a time; usage: \(Self.usage)") }
        folder = folders.first ?? folder
    }

    private static func withoutSlash(_ url: String) -> String {
        url.hasSuffix("/") ? String(url.dropLast()) : url
    }
}
