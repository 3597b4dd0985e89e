public import HTTPTypes
public import Loop

/// The head of an answer, and its body as it arrives.
///
/// At most 256 KB are read ahead (and one piece more); then the socket is left alone, so that a slow reader slows the
/// peer. Dropping the last reference ends the transfer.
@LoopActor
public final class ClientResponse {
    /// 200…599: interim answers (1xx) are skipped.
    public let status: Int
    public let headers: HTTPFields
    private let transfer: Transfer
    private let maxBodyBytes: Int
    /// Else `Content-Length` tells of a body that does not come (RFC 9112, section 6.3).
    private let hasBody: Bool

    init(_ transfer: Transfer, head: ResponseHead, of request: ClientRequest) {
        self.transfer = transfer
        maxBodyBytes = request.maxBodyBytes
        hasBody = request.method != .head && ![204, 304].contains(head.status)
        status = head.status
        headers = head.fields
    }

    isolated deinit { transfer.end(.failure(CancellationError())) }

    /// The next bytes of the body, or nil after the last. One caller at a time.
    ///
    /// - Throws: ``TransportError``: a body shorter than it said is `.interrupted`, never a short success.
    ///   `CancellationError` when the task is cancelled, which ends the transfer.
    public func next() async throws -> [UInt8]? { try await transfer.nextBytes() }

    /// The whole body.
    ///
    /// - Parameter limit: in bytes; without it, ``ClientRequest/maxBodyBytes``.
    /// - Throws: as ``next()``, and `.tooLarge` as soon as it is known, which ends the transfer.
    public func collect(upTo limit: Int? = nil) async throws -> [UInt8] {
        let limit = limit ?? maxBodyBytes
        if hasBody, let length = headers[.contentLength].flatMap(Int.init), length > limit {
            throw tooLarge(limit)
        }
        var body: [UInt8] = []
        while let bytes = try await next() {
            guard bytes.count <= limit - body.count else { throw tooLarge(limit) }
            if body.isEmpty { body = bytes } else { body += bytes }
        }
        return body
    }

    private func tooLarge(_ limit: Int) -> TransportError {
        let error = TransportError(.tooLarge, "the answer of \(transfer.peer) is over \(limit) bytes")
        transfer.end(.failure(error))
        return error
    }
}
