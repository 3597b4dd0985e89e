public import HTTP
internal import HTTPTypes
public import Logging
internal import Loop

/// Logs and counts each request when its answer is ready: at debug where machines ask all the time (`/health`,
/// `/metrics`, and what has not changed), at info elsewhere. The query is left out, since it may hold a signature.
@LoopActor
public func accessLog(_ logger: Logger, counting metrics: RequestMetrics? = nil) -> AccessLogMiddleware {
    AccessLogMiddleware { record in
        metrics?.count(record)
        // Nothing new is told by 304, which the backend gets of the GPU service each second.
        let isRoutine = record.path.hasPrefix("/health") || record.path == "/metrics" || record.status == 304
        logger.log(
            level: isRoutine ? .debug : .info,
            "\(record.method.rawValue) \(record.path) \(record.status)",
            metadata: [
                "ms": .stringConvertible(record.duration.loggedMilliseconds), "peer": .string(record.remoteAddress),
                "request_id": .string(record.requestID),
            ])
    }
}

/// A router's way with errors: what a handler threw that nobody expected is logged, and the client gets a 500 that says
/// nothing of the inside.
public func loggingFailures(_ logger: Logger) -> Router.Failure {
    { error, request in
        if !(error is any HTTPResponseError) {
            logger.error(
                "\(request.head.method.rawValue) \(request.path) failed unexpectedly",
                metadata: [
                    "error": .string(String("\(error)".prefix(500))), "request_id": .string(request.id),
                ])
        }
        return Response(for: error)
    }
}

extension Duration {
    /// Milliseconds with one place after the point.
    var loggedMilliseconds: Double {
        let (seconds, attoseconds) = components
        let tenths = Double(seconds) * 10_000 + Double(attoseconds) / 1e14
        return tenths.rounded() / 10
    }
}
