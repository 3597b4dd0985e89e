import HTTPTypes
import Logging
import Loop
import Outbound
import Wire
import Workflows

/// The models that requests name by URL, fetched once for each URL into ComfyUI's own folders, which ComfyUI reads anew
/// when a prompt comes. What was used longest ago goes when there is too much, and nothing that a generation uses.
@LoopActor
final class ModelStore {
    struct Limits: Sendable {
        /// More of one file is not kept.
        var fileBytes: Int
        /// More of all files together is not kept, but for those in use.
        var totalBytes: Int
    }

    /// What a model's URL must be like.
    let rules: OutsideURLRules
    private let files: ModelFiles
    private let limits: Limits
    private let http: HTTPClient
    private let logger: Logger
    private var downloads: [ModelPlace: Download] = [:]
    private var uses: [ModelPlace: Int] = [:]
    /// Going at this moment.
    private var leaving: [ModelPlace: LoopEvent] = [:]
    private var slots = 4
    private var slotFreed: [LoopEvent] = []

    private static let maxRedirects = 5
    private static let timeouts = ClientRequest.Timeouts(
        connect: .seconds(10), idle: .seconds(60), total: .seconds(3600))

    /// - Parameter root: ComfyUI's `models`.
    init(root: String, limits: Limits, rules: OutsideURLRules, http: HTTPClient, logger: Logger) {
        files = ModelFiles(root: root)
        self.limits = limits
        self.rules = rules
        self.http = http
        self.logger = logger
    }

    // MARK: Use

    /// Keeps these files from being cleared away, whether they are there yet or not, until ``release(_:)``.
    func hold(_ wanted: [WantedModel]) {
        for model in wanted { uses[model.place, default: 0] += 1 }
    }

    func release(_ wanted: [WantedModel]) {
        for model in wanted {
            let count = (uses[model.place] ?? 1) - 1
            uses[model.place] = count > 0 ? count : nil
        }
    }

    /// Fetches a model unless it is there. Those who ask for the same at once wait for the same download, which ends
    /// with the last of them.
    ///
    /// - Returns: its file name in the folder.
    /// - Throws: ``ModelFault``; `CancellationError`.
    func fileName(of model: WantedModel) async throws -> String {
        let (place, files) = (model.place, files)
        if let event = leaving[place] { try await event.wait() }
        if try await offLoop({ files.touch(place) }) { return place.name }
        let download = downloads[place] ?? begin(place, model.url)
        download.waiters += 1
        defer {
            download.waiters -= 1
            if download.waiters == 0, download.result == nil {
                download.task?.cancel()
                if downloads[place] === download { downloads[place] = nil }
            }
        }
        try await download.done.wait()
        try download.result?.get()
        return place.name
    }

    // MARK: Downloads

    @LoopActor
    private final class Download {
        let done = LoopEvent()
        var result: Result<Void, any Error>?
        var waiters = 0
        var task: Task<Void, Never>?
    }

    private func begin(_ place: ModelPlace, _ url: String) -> Download {
        let download = Download()
        downloads[place] = download
        download.task = loopTask { [weak self] in
            do {
                try await self?.fetch(url, to: place)
                download.result = .success(())
            } catch {
                download.result = .failure(Self.fault(error))
            }
            if self?.downloads[place] === download { self?.downloads[place] = nil }
            download.done.signal()
            if case .success = download.result { await self?.clear() }
        }
        return download
    }

    private static func fault(_ error: any Error) -> any Error {
        switch error {
        case let error as TransportError: ModelFault(error)
        case is FileBytes.Failure: ModelFault(.failed, "the file cannot be kept here: the disk may be full")
        default: error
        }
    }

    private func fetch(_ url: String, to place: ModelPlace) async throws {
        try await takeSlot()
        defer { freeSlot() }
        let shown: Logger.MetadataValue = .string((try? OutsideURL(url))?.shown ?? "")
        do {
            let response = try await http.get(
                outside: url, under: rules, timeouts: Self.timeouts, redirects: Self.maxRedirects)
            guard response.status == 200 else { throw ModelFault(status: response.status) }
            let size = try await receive(response, at: place)
            logger.info("Model fetched", metadata: ["url": shown, "bytes": .stringConvertible(size)])
        } catch {
            logger.warning("Model not fetched", metadata: ["url": shown, "reason": .string("\(error)")])
            throw error
        }
    }

    private func receive(_ response: ClientResponse, at place: ModelPlace) async throws -> Int {
        let tooLarge = ModelFault(.input, "what the URL gives is over the limit of \(limits.fileBytes >> 20) MB")
        let length = response.headers[.contentLength].flatMap { Int($0) }
        if let length, length > limits.fileBytes { throw tooLarge }
        let files = files
        let draft = try await offLoop { try files.draft(for: place) }
        do {
            let size = try await receive(response, into: draft, tooLarge)
            try await offLoop {
                try draft.move(to: files.path(of: place))
                draft.discard()
            }
            return size
        } catch {
            try? await offLoop { draft.discard() }
            throw error
        }
    }

    private func receive(
        _ response: ClientResponse, into draft: ModelDraft, _ tooLarge: ModelFault
    ) async throws -> Int {
        var size = 0
        var isJudged = false
        while let bytes = try await response.next() {
            guard bytes.count <= limits.fileBytes - size else { throw tooLarge }
            size = try await offLoop { try draft.append(bytes) }
            // A page instead of a file is not read to its end.
            if !isJudged, size >= Safetensors.firstBytes {
                isJudged = true
                let begin = try await offLoop { try draft.begin(Safetensors.firstBytes) }
                if Safetensors.headerLength(begin) == nil { throw Self.noModel("it does not begin as one") }
            }
        }
        if let fault = try await offLoop({ try draft.faultAsSafetensors() }) { throw Self.noModel(fault) }
        return size
    }

    private static func noModel(_ reason: String) -> ModelFault {
        ModelFault(.input, "what the URL gives is no safetensors file: \(reason)")
    }

    // MARK: Bounds

    private func takeSlot() async throws {
        while slots == 0 {
            let event = LoopEvent()
            slotFreed.append(event)
            do { try await event.wait() } catch {
                slotFreed.removeAll { $0 === event }
                // What it was told is the next one's to hear.
                if event.isSignalled { wakeNext() }
                throw error
            }
        }
        slots -= 1
    }

    private func freeSlot() {
        slots += 1
        wakeNext()
    }

    private func wakeNext() {
        if !slotFreed.isEmpty { slotFreed.removeFirst().signal() }
    }

    /// Brings the files within the limit.
    private func clear() async {
        let files = files
        guard let kept = try? await offLoop({ files.all() }) else { return }
        let inUse = Set(uses.keys).union(downloads.keys)
        for place in ModelFiles.surplus(of: kept, limit: limits.totalBytes, inUse: inUse) where leaving[place] == nil {
            // It may have been asked for since.
            guard uses[place] == nil else { continue }
            let event = LoopEvent()
            leaving[place] = event
            try? await offLoop { files.remove(place) }
            leaving[place] = nil
            event.signal()
            logger.info("Model cleared away", metadata: ["file": .string(place.name)])
        }
    }
}

extension WantedModel {
    var place: ModelPlace { ModelPlace(folder: folder, url: url) }
}
