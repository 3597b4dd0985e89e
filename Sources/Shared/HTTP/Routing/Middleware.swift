public import Loop

/// Something around every handler: it sees the request first and the answer last. It does not wait for anything: each
/// request passes all of them, and most need none of the machinery of waiting.
@LoopActor
public protocol Middleware: Sendable {
    /// Sees a request on its way in.
    ///
    /// - Parameter request: may be changed for those within.
    /// - Returns: an answer in place of the handler's; nil to let the request pass.
    /// - Throws: what becomes an answer as an error of the handler does.
    func receive(_ request: inout Request) throws -> Response?

    /// Sees the answer on its way out, also when ``receive(_:)`` answered or threw.
    ///
    /// - Parameter request: as those within have left it.
    func reply(_ response: inout Response, to request: Request)
}

extension Middleware {
    public func receive(_ request: inout Request) throws -> Response? { nil }
    public func reply(_ response: inout Response, to request: Request) {}
}
