import Images
import JSONText

/// Runs one node. Blocks, so it runs off the loop.
struct NodeRunner: Sendable {
    let files: FileStore
    let metadata: SaveNodes.Metadata

    /// - Throws: ``NodeFailure``, every other error turned into one.
    func run(_ call: NodeCall) throws(NodeFailure) -> NodeResult {
        do {
            if let result = try SaveNodes.run(call, files: files, metadata: metadata) { return result }
            if let result = try ImageNodes.run(call, files: files) { return result }
            if let result = try TextNodes.run(call) { return result }
            return try other(call)
        } catch let failure as NodeFailure {
            throw failure
        } catch {
            throw NodeFailure("RuntimeError", (error as? ImageError)?.message ?? "\(error)")
        }
    }

    private func other(_ call: NodeCall) throws -> NodeResult {
        switch call.name {
        case "UpscaleModelLoader":
            // The name tells the factor later on.
            var model = Lineage()
            model.prompt = call.literal("model_name")?.string
            return NodeResult(outputs: [.token(model)])
        default: return try StandIns.run(call)
        }
    }
}
