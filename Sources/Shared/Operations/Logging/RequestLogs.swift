public import HTTP
internal import HTTPTypes
public import Logging
internal import Loop

/// Logs and counts each request when its answer is ready: at debug where machines ask all the time (`/health`,
/// `/metrics`, and what has not changed), at info elsewhere. The query is left out, since it may hold a signature.
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

/// Logs what a handler threw that nobody expected; the client gets a 500 that says nothing of the inside.
///
/// To be used after ``accessLog(_:)``, which is to be used after `RequestIDMiddleware`: the two outer ones turn errors
/// into answers as well, and would leave nothing to log here.
public func errorLog(_ logger: Logger) -> ErrorMiddleware {
    ErrorMiddleware { error, request in
        logger.error(
            "\(request.head.method.rawValue) \(request.path) failed unexpectedly",
            metadata: [
                "error": .string(String("\(error)".prefix(500))), "request_id": .string(request.id),
            ])
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
