/// A setting that a program has asked for: what the start-up log prints, and what `env.templates` must document.
public struct Setting: Sendable, Hashable {
    /// Where the value in force comes from.
    public enum Source: String, Sendable { case environment, file, fallback = "default" }

    /// The variable's name.
    public let key: String
    /// What it means, in a few words.
    public let about: String
    /// The default as one would write it in a `.env` file; nil when there is none.
    public let defaultText: String?
    public let isSecret: Bool
    /// The setting that this one is read for where that is not set: `BACKEND_PORT` for `PORT`.
    public let standsInFor: String?
    /// The value in force as it may be shown: secrets are masked. Nil when nothing is set and there is no default.
    public let shown: String?
    public let source: Source
}
