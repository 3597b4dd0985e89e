import HTTPTypes
import JSONText
import Loop
import Outbound

/// Has a GPU service look for faces (`POST /inspect`): the backend has no eyes of its own.
@LoopActor
struct FaceCheck {
    let pods: [GPUPod]
    let inputs: FileStore

    enum Finding: Sendable, Equatable {
        case fine
        /// What is wrong with the first photo that has a fault.
        case fault(PortraitError)
        /// Too many photos wait to be looked at.
        case busy
        /// No GPU service could be reached.
        case nobodyLooks
    }

    private static let timeouts = ClientRequest.Timeouts(
        connect: .seconds(2), idle: .seconds(20), total: .seconds(20))
    /// How often a service is asked that has too much to look at.
    private static let tries = 4
    private static let lookAgain: Duration = .milliseconds(250)
    private static let longestPause: Duration = .seconds(5)

    /// - Parameters:
    ///   - hashes: of the photos, in the store of inputs.
    ///   - patience: how long a GPU service that is away is waited for.
    /// - Throws: `CancellationError`; what our own disk reports.
    func look(at hashes: [String], patience: Duration) async throws -> Finding {
        let end = ContinuousClock.now + patience
        for hash in hashes {
            var finding = try await look(at: hash)
            while finding == .nobodyLooks, ContinuousClock.now < end {
                try await sleep(for: Self.lookAgain)
                finding = try await look(at: hash)
            }
            guard finding == .fine else { return finding }
        }
        return .fine
    }

    /// Asks each GPU service until one has looked.
    private func look(at hash: String) async throws -> Finding {
        var isBusy = false
        for pod in pods where pod.isReachable {
            switch try await patiently({ try await ask(pod, hash) }) {
            case .finding(let finding): return finding
            case .busy: isBusy = true
            case .away: break
            }
        }
        return isBusy ? .busy : .nobodyLooks
    }

    private enum Answer {
        case finding(Finding)
        case busy(Duration)
        case away
    }

    private func patiently(_ ask: () async throws -> Answer) async throws -> Answer {
        var answer = try await ask()
        for _ in 1..<Self.tries {
            guard case .busy(let pause) = answer else { break }
            try await sleep(for: min(pause, Self.longestPause))
            answer = try await ask()
        }
        return answer
    }

    private func ask(_ pod: GPUPod, _ hash: String) async throws -> Answer {
        do {
            var answer = try await inspect(hash, on: pod)
            if answer.status == 409 {
                try await send(hash, to: pod)
                answer = try await inspect(hash, on: pod)
            }
            switch answer.status {
            case 200: return .finding(Self.finding(answer.body))
            case 503: return .busy(.seconds(Int(answer.headers[.retryAfter] ?? "") ?? 1))
            // A picture that the backend reads and the service does not.
            case 422: return .finding(.fault(.poorImage))
            default: return .away
            }
        } catch is TransportError {
            return .away
        }
    }

    private static func finding(_ body: JSON) -> Finding {
        body["code"]?.int.flatMap(PortraitError.init(rawValue:)).map(Finding.fault) ?? .fine
    }

    private func inspect(
        _ hash: String, on pod: GPUPod
    ) async throws -> (status: Int, headers: HTTPFields, body: JSON) {
        let body: JSON = ["input": .string(hash)]
        let response = try await pod.send(
            ClientRequest(
                method: .post, url: pod.baseURL + "/inspect", headers: [.contentType: "application/json"],
                body: .bytes(body.serialized()), timeouts: Self.timeouts))
        let bytes = try await response.collect()
        return (response.status, response.headers, (try? JSON(parsing: bytes)) ?? .null)
    }

    private func send(_ hash: String, to pod: GPUPod) async throws {
        let inputs = inputs
        guard let bytes = try await offLoop({ try inputs.readInput(hash) }) else { return }
        let put = try await pod.send(
            ClientRequest(
                method: .put, url: "\(pod.baseURL)/inputs/\(hash)", body: .bytes(bytes), timeouts: Self.timeouts))
        _ = try await put.collect()
    }
}
