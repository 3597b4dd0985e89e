import HTTP
import HTTPTypes
import Images
import JSONText
import Loop
import Wire
import Workflows

/// `POST /inspect`: the faces of a picture, and whether it can stand for a person.
@LoopActor
struct InspectRoutes {
    let inputs: InputStore
    let desk: InspectionDesk

    private static let bodyLimit = 64 << 20

    func add(to router: Router) {
        router.on(.post, "/inspect", bodyLimit: Self.bodyLimit) { try await inspect($0) }
    }

    private func inspect(_ request: Request) async throws -> Response {
        let input = try await input(of: request)
        do {
            return .json(try await desk.inspect(input.sha256, .file(path: input.path)).json)
        } catch let error as ImageError {
            if error.reason == .unreadable { inputs.forget(input.sha256) }
            throw Self.problem(error, input)
        } catch is InspectionDesk.Full {
            throw HTTPProblem(
                .serviceUnavailable, "Too many pictures wait to be inspected.", headers: [.retryAfter: "2"])
        }
    }

    /// The picture that came as the body, which is kept as if it had been put there, or the one that the body names.
    private func input(of request: Request) async throws -> StoredInput {
        let bytes = try await request.body.collect()
        guard request.headerFields[.contentType]?.lowercased().hasPrefix("application/json") ?? false else {
            do { return try await inputs.put(bytes) } catch is InputStore.NotAPicture {
                throw HTTPProblem(.unprocessableContent, "The body is no picture of a kind that is read here.")
            }
        }
        let hash = try Self.hash(in: bytes)
        guard let input = inputs[hash] else { throw Self.missing(hash) }
        return input
    }

    private static func hash(in bytes: [UInt8]) throws -> String {
        // A hash in braces; anything long is not worth parsing.
        guard bytes.count <= 4096 else { throw HTTPProblem(.contentTooLarge, "A reference to a picture is short.") }
        let json: JSON
        do { json = try JSON(parsing: bytes) } catch { throw Unprocessable(faults: [.invalidJSON(error)]) }
        guard let named = json[InputReference.member] else {
            throw Unprocessable(faults: [.missing(["body", .member(InputReference.member)], in: json)])
        }
        guard let hash = InputReference.sha256(in: json) else {
            throw Unprocessable(
                faults: [
                    .valueError(
                        ["body", .member(InputReference.member)], "it must be a SHA-256 in lower case, and alone",
                        input: named)
                ])
        }
        return hash
    }

    private static func problem(_ error: ImageError, _ input: StoredInput) -> HTTPProblem {
        switch error.reason {
        case .unrecognised, .unsupported, .tooLarge, .damaged: HTTPProblem(.unprocessableContent, error.message)
        // The store forgot it meanwhile, or somebody has cleared its folder.
        case .unreadable: missing(input.sha256)
        case .invalidRequest, .failed: HTTPProblem(.internalServerError, error.message)
        }
    }

    private static func missing(_ hash: String) -> HTTPProblem {
        HTTPProblem(.conflict, "Pictures are missing here.", extra: ["missing_inputs": .array([.string(hash)])])
    }
}
