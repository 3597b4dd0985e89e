internal import JSONText

/// The node types that a ComfyUI has, as its `GET /object_info` tells them, cut down to what is asked of it here.
public struct NodeList: Sendable, Equatable {
    /// By `class_type`.
    var nodes: [String: Node] = [:]

    /// What a node type takes and gives.
    struct Node: Sendable, Equatable {
        /// In ComfyUI's order; the hidden ones are left out.
        var inputs: [Input]
        /// The type of each output: `IMAGE`, `LATENT`.
        var outputs: [String]
        /// Whether it saves or shows something: ComfyUI runs what leads to such a node, and nothing else.
        var isOutput: Bool
        /// The Python module that it comes from: `nodes`, `comfy_extras.…`, `custom_nodes.…`; nil when it is not told.
        var module: String?

        func input(_ name: String) -> Input? {
            inputs.first { $0.name == name }
        }
    }

    struct Input: Sendable, Equatable {
        var name: String
        var kind: Kind
        var isRequired: Bool
        /// What the editor writes into it at first; nil where somebody has to choose.
        var initial: JSON?
    }

    enum Kind: Sendable, Equatable {
        case integer(Bounds)
        case number(Bounds)
        case text(isMultiline: Bool)
        case boolean
        /// One of a list; nil when ComfyUI does not tell it.
        case choice([JSON]?, upload: Upload?)
        /// A link to an output of this type.
        case link(String)
        /// Something newer, whose members have names of their own.
        case other
    }

    /// Why a list is no fixed one: its files are uploaded.
    enum Upload: Sendable, Equatable { case image, audio, video, other }

    struct Bounds: Sendable, Equatable {
        var minimum: JSON?
        var maximum: JSON?
        /// What the editor's arrows add; ComfyUI does not hold anybody to it.
        var step: JSON?
    }

    /// How many node types there are.
    public var count: Int {
        nodes.count
    }

    subscript(_ classType: String) -> Node? {
        nodes[classType]
    }

    func input(_ name: String, of classType: String?) -> Input? {
        classType.flatMap { nodes[$0]?.input(name) }
    }
}
