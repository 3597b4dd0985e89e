public import JSONText

/// A named manner: text around the prompt, and what to keep out. They are in `workflows/styles.json`.
public struct Style: Sendable, Hashable {
    public var name: String
    public var title: String
    public var promptPrefix: String
    public var promptSuffix: String
    public var negative: String

    public init(
        name: String, title: String, promptPrefix: String = "", promptSuffix: String = "", negative: String = ""
    ) {
        self.name = name
        self.title = title
        self.promptPrefix = promptPrefix
        self.promptSuffix = promptSuffix
        self.negative = negative
    }

    /// The prompt with the style around it.
    public func applied(to prompt: String) -> String {
        promptPrefix + prompt + promptSuffix
    }

    /// The style's negative prompt behind the request's own, if that has one.
    public func appliedToNegative(_ prompt: String?) -> String {
        [prompt ?? "", negative].filter { !$0.isEmpty }.joined(separator: ", ")
    }

    public var json: JSON {
        [
            "name": .string(name), "title": .string(title), "prompt_prefix": .string(promptPrefix),
            "prompt_suffix": .string(promptSuffix), "negative": .string(negative),
        ]
    }

    /// Reads the styles of a file or a catalogue: `{"styles":[{"name",…}]}`. What is wrong is told, and the rest used.
    public static func read(_ json: JSON) -> (styles: [Style], faults: [DocumentFault]) {
        guard let members = json.object else { return ([], [DocumentFault([], "must be an object with `styles`")]) }
        var reader = MemberReader(members, at: [])
        if reader.value("styles") == nil { reader.fault([], "needs the member `styles`") }
        var seen: Set<String> = []
        let styles: [Style] = reader.list("styles") { entry in
            guard let name = entry.requiredString("name") else { return nil }
            if name.isEmpty || !seen.insert(name).inserted { entry.fault(["name"], "must be a name of its own") }
            let title = entry.string("title") ?? name
            let style = Style(
                name: name, title: title, promptPrefix: entry.string("prompt_prefix") ?? "",
                promptSuffix: entry.string("prompt_suffix") ?? "", negative: entry.string("negative") ?? "")
            entry.refuseUnknown()
            return entry.faults.isEmpty ? style : nil
        }
        return (styles, reader.faults)
    }
}
