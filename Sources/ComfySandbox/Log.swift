import Foundation
import HTTP
import HTTPTypes
import Loop

/// Lines on stderr. Nothing of a prompt's content is in them.
struct Log: Sendable {
    let level: Settings.LogLevel

    func info(_ message: String) { if level != .error { Self.write(message) } }

    func debug(_ message: String) { if level == .debug { Self.write(message) } }

    static func write(_ message: String) {
        FileHandle.standardError.write(Data("ComfySandbox: \(message)\n".utf8))
    }
}

/// A line for each request at debug.
struct RequestLog: Middleware {
    let log: Log

    func reply(_ response: inout Response, to request: Request) {
        log.debug("\(request.method.rawValue) \(request.path) \(response.status.code)")
    }
}
