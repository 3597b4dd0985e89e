import HTTP
import Loop

/// A picture that a request can name, kept in a temporary file.
struct StoredInput: Sendable {
    let sha256: String
    let path: String
    /// In bytes.
    let size: Int
    let mime: String
    let fileExtension: String
}

/// The pictures of requests, by the hash of their bytes. They last as long as the process, at most.
@LoopActor
final class InputStore {
    private let folder: String
    private var known: [String: StoredInput] = [:]
    private var order: [String] = []
    private var size = 0

    /// The oldest goes beyond this number.
    private static let capacity = 1000
    /// The same in bytes: few are films.
    private static let capacityInBytes = 8 << 30
    /// Of a body, on its way to the disk.
    private static let pieceSize = 1 << 20

    /// - Parameter folder: made here, and emptied by ``removeAll()``.
    init(folder: String) throws {
        self.folder = folder
        try FileBytes.makeFolder(folder)
    }

    subscript(_ sha256: String) -> StoredInput? { known[sha256] }

    /// Keeps a picture.
    ///
    /// - Throws: ``NotAPicture`` when the bytes are not of a kind that ComfyUI reads.
    @discardableResult
    func put(_ bytes: [UInt8]) async throws -> StoredInput {
        let folder = folder
        return keep(
            try await offLoop {
                let draft = try InputDraft(in: folder)
                defer { draft.discard() }
                try draft.append(bytes)
                return try draft.finish(named: nil)
            })
    }

    /// Keeps what comes as a body, of which never more than a piece is in memory.
    ///
    /// - Parameter name: the hash that the bytes are to have.
    /// - Throws: ``NotAPicture``; ``OtherHash``; what the body throws.
    func put(_ body: RequestBody, named name: String) async throws {
        let folder = folder
        let draft = try await offLoop { try InputDraft(in: folder) }
        do {
            keep(try await Self.fill(draft, body, named: name))
        } catch {
            try? await offLoop { draft.discard() }
            throw error
        }
    }

    private static func fill(
        _ draft: InputDraft, _ body: RequestBody, named name: String
    ) async throws -> StoredInput {
        var piece: [UInt8] = []
        while let bytes = try await body.next() {
            piece += bytes
            guard piece.count >= pieceSize else { continue }
            let full = piece
            piece = []
            try await offLoop { try draft.append(full) }
        }
        let rest = piece
        return try await offLoop {
            defer { draft.discard() }
            try draft.append(rest)
            return try draft.finish(named: name)
        }
    }

    @discardableResult
    private func keep(_ input: StoredInput) -> StoredInput {
        if known.updateValue(input, forKey: input.sha256) == nil {
            order.append(input.sha256)
            size += input.size
        }
        while order.count > Self.capacity || (size > Self.capacityInBytes && order.count > 1) { forget(order[0]) }
        return input
    }

    /// Its file has gone, or goes: it has to be put here again.
    func forget(_ sha256: String) {
        guard let input = known.removeValue(forKey: sha256) else { return }
        order.removeAll { $0 == sha256 }
        size -= input.size
        let path = input.path
        loopTask { [weak self] in
            guard self?.known[sha256] == nil else { return }
            try? await offLoop { FileBytes.remove(path) }
        }
    }

    func removeAll() {
        for input in known.values { FileBytes.remove(input.path) }
        known = [:]
        FileBytes.removeFolder(folder)
    }

    struct NotAPicture: Error {}
    struct OtherHash: Error {}
}
