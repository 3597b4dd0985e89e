import HTTPTypes
import JSONText
import Loop
import Outbound

/// Has a GPU service look for faces (`POST /inspect`): the backend has no eyes of its own.
@LoopActor
struct FaceCheck {
    let pods: [GPUPod]
    let inputs: FileStore

    private static let timeouts = ClientRequest.Timeouts(
        connect: .seconds(2), idle: .seconds(20), total: .seconds(20))

    /// - Parameter hashes: of the pictures, in the store of inputs.
    /// - Returns: what is wrong with the first that has a fault; nil where all are good, or nobody can look.
    func fault(of hashes: [String]) async throws -> PortraitError? {
        for hash in hashes {
            for pod in pods where pod.isReachable {
                guard let answer = try? await inspect(hash, on: pod) else { continue }
                if let fault = answer { return fault }
                break
            }
        }
        return nil
    }

    /// - Throws: for a pod that does not answer.
    private func inspect(_ hash: String, on pod: GPUPod) async throws -> PortraitError?? {
        for isSent in [false, true] {
            let body: JSON = ["input": .string(hash)]
            let response = try await pod.http.send(
                ClientRequest(
                    method: .post, url: pod.baseURL + "/inspect", headers: [.contentType: "application/json"],
                    body: .bytes(body.serialized()), timeouts: Self.timeouts))
            let answer = try JSON(parsing: try await response.collect())
            switch response.status {
            case 200: return .some(answer["code"]?.int.flatMap(PortraitError.init(rawValue:)))
            case 409 where !isSent: try await send(hash, to: pod)
            default: return nil
            }
        }
        return nil
    }

    private func send(_ hash: String, to pod: GPUPod) async throws {
        let inputs = inputs
        guard let bytes = try await offLoop({ try inputs.readInput(hash) }) else { return }
        let put = try await pod.http.send(
            ClientRequest(
                method: .put, url: "\(pod.baseURL)/inputs/\(hash)", body: .bytes(bytes), timeouts: Self.timeouts))
        _ = try await put.collect()
    }
}
