import Crypto
import Foundation
import HTTP
import HTTPTypes
import JSONText
import Logging
import Loop
import Outbound

@testable import GPUService

/// The GPU service's parts put together in this process, over a workflow folder of its own.
@LoopActor
final class RunningGPUService {
    let comfyUIs: [ComfyUI]
    let library: WorkflowLibrary
    let dispatcher: Dispatcher
    let folder: String
    private let server: HTTPServer
    private let http = HTTPClient()
    private let inputs: InputStore
    private var work: [Task<Void, Never>] = []

    /// - Parameters:
    ///   - workflows: text by file name.
    ///   - capacity: prompts that each ComfyUI may have at once.
    ///   - models: nil: no model is fetched by URL.
    ///   - modelURLs: what a model's URL must be like.
    init(
        comfyUIs urls: [String], workflows: [String: String], capacity: Int = 3,
        models limits: ModelStore.Limits? = nil,
        modelURLs: OutsideURLRules = OutsideURLRules()
    ) async throws {
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        folder = NSTemporaryDirectory() + "easel-gpu-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder + "/workflows", withIntermediateDirectories: true)
        comfyUIs = urls.map { [http] in ComfyUI(baseURL: $0, capacity: capacity, http: http, logger: logger) }
        inputs = try InputStore(folder: folder + "/inputs")
        library = WorkflowLibrary(path: folder + "/workflows", fetchesModels: limits != nil, logger: logger)
        try FileManager.default.createDirectory(atPath: folder + "/models", withIntermediateDirectories: true)
        let models = limits.map { [folder, http] in
            ModelStore(root: folder + "/models", limits: $0, rules: modelURLs, http: http, logger: logger)
        }
        dispatcher = Dispatcher(comfyUIs: comfyUIs, inputs: inputs, models: models, logger: logger)
        let router = Router()
        GenerateRoutes(dispatcher: dispatcher, library: library, inputs: inputs, modelURLs: modelURLs)
            .add(to: router)
        InputRoutes(inputs: inputs).add(to: router)
        StatusRoutes(dispatcher: dispatcher, library: library).add(to: router)
        server = try HTTPServer(host: "127.0.0.1", port: 0, router: router)
        for (name, text) in workflows { try write(name, text) }
        library.follow(dispatcher)
        await library.refresh()
        let (server, library, comfyUIs) = (server, library, comfyUIs)
        work.append(Task(executorPreference: EventLoop.shared) { await server.run() })
        work.append(Task(executorPreference: EventLoop.shared) { await library.run() })
        for comfyUI in comfyUIs {
            work.append(Task(executorPreference: EventLoop.shared) { await comfyUI.run() })
        }
    }

    /// The files under `models`, by relative path.
    var modelFiles: [String] {
        (FileManager.default.subpaths(atPath: folder + "/models") ?? []).filter { $0.contains("/") }.sorted()
    }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(folder)/workflows/\(name)"))
    }

    func stop() async {
        await server.stop(grace: .zero)
        for task in work { task.cancel() }
        for task in work { await task.value }
        http.close()
        try? FileManager.default.removeItem(atPath: folder)
    }

    struct Answer: Sendable {
        let status: Int
        let headers: HTTPFields
        let text: String
        let json: JSON
    }

    func call(
        _ method: HTTPRequest.Method, _ path: String, _ body: JSON? = nil, headers: HTTPFields = [:]
    ) async throws -> Answer {
        var request = ClientRequest(method: method, url: "http://127.0.0.1:\(server.port)\(path)", headers: headers)
        if let body { request.body = .bytes(body.serialized()) }
        return try await call(request)
    }

    /// `PUT /inputs/{sha256}`, with no word to ComfyUI yet.
    func put(_ bytes: [UInt8]) async throws -> Answer {
        let url = "http://127.0.0.1:\(server.port)/inputs/\(SHA256.hash(bytes).hex)"
        return try await call(ClientRequest(method: .put, url: url, body: .bytes(bytes)))
    }

    private func call(_ request: ClientRequest) async throws -> Answer {
        let response = try await http.send(request)
        let bytes = try await response.collect()
        return Answer(
            status: response.status, headers: response.headers, text: String(decoding: bytes, as: UTF8.self),
            json: (try? JSON(parsing: bytes)) ?? .null)
    }

    /// Begins `POST /generate`, the end of which is its answer.
    func generate(_ taskID: String, _ workflow: String = "w", _ params: JSON = [:]) -> Task<Answer, any Error> {
        let body: JSON = ["workflow": .string(workflow), "task_id": .string(taskID), "params": params]
        return Task(executorPreference: EventLoop.shared) {
            try await self.call(.post, "/generate", body, headers: [.accept: "text/event-stream"])
        }
    }

    /// A workflow as the catalogue has it.
    func workflow(_ name: String) async throws -> JSON {
        let all = try await call(.get, "/workflows").json["workflows"]?.array ?? []
        return all.first { $0["name"]?.string == name } ?? .null
    }
}

/// Runs `body` with such a service, and stops it afterwards.
@LoopActor
func withGPUService(
    comfyUIs: [String], workflows: [String: String], capacity: Int = 3, models: ModelStore.Limits? = nil,
    modelURLs: OutsideURLRules = OutsideURLRules(), _ body: @LoopActor (RunningGPUService) async throws -> Void
) async throws {
    let service = try await RunningGPUService(
        comfyUIs: comfyUIs, workflows: workflows, capacity: capacity, models: models, modelURLs: modelURLs)
    do {
        try await body(service)
        await service.stop()
    } catch {
        await service.stop()
        throw error
    }
}
