internal import Crypto

/// How work is named, so that it is found again whichever process has died in between.
public enum PromptName {
    /// Easel's namespace for names of prompts (RFC 9562 §5.5): version 5 of "easel.prompts" under the DNS namespace.
    private static let namespace = UUID5.make(namespace: .dns, name: "easel.prompts")

    /// The `prompt_id` for an attempt at a task: a canonical lower-case UUID, as newer ComfyUI asks for.
    public static func promptID(taskID: String, attempt: Int) -> String {
        // The namespace is a UUID by construction.
        UUID5.make(namespace: UUID16(namespace) ?? .dns, name: "\(taskID)/\(attempt)")
    }

    /// The `filename_prefix` of every save node: an identical graph then saves anew instead of naming an old file.
    public static func filenamePrefix(taskID: String, attempt: Int) -> String { "easel/\(taskID)/\(attempt)" }
}
