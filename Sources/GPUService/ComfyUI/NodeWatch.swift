import Crypto
import JSONText
import Logging
import Loop
import Operations
import Outbound
import Workflows

/// Keeps what one ComfyUI has of nodes and models: asked for when it comes up, when it may have been restarted, and each
/// minute, for models come and go.
@LoopActor
final class NodeWatch {
    /// The last that was told; nil until then. It outlives an absence.
    private(set) var nodes: NodeList?
    /// Called when ``nodes`` has changed.
    var onChange: @LoopActor () -> Void = {}
    private let client: ComfyUIClient
    private let logger: Logger
    private var digest: SHA256Digest?
    private var fault: String?
    private var wake = LoopEvent()

    private static let interval: Duration = .seconds(60)
    private static let retryInterval: Duration = .seconds(5)
    /// A ComfyUI that comes and goes is not asked more often.
    private static let leastInterval: Duration = .seconds(1)

    init(client: ComfyUIClient, logger: Logger) {
        self.client = client
        self.logger = logger
    }

    /// Asks again soon: it has come up, may be another process by now, or has been given something.
    func refreshSoon() { wake.signal() }

    /// Asks again and again while ComfyUI is there, until the task is cancelled.
    func run(while isAvailable: @LoopActor () -> Bool) async {
        while !Task.isCancelled {
            let event = LoopEvent()
            wake = event
            var pause = Self.interval
            if isAvailable() {
                if await !refresh() { pause = Self.retryInterval }
                try? await sleep(for: Self.leastInterval)
            }
            try? await withDeadline(pause) { try await event.wait() }
        }
    }

    /// - Returns: whether there was an answer.
    private func refresh() async -> Bool {
        do {
            guard let read = try await client.nodes(unless: digest) else { return true }
            (nodes, digest, fault) = (read.nodes, read.digest, nil)
            logger.info(
                "ComfyUI's nodes read",
                metadata: ["url": .string(Shown.value(client.baseURL)), "types": .stringConvertible(read.nodes.count)])
            onChange()
            return true
        } catch {
            if fault != error.reason {
                logger.warning(
                    "ComfyUI's nodes cannot be read, so workflows are not checked against them",
                    metadata: ["url": .string(Shown.value(client.baseURL)), "reason": .string(error.reason)])
            }
            fault = error.reason
            return false
        }
    }
}

extension ComfyUIClient {
    private static let maxNodeBytes = 64 << 20

    /// `GET /object_info`, one to a few megabytes, read off the loop.
    ///
    /// - Parameter known: the digest that came with the last answer.
    /// - Returns: nil when the answer is the same as then.
    func nodes(unless known: SHA256Digest?) async throws(NoAnswer) -> (nodes: NodeList, digest: SHA256Digest)? {
        let request = ClientRequest(
            url: baseURL + "/object_info",
            timeouts: .init(connect: .seconds(5), idle: .seconds(60), total: .seconds(120)),
            maxBodyBytes: Self.maxNodeBytes)
        do {
            let response = try await http.send(request)
            let bytes = try await response.collect()
            guard response.status == 200 else {
                throw NoAnswer(
                    silence: .silent, reason: "GET /object_info answered \(response.status)", mayHaveActed: false)
            }
            return try await offLoop { () throws -> (nodes: NodeList, digest: SHA256Digest)? in
                let digest = SHA256.hash(bytes)
                if digest == known { return nil }
                return (try NodeList(objectInfo: JSON(parsing: bytes)), digest)
            }
        } catch let error as NoAnswer {
            throw error
        } catch {
            let reason =
                (error as? DocumentFault).map { "GET /object_info \($0.reason)" } ?? "GET /object_info: \(error)"
            throw NoAnswer(silence: .silent, reason: reason, mayHaveActed: false)
        }
    }
}
