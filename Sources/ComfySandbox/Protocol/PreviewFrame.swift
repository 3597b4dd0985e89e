import JSONText

/// A picture on its way over a socket, and the two forms in which ComfyUI sends one.
struct PreviewFrame: Sendable {
    enum Format: UInt32, Sendable {
        case jpeg = 1
        case png = 2

        var mediaType: String { self == .jpeg ? "image/jpeg" : "image/png" }
    }

    let format: Format
    let image: [UInt8]
    let node: String
    let promptID: String

    /// `[1][format][image]`, for a client that has asked for nothing.
    var plain: [UInt8] { Self.bigEndian(1) + Self.bigEndian(format.rawValue) + image }

    /// `[4][length][JSON][image]`, for a client that asked for `supports_preview_metadata`.
    var withMetadata: [UInt8] {
        let metadata: JSON = [
            "node_id": .string(node), "prompt_id": .string(promptID), "display_node_id": .string(node),
            "parent_node_id": .null, "real_node_id": .string(node), "image_type": .string(format.mediaType),
        ]
        let text = metadata.serialized()
        return Self.bigEndian(4) + Self.bigEndian(UInt32(text.count)) + text + image
    }

    private static func bigEndian(_ number: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> UInt32($0)) }
    }
}
