import JSONText

/// What ComfyUI says over its socket (`/ws`), as far as Easel cares. Times and order are on the page of `server.py`'s
/// `send_sync` and `execution.py`; a message that is not known is passed over.
enum ComfyMessage: Sendable, Equatable {
    /// How many prompts run or wait; the first one of a connection also carries its client id.
    case status(queueRemaining: Int)
    case executionStart(promptID: String)
    case executionCached(promptID: String, nodes: [String])
    /// `node` nil: the prompt has ended, however it ended, and its history is there.
    case executing(promptID: String, node: String?)
    case progress(promptID: String, node: String, value: Double, maximum: Double)
    case executed(promptID: String, node: String, output: JSON)
    case executionSuccess(promptID: String)
    case executionError(promptID: String)
    case executionInterrupted(promptID: String)
    case preview(promptID: String, mime: String, image: [UInt8])

    /// The prompt that it is about; nil for ComfyUI as a whole.
    var promptID: String? {
        switch self {
        case .status: nil
        case .executionStart(let id), .executionSuccess(let id), .executionError(let id),
            .executionInterrupted(let id):
            id
        case .executionCached(let id, _), .executing(let id, _): id
        case .progress(let id, _, _, _), .executed(let id, _, _), .preview(let id, _, _): id
        }
    }
}

extension ComfyMessage {
    /// Reads a text frame: `{"type":…,"data":{…}}`.
    ///
    /// An `executing` with no `prompt_id` is what a socket gets that connects in the middle of a run: it says of no
    /// prompt which, so it is passed over.
    init?(text: [UInt8]) {
        guard let frame = try? JSON(parsing: text), let type = frame["type"]?.string, let data = frame["data"] else {
            return nil
        }
        if type == "status" {
            guard let left = data["status"]?["exec_info"]?["queue_remaining"]?.int else { return nil }
            self = .status(queueRemaining: left)
            return
        }
        guard let id = data["prompt_id"]?.string else { return nil }
        switch type {
        case "execution_start": self = .executionStart(promptID: id)
        case "execution_cached":
            self = .executionCached(promptID: id, nodes: data["nodes"]?.array?.compactMap(\.string) ?? [])
        case "executing": self = .executing(promptID: id, node: data["node"]?.string)
        case "progress":
            guard let value = data["value"]?.double, let maximum = data["max"]?.double else { return nil }
            self = .progress(promptID: id, node: data["node"]?.string ?? "", value: value, maximum: maximum)
        case "executed":
            self = .executed(promptID: id, node: data["node"]?.string ?? "", output: data["output"] ?? .null)
        case "execution_success": self = .executionSuccess(promptID: id)
        case "execution_error": self = .executionError(promptID: id)
        case "execution_interrupted": self = .executionInterrupted(promptID: id)
        default: return nil
        }
    }

    /// Reads a binary frame. Numbers are big-endian; only type 4 says which prompt its preview belongs to
    /// (`[4][length][JSON][image]`), so types 1 and 3 are passed over.
    init?(binary frame: [UInt8]) {
        guard frame.count >= 8, Self.number(frame, at: 0) == 4 else { return nil }
        let end = 8 + Int(Self.number(frame, at: 4))
        guard end <= frame.count, let metadata = try? JSON(parsing: Array(frame[8..<end])),
            let id = metadata["prompt_id"]?.string
        else { return nil }
        let mime = metadata["image_type"]?.string == "image/png" ? "image/png" : "image/jpeg"
        self = .preview(promptID: id, mime: mime, image: Array(frame[end...]))
    }

    private static func number(_ frame: [UInt8], at index: Int) -> UInt32 {
        frame[index..<(index + 4)].reduce(0) { $0 << 8 | UInt32($1) }
    }
}
