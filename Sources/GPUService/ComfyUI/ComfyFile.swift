import JSONText
import Wire

/// A file that ComfyUI made, as its history and its `executed` messages name it; `/view` serves it. Or a text.
struct ComfyFile: Sendable, Equatable {
    enum Content: Sendable, Equatable {
        /// `type` is `output`, `temp` or `input`.
        case file(name: String, subfolder: String, type: String)
        case text(String)
    }

    var node: String
    /// `image`, `video`, `audio` or `text`.
    var kind: String
    var mime: String
    var content: Content

    var isTemporary: Bool {
        if case .file(_, _, "temp") = content { true } else { false }
    }

    /// Every file and text in `outputs` (`{node: {"images": […], "audio": […], "text": […]}}`), in the order of the nodes.
    static func all(in outputs: JSON) -> [ComfyFile] {
        (outputs.object ?? [:]).flatMap { node, output in all(node: node, output: output) }
    }

    /// Those of one node. Packs use list names of their own (`gifs`, `videos`), so every list of files counts.
    static func all(node: String, output: JSON) -> [ComfyFile] {
        (output.object ?? [:]).flatMap { list, values -> [ComfyFile] in
            (values.array ?? []).compactMap { value in
                if list == "text", let text = value.string {
                    return ComfyFile(node: node, kind: "text", mime: "text/plain; charset=utf-8", content: .text(text))
                }
                return file(node: node, value)
            }
        }
    }

    private static func file(node: String, _ value: JSON) -> ComfyFile? {
        guard let name = value["filename"]?.string, !name.isEmpty else { return nil }
        let (kind, mime) = type(of: name)
        let content = Content.file(
            name: name, subfolder: value["subfolder"]?.string ?? "", type: value["type"]?.string ?? "output")
        return ComfyFile(node: node, kind: kind, mime: mime, content: content)
    }

    private static func type(of name: String) -> (kind: String, mime: String) {
        let ending = name.split(separator: ".").last.map { $0.lowercased() } ?? ""
        return types[ending] ?? ("image", "application/octet-stream")
    }

    private static let types: [String: (String, String)] = [
        "png": ("image", "image/png"), "jpg": ("image", "image/jpeg"), "jpeg": ("image", "image/jpeg"),
        "webp": ("image", "image/webp"), "gif": ("image", "image/gif"), "mp4": ("video", "video/mp4"),
        "webm": ("video", "video/webm"), "mkv": ("video", "video/x-matroska"), "flac": ("audio", "audio/flac"),
        "mp3": ("audio", "audio/mpeg"), "opus": ("audio", "audio/opus"), "wav": ("audio", "audio/wav"),
    ]
}

extension [ComfyFile] {
    /// What the task's result is: what was saved; where nothing was, what was only previewed.
    var results: [ComfyFile] {
        let saved = filter { !$0.isTemporary }
        return saved.contains { $0.kind != "text" } ? saved : self
    }
}
