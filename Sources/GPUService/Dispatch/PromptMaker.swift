import JSONText
import Loop
import Wire
import Workflows

/// Makes the graph that is submitted, with a request's values in it and its pictures uploaded.
@LoopActor
struct PromptMaker {
    let inputs: InputStore

    struct Made: Sendable {
        var graph: JSON
        /// Whether it names a picture that ComfyUI was given for an earlier prompt.
        var namesOldUploads = false
    }

    /// - Throws: ``GenerationFailure``; `ComfyUIClient.NoAnswer`.
    func prompt(
        for generation: Generation, _ request: GenerateRequest, _ workflow: Workflow, on comfyUI: ComfyUI
    ) async throws -> Made {
        var made = Made(graph: .null)
        var names: [String: [String]] = [:]
        for (parameter, value) in request.params {
            let hashes = value.array?.compactMap(InputReference.sha256) ?? InputReference.sha256(in: value).map { [$0] }
            for hash in hashes ?? [] {
                if comfyUI.hasUpload(hash) { made.namesOldUploads = true }
                names[parameter, default: []].append(try await upload(hash, to: comfyUI))
            }
        }
        let prefix = PromptName.filenamePrefix(taskID: generation.taskID, attempt: generation.attempt)
        do throws(InjectionError) {
            let graph = try workflow.prompt(with: request.params, uploadedImages: names, filenamePrefix: prefix)
            made.graph = graph.savingWhatOnlyGoesOverTheSocket(filenamePrefix: prefix)
        } catch {
            throw GenerationFailure(.input, error.reason + ".")
        }
        return made
    }

    private func upload(_ hash: String, to comfyUI: ComfyUI) async throws -> String {
        let missing = GenerationFailure(.unavailable, "A picture is missing.")
        guard let input = inputs[hash] else { throw missing }
        do { return try await comfyUI.upload(input) } catch is FileBytes.Failure {
            // Whoever asks again is asked for it again.
            inputs.forget(hash)
            throw missing
        }
    }
}

extension JSON {
    /// A picture of `SaveImageWebsocket` comes over the socket alone, in a frame that does not say whose it is, and is
    /// lost with the socket. `SaveImage` takes the same input and keeps it.
    func savingWhatOnlyGoesOverTheSocket(filenamePrefix: String) -> JSON {
        guard case .object(var nodes) = self else { return self }
        for (id, node) in nodes where node["class_type"]?.string == "SaveImageWebsocket" {
            guard var saving = node.object, var inputs = node["inputs"]?.object else { continue }
            inputs["filename_prefix"] = .string(filenamePrefix)
            saving["class_type"] = "SaveImage"
            saving["inputs"] = .object(inputs)
            nodes[id] = .object(saving)
        }
        return .object(nodes)
    }
}
