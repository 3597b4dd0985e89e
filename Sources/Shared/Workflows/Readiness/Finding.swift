/// One thing that keeps a workflow from running on a ComfyUI.
public struct Finding: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        /// The graph is wrong wherever it runs.
        case wrong
        /// A node type is not there, and nothing says which pack has it.
        case unknownNode
        /// A node type is not there; its pack is known.
        case missingPack
        /// A file is not there: a model, or a picture.
        case missingFile
    }

    public var kind: Kind
    /// A sentence with no full stop, for whoever wants to run it.
    public var reason: String
}
