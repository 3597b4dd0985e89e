public import HTTP
internal import HTTPTypes
public import Logging
internal import Loop

/// Logs each request when its answer is ready: at debug for `/health`, which is asked all the time, at info for others.
/// The query is left out, since it may hold a signature.
public func accessLog(_ logger: Logger) -> AccessLogMiddleware {
    AccessLogMiddleware { record in
        logger.log(
            level: record.path == "/health" ? .debug : .info,
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
