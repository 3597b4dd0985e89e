/// What a key may be used for.
enum Scope: String, Sendable, CaseIterable {
    /// Make tasks, cancel them, have webhooks sent again.
    case generate
    /// See its own tasks, events, pictures, webhooks; see workflows and styles.
    case read
    /// All of it, and `/metrics`. Other keys' tasks stay theirs.
    case admin
}

/// What somebody has bought: of use to the products that differ by it. The order of the queue does not.
enum KeyTier: String, Sendable, CaseIterable {
    case free, basic, pro, enterprise
}
