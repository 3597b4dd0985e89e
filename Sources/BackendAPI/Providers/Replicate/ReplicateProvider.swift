import Crypto
import HTTPTypes
import JSONText
import Loop
import Outbound

/// Replicate, by predictions (<https://replicate.com/docs/reference/http>).
///
/// A picture is uploaded first, always: its address is the prediction's only, so that a prediction whose answer got lost
/// can be found in the list of all.
struct ReplicateProvider: Provider {
    let tools: ProviderTools
    let isConfigured: Bool
    /// How long the creation may be held for the result. It is short: while it is held, the prediction's id is not known.
    var hold: Duration = .seconds(2)
    let name = ProviderName.replicate

    func can(_ job: ProviderJob) -> ProviderCapability { tools.can(job) }
    func price(_ job: ProviderJob) -> Double { tools.price(job) }

    // MARK: Prepare

    func prepare(_ job: ProviderJob, within limit: Duration) async throws -> ProviderTicket {
        let model = try tools.needModel(for: job.kind)
        var ticket = ProviderTicket(provider: .replicate, kind: job.kind, model: model.model)
        ticket.trace["since"] = .string(TaskAnswer.time(TaskBook.now() - Self.clockDifference.milliseconds))
        if model.picture != nil {
            ticket.trace["file"] = .string(try await upload(try tools.needPicture(job), within: limit))
        }
        return ticket
    }

    /// - Returns: the address that a prediction can read it at.
    private func upload(_ picture: ProviderJob.Picture, within limit: Duration) async throws -> String {
        var form = MultipartForm()
        form.addFile(
            .bytes(picture.bytes), name: "content", filename: picture.filename, contentType: picture.mime)
        let answer: ProviderAnswer
        do {
            answer = try await tools.api.call(
                .post, "\(tools.api.baseURL)/v1/files", form.assembled(), headers: [.contentType: form.contentType],
                within: min(limit, tools.api.pace.downloadTimeout))
        } catch let error as TransportError {
            throw ProviderFailure(preparing: error)
        }
        guard answer.isSuccess else { throw ReplicateVerdict.onCall(answer) }
        guard let url = answer.json?["urls"]?["get"]?.string else {
            throw ProviderFailure(.transient, "the upload has no address")
        }
        return url
    }

    // MARK: Submit

    func submit(
        _ job: ProviderJob, _ draft: ProviderTicket, within limit: Duration
    ) async throws -> ProviderSubmission {
        let model = try tools.needModel(for: job.kind)
        var input = model.input(job.parameters)
        if let place = model.picture { input[place] = draft.trace["file"] }
        var body: JSONObject = ["input": .object(input)]
        var path = "/v1/predictions"
        if model.way == .prediction {
            body["version"] = model.version.map(JSON.string)
        } else {
            path = "/v1/models/\(model.model)/predictions"
        }
        let answer = try await create(path, .object(body), draft, within: limit)
        guard let prediction = answer.json, let ticket = Self.ticket(draft, prediction) else {
            throw ProviderFailure(.unknown, "the answer names no prediction", isPerhapsPaid: true, ticket: draft)
        }
        return ProviderSubmission(ticket: ticket)
    }

    private func create(
        _ path: String, _ body: JSON, _ draft: ProviderTicket, within limit: Duration
    ) async throws -> ProviderAnswer {
        let held = max(1, min(60, Int(min(hold, limit).seconds)))
        do {
            let answer = try await tools.api.post(
                tools.api.baseURL + path, body, headers: [.prefer: "wait=\(held)"],
                within: min(limit, tools.api.pace.callTimeout + .seconds(held)))
            if answer.isSuccess { return answer }
            // A server that failed may have made it before.
            guard answer.status < 500 else {
                throw ProviderFailure(.unknown, answer.words, isPerhapsPaid: true, ticket: draft)
            }
            throw ReplicateVerdict.onCall(answer)
        } catch let error as TransportError {
            throw ProviderFailure(submitting: error, draft)
        }
    }

    /// Short ones alone are worth keeping: a picture within the answer is fetched again.
    private static let longestOutput = 4096

    private static func ticket(_ draft: ProviderTicket, _ prediction: JSON) -> ProviderTicket? {
        guard let id = prediction["id"]?.string, HubName.isPart(id) else { return nil }
        var ticket = draft
        ticket.requestID = id
        ticket.urls["status"] = prediction["urls"]?["get"]?.string
        ticket.urls["cancel"] = prediction["urls"]?["cancel"]?.string
        if case .done(let urls) = ReplicateVerdict.onPrediction(prediction),
            urls.reduce(0, { $0 + $1.utf8.count }) < longestOutput
        {
            ticket.trace["output"] = .array(urls.map(JSON.string))
        }
        return ticket
    }

    // MARK: Follow

    func follow(
        _ ticket: ProviderTicket, within limit: Duration, onProgress: @escaping ProviderWatch
    ) async throws -> ProviderOutcome {
        let deadline = ProviderDeadline(within: limit)
        if let urls = ticket.trace["output"]?.array {
            return try await tools.pictures(urls.compactMap(\.string), until: deadline)
        }
        var waits = PollPauses(tools.api.pace)
        while true {
            let answer = try await tools.api.get(patiently: url(of: ticket), until: deadline)
            if answer.status == 404 {
                throw ProviderFailure(.transient, "the prediction is not known there", isPerhapsPaid: true)
            }
            guard answer.isSuccess else { throw ReplicateVerdict.onCall(answer) }
            guard let prediction = answer.json, prediction["status"]?.string != nil else {
                throw ProviderFailure(.unknown, "the prediction cannot be read", ticket: ticket)
            }
            switch ReplicateVerdict.onPrediction(prediction) {
            case .done(let urls): return try await tools.pictures(urls, until: deadline)
            case .failed(let failure): throw failure
            case .pending: onProgress(ProviderProgress())
            }
            let pause = waits.next()
            guard pause < deadline.left else { throw ProviderFailure(.timedOut, "no result in time") }
            try await sleep(for: pause)
        }
    }

    private func url(of ticket: ProviderTicket) -> String {
        tools.api.ours(
            ticket.urls["status"], else: "\(tools.api.baseURL)/v1/predictions/\(ticket.requestID ?? "")")
    }

    // MARK: Afterwards

    /// Pages of a hundred predictions.
    private static let longestSearch = 10
    /// Between this machine's clock and Replicate's, at most.
    private static let clockDifference: Duration = .seconds(300)

    /// Looks for the one prediction that reads the uploaded picture, from the newest back to the draft's time.
    func locate(_ draft: ProviderTicket, within limit: Duration) async throws -> ProviderLocation {
        guard let file = draft.trace["file"], let since = draft.trace["since"]?.string else { return .unknowable }
        let deadline = ProviderDeadline(within: limit)
        var page: String? = "\(tools.api.baseURL)/v1/predictions"
        // Replicate clears what is older than an hour, the input too: then nobody can tell whose it was.
        var isCertain = true
        for _ in 0..<Self.longestSearch {
            guard let url = page else { break }
            let answer = try await tools.api.get(patiently: url, until: deadline)
            guard answer.isSuccess, let list = answer.json?["results"]?.array else {
                throw ProviderFailure(.unknown, "the list of predictions cannot be read", ticket: draft)
            }
            for prediction in list {
                // Both times are of one form (RFC 3339 in UTC), so that their order is that of their texts.
                if let time = prediction["created_at"]?.string, time.prefix(19) < since.prefix(19) {
                    return isCertain ? .absent : .unknowable
                }
                let input = prediction["input"]?.object ?? [:]
                if input.values.contains(file) {
                    return Self.ticket(draft, prediction).map(ProviderLocation.found) ?? .unknowable
                }
                if input.isEmpty { isCertain = false }
            }
            page = answer.json?["next"]?.string.map { tools.api.ours($0, else: "") }.flatMap { $0.isEmpty ? nil : $0 }
        }
        return isCertain && page == nil ? .absent : .unknowable
    }

    func cancel(_ ticket: ProviderTicket, within limit: Duration) async -> Bool {
        let made = "\(tools.api.baseURL)/v1/predictions/\(ticket.requestID ?? "")/cancel"
        let answer = try? await tools.api.call(.post, tools.api.ours(ticket.urls["cancel"], else: made), within: limit)
        guard answer?.status != 404 else { return true }
        // What has begun is paid by its time.
        return answer?.json?["status"]?.string == "canceled" && (answer?.json?["started_at"] ?? .null).isNull
    }
}
