import HTTP
import HTTPTypes
import Loop
import Wire

/// `HEAD` and `PUT /inputs/{sha256}`: pictures, sounds and films travel once, as bytes.
@LoopActor
struct InputRoutes {
    let inputs: InputStore

    /// As large as the backend can be told to take one (`MAX_IMAGE_SIZE_MB`).
    private static let bodyLimit = 512 << 20

    func add(to router: Router) {
        router.on(.head, "/inputs/{sha256}") { Response(status: isKnown($0) ? .ok : .notFound) }
        router.on(.put, "/inputs/{sha256}", bodyLimit: Self.bodyLimit) { try await put($0) }
    }

    private func isKnown(_ request: Request) -> Bool { inputs[request.parameters["sha256"] ?? ""] != nil }

    private func put(_ request: Request) async throws -> Response {
        let name = request.parameters["sha256"] ?? ""
        guard InputReference.isHash(name) else { throw HTTPProblem(.notFound, "An input is named by its SHA-256.") }
        do { try await inputs.put(request.body, named: name) } catch is InputStore.OtherHash {
            throw HTTPProblem(.unprocessableContent, "The bytes have another SHA-256.")
        } catch is InputStore.NotAPicture {
            throw HTTPProblem(
                .unprocessableContent, "The bytes are no picture, sound or film of a kind that is read here.")
        }
        return Response(status: .noContent)
    }
}
