import Crypto
import HTTP
import HTTPTypes
import Images
import JSONText
import Logging
import Loop
import Outbound
import Wire
import Workflows

/// One claim of a task: sends it to a pod, follows it there, and fetches its results.
@LoopActor
struct TaskRun {
    let entry: LiveTask
    let pod: GPUPod
    let files: TaskFiles
    /// Holds the results until the task's end is on the disk.
    let lease: FileLease
    let book: TaskBook
    /// How long it may run in ComfyUI.
    let limit: Duration

    /// What came of it.
    enum Outcome: Sendable {
        /// The names of its files.
        case stored([String])
        case event(TaskLife.Event)
        /// The pod has the workflow in another version by now.
        case otherVersion
    }

    private static let maxResultBytes = 1 << 30
    private static let idle: Duration = .seconds(45)
    private static let calls = ClientRequest.Timeouts(connect: .seconds(5), idle: .seconds(30), total: .seconds(300))

    /// - Throws: `CancellationError` when the service stops; the failure of our own disk.
    func run() async throws -> Outcome {
        do {
            for _ in 0..<3 {
                if entry.task.isCancelling {
                    return .event(.failure(GenerationFailure(.cancelled, "It was cancelled.")))
                }
                let response = try await post()
                guard response.status == 200 else {
                    if let outcome = try await refusal(response) { return outcome }
                    continue
                }
                guard let end = try await follow(response) else { return .event(.connectionLost) }
                guard case .result(let outputs) = end else { return Self.failure(end) }
                return try await fetch(outputs)
            }
            return .event(.connectionLost)
        } catch is TransportError {
            return .event(.connectionLost)
        } catch is EventStreamReader.Failure {
            return .event(.connectionLost)
        } catch let refusal as InputRefused {
            return .event(refusal.event)
        }
    }

    /// A picture of the request did not get to the pod.
    private struct InputRefused: Error {
        let event: TaskLife.Event

        /// It is not on the disk any more, or not as it was.
        static let gone = InputRefused(event: .refused("A picture of the request is no longer in the data folder."))

        init(event: TaskLife.Event) { self.event = event }

        /// - Returns: nil when the pod has taken it.
        init?(status: Int) {
            switch status {
            case 200..<300: return nil
            // It hashes to something else over there: the file is damaged.
            case 422: self = .gone
            case 413: event = .refused("A picture of the request is larger than the GPU service takes.")
            // The pod is there, and is asked again.
            default: event = .busy(nil)
            }
        }
    }

    /// What is left of the time that it may run, counted from when ComfyUI began with this attempt.
    private var secondsLeft: Double {
        let gone = entry.runningSince.map { ContinuousClock.now - $0 } ?? .zero
        return max(1, (limit - gone).seconds)
    }

    private static func failure(_ event: GenerationEvent) -> Outcome {
        guard case .error(let failure) = event else { return .event(.connectionLost) }
        return .event(.failure(failure))
    }

    private func post() async throws -> ClientResponse {
        let task = entry.task
        let request = GenerateRequest(
            workflow: task.workflow, version: task.version, params: task.params, taskID: task.id,
            attempt: task.attempt, secondsLeft: secondsLeft, secondsAnew: limit.seconds, previews: task.options.previews
        )
        try await send(task.inputs, onlyMissing: true)
        var headers: HTTPFields = [.contentType: "application/json", .accept: "text/event-stream"]
        headers[.requestID] = entry.requestID
        return try await pod.send(
            ClientRequest(
                method: .post, url: pod.baseURL + "/generate",
                headers: headers,
                body: .bytes(request.json.serialized()), timeouts: .init(connect: .seconds(5), idle: Self.idle)))
    }

    /// - Returns: nil when it is worth another try at once.
    private func refusal(_ response: ClientResponse) async throws -> Outcome? {
        let body = (try? JSON(parsing: try await response.collect())) ?? .null
        switch response.status {
        case 409:
            if let missing = body["missing_inputs"]?.array {
                try await send(Set(missing.compactMap(\.string)), onlyMissing: false)
                return nil
            }
            return .otherVersion
        case 404: return .otherVersion
        case 422:
            let first = body["detail"]?[0]
            let place = first?["loc"]?.array?.last?.string ?? "a parameter"
            return .event(.refused("The workflow refused \(place): \(first?["msg"]?.string ?? "it is wrong")."))
        case 503:
            let pause = response.headers[.retryAfter].flatMap { Int($0) }.map { Duration.seconds(max(0, $0)) }
            return .event(.busy(pause))
        default: return .event(.connectionLost)
        }
    }

    // MARK: Pictures to it

    private func send(_ hashes: Set<String>, onlyMissing: Bool) async throws {
        for hash in hashes.sorted() {
            let url = "\(pod.baseURL)/inputs/\(hash)"
            if onlyMissing {
                let head = try await pod.send(ClientRequest(method: .head, url: url, timeouts: Self.calls))
                if head.status == 200 { continue }
            }
            let inputs = files.inputs
            let isSigned = pod.isSigned
            let input = try await offLoop {
                try inputs.readInput(hash).map { (bytes: $0, hash: isSigned ? SHA256.hash($0) : nil) }
            }
            guard let (bytes, digest) = input else { throw InputRefused.gone }
            let put = try await pod.send(
                ClientRequest(method: .put, url: url, body: .bytes(bytes), timeouts: Self.calls),
                hash: digest)
            _ = try await put.collect()
            if let refusal = InputRefused(status: put.status) { throw refusal }
        }
    }

    // MARK: Following

    /// - Returns: its last event; nil when the stream broke before.
    private func follow(_ response: ClientResponse) async throws -> GenerationEvent? {
        var reader = EventStreamReader()
        while let bytes = try await response.next() {
            for event in try reader.feed(bytes) {
                guard let data = try? JSON(parsing: Array(event.data.utf8)),
                    let event = GenerationEvent(name: event.name, data: data)
                else { continue }
                switch event {
                // A cancel that overtook the request found nothing to interrupt.
                case .accepted(_, let found):
                    // What ComfyUI has lost begins again, with all of its time.
                    if !found { entry.runningSince = nil }
                    if entry.task.isCancelling { pod.cancelSoon(entry.task) }
                case .started: book.started(entry)
                case .progress(let value):
                    entry.progress = max(entry.progress, value)
                    entry.changed()
                case .preview(let mime, let base64):
                    entry.preview = (mime, base64)
                    entry.changed()
                case .result, .error: return event
                }
            }
        }
        return nil
    }

    // MARK: Results from it

    private func fetch(_ outputs: [GenerationOutput]) async throws -> Outcome {
        var names: [String] = []
        for output in outputs {
            let url = "\(pod.baseURL)/results/\(entry.task.id)/\(output.n)"
            let response = try await pod.send(ClientRequest(url: url, timeouts: Self.calls))
            switch response.status {
            case 200: break
            case 410: return .event(.fileGone)
            default: return .event(.connectionLost)
            }
            guard let file = try await receive(response) else {
                return .event(.refused("A result of the workflow is over \(Self.maxResultBytes >> 20) MB."))
            }
            let (images, options) = (files.images, entry.task.options)
            do {
                names.append(try await lease.put { try ResultFile.keep(file, of: output, options, in: images) })
            } catch is ResultFile.NotAPicture {
                return .event(.fileGone)
            } catch let error as ImageError {
                // Made anew, it would be as large.
                return .event(.refused("A result cannot be made the format that was asked for. \(error.message)"))
            }
        }
        guard !names.isEmpty else { return .event(.refused("The workflow made nothing that could be kept.")) }
        return .stored(names)
    }

    /// - Returns: the body as a file; nil when it is over the limit.
    private func receive(_ response: ClientResponse) async throws -> SpoolFile? {
        let spool = files.spool
        let file = try await offLoop { try SpoolFile(in: spool) }
        while let bytes = try await response.next() {
            guard bytes.count <= Self.maxResultBytes - file.size else { return nil }
            try await offLoop { try file.append(bytes) }
        }
        return file
    }
}

extension FileStore {
    /// An input by its hash alone: what it ends on is its format.
    ///
    /// - Returns: nil when there is none.
    func readInput(_ hash: String) throws -> [UInt8]? {
        for ending in ["png", "jpg", "webp"] + MediaFormat.allCases.map(\.fileExtension) {
            do { return try read("\(hash).\(ending)") } catch let failure as Failure where failure.isMissing {
                continue
            }
        }
        return nil
    }
}
