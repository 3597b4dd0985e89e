import HTTPTypes
import JSONText
import Loop
import Outbound
import Wire

/// Calls to Gradio Spaces in the two-request form (<https://www.gradio.app/guides/querying-gradio-apps-with-curl>): a POST
/// gives an event's id, a GET streams the event.
@LoopActor
struct SpaceCalls: Sendable {
    /// The hub's API, with the token.
    let hub: ProviderHTTP
    /// Without the token: a Space is its owner's program, who would get to see it.
    let api: ProviderHTTP
    let results: ResultFetcher
    /// With `{owner}` and `{name}`.
    let template: String

    // MARK: Before

    /// - Throws: ``ProviderFailure`` `.notReady` for a Space at any stage but RUNNING.
    func needRunning(_ space: String, within limit: Duration) async throws {
        let answer: ProviderAnswer
        do {
            answer = try await hub.call(
                .get, "\(hub.baseURL)/api/spaces/\(space)/runtime", within: min(limit, api.pace.callTimeout))
        } catch let error as TransportError {
            throw ProviderFailure(preparing: error)
        }
        guard answer.isSuccess else { throw HuggingFaceVerdict.onCall(answer) }
        guard answer.json?["stage"]?.string == "RUNNING" else {
            throw ProviderFailure(.notReady, "the Space is \(answer.json?["stage"]?.string ?? "nowhere")")
        }
    }

    /// - Returns: the path by which the Space knows the picture.
    func upload(_ picture: ProviderJob.Picture, to space: String, within limit: Duration) async throws -> String {
        var form = MultipartForm()
        form.addFile(.bytes(picture.bytes), name: "files", filename: picture.filename, contentType: picture.mime)
        do {
            let answer = try await api.call(
                .post, "\(root(space))/gradio_api/upload", form.assembled(), headers: [.contentType: form.contentType],
                within: min(limit, api.pace.downloadTimeout))
            guard answer.isSuccess else { throw Self.verdict(answer) }
            guard let path = answer.json?[0]?.string else {
                throw ProviderFailure(.transient, "the upload has no path")
            }
            return path
        } catch let error as TransportError {
            throw ProviderFailure(preparing: error)
        }
    }

    nonisolated static func fileData(_ path: String) -> JSON {
        ["path": .string(path), "meta": ["_type": "gradio.FileData"]]
    }

    // MARK: The call

    func call(
        _ function: String, _ inputs: [JSON], _ draft: ProviderTicket, within limit: Duration
    ) async throws -> ProviderTicket {
        let events = "\(root(draft.model))/gradio_api/call/\(function)"
        do {
            let answer = try await api.post(
                events, ["data": .array(inputs)], within: min(limit, api.pace.callTimeout))
            guard answer.isSuccess else { throw Self.verdict(answer) }
            guard let id = answer.json?["event_id"]?.string, HubName.isPart(id) else {
                throw ProviderFailure(.unknown, "the answer names no event", isPerhapsPaid: true, ticket: draft)
            }
            var ticket = draft
            ticket.requestID = id
            ticket.urls["status"] = "\(events)/\(id)"
            return ticket
        } catch let error as TransportError {
            throw ProviderFailure(submitting: error, draft)
        }
    }

    func follow(
        _ ticket: ProviderTicket, within limit: Duration, onProgress: @escaping ProviderWatch
    ) async throws -> ProviderOutcome {
        let deadline = ProviderDeadline(within: limit)
        let space = root(ticket.model)
        guard let url = ticket.urls["status"], url.hasPrefix(space + "/") else {
            throw ProviderFailure(.transient, "the request is of another Space")
        }
        let output = try await stream(url, until: deadline, onProgress)
        guard let picture = output[0] else {
            throw ProviderFailure(.badResult, "the result names no picture", isPerhapsPaid: true)
        }
        let path = picture["path"]?.string.map { "\(space)/gradio_api/file=\(Self.escaped($0))" }
        guard let place = picture["url"]?.string ?? path ?? picture.string else {
            throw ProviderFailure(.badResult, "the result names no picture", isPerhapsPaid: true)
        }
        return .pictures([try await results.picture(place, until: deadline)])
    }

    /// - Returns: the event's outputs.
    private func stream(
        _ url: String, until deadline: ProviderDeadline, _ onProgress: @escaping ProviderWatch
    ) async throws -> JSON {
        do {
            let response = try await api.send(
                .get, url, headers: [.accept: "text/event-stream"], within: deadline.left)
            guard response.status == 200 else { throw Self.verdict(try await ProviderHTTP.read(response)) }
            var reader = EventStreamReader()
            while let bytes = try await response.next() {
                for event in try reader.feed(bytes) {
                    switch event.name {
                    case "complete": return (try? JSON(parsing: event.data)) ?? .null
                    case "error": throw Self.failure(event.data)
                    default: onProgress(ProviderProgress())
                    }
                }
            }
            throw ProviderFailure(.unknown, "the event stream ended too soon")
        } catch let error as TransportError {
            throw ProviderFailure(error.kind == .timeout ? .timedOut : .unknown, error.message)
        } catch let error as EventStreamReader.Failure {
            throw ProviderFailure(.unknown, error.reason)
        }
    }

    // MARK: Parts

    /// `{owner}-{name}` is in lower case, and what is neither letter nor digit is a hyphen.
    private func root(_ space: String) -> String {
        let parts = space.split(separator: "/").map { part in
            String(part.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
        }
        guard parts.count == 2 else { return template }
        return template.replacing("{owner}", with: parts[0]).replacing("{name}", with: parts[1])
    }

    private static func escaped(_ path: String) -> String {
        path.utf8.reduce(into: "") { text, byte in
            let isPlain = byte > 0x20 && byte < 0x7F && !"%?#\"<>\\^`{|}".utf8.contains(byte)
            if isPlain {
                text.unicodeScalars.append(UnicodeScalar(byte))
            } else {
                text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
    }

    private static func verdict(_ answer: ProviderAnswer) -> ProviderFailure {
        // Gradio answers 503 when its queue is full.
        if answer.status == 503 { return ProviderFailure(.rateLimited, answer.words, retryAfter: answer.retryAfter) }
        return HuggingFaceVerdict.onCall(answer)
    }

    /// The data of an `error` event: null, a text, or an object with `error`.
    private static func failure(_ data: String) -> ProviderFailure {
        let value = (try? JSON(parsing: data)) ?? .null
        let words = ProviderFailure.shown(value.string ?? value["error"]?.string ?? "the Space reported an error")
        return ProviderFailure(ProviderFailure.tellsOfUnsafe(words) ? .refusedAsUnsafe : .transient, words)
    }
}
