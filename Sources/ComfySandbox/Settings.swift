import Foundation

/// What the sandbox is told by its environment.
struct Settings: Sendable, Equatable {
    var host = "127.0.0.1"
    /// 0 takes a free one.
    var port = 8188
    /// Where graphs and manifests lie; nil for none.
    var workflowsPath: String?
    /// ComfyUI's `models`: what lies in its folders is in the lists of models too. Nil for none.
    var modelsPath: String?
    /// Where the folders input, output and temp are made.
    var path: String
    /// How long a sampler's step takes.
    var stepMilliseconds = 20
    var logLevel = LogLevel.info
    /// A file that holds this process's number, removed at the end.
    var pidFile: String?

    enum LogLevel: String, Sendable, CaseIterable {
        case debug, info, error
    }

    /// A setting that cannot be.
    struct Problem: Error, Equatable { let message: String }

    init(path: String) { self.path = path }

    init(environment: [String: String]) throws(Problem) {
        func text(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        path = text("SANDBOX_PATH") ?? NSTemporaryDirectory() + "comfy-sandbox"
        if !path.hasPrefix("/") { path = FileManager.default.currentDirectoryPath + "/" + path }
        path = FileStore.normalise(path)
        host = text("SANDBOX_HOST") ?? host
        workflowsPath = text("WORKFLOWS_PATH")
        modelsPath = text("MODELS_PATH")
        pidFile = text("EASEL_PID_FILE")
        port = try Self.number(text("SANDBOX_PORT"), "SANDBOX_PORT", 0...65_535) ?? port
        stepMilliseconds = try Self.number(text("SANDBOX_STEP_MS"), "SANDBOX_STEP_MS", 0...60_000) ?? stepMilliseconds
        if let level = text("LOG_LEVEL") {
            // The levels of the services, of which the sandbox tells three apart.
            let levels = ["trace": "debug", "notice": "info", "warning": "info", "critical": "error"]
            guard let known = LogLevel(rawValue: levels[level.lowercased()] ?? level.lowercased()) else {
                throw Problem(
                    message: "LOG_LEVEL is trace, debug, info, notice, warning, error or critical, not \(level)")
            }
            logLevel = known
        }
    }

    private static func number(
        _ text: String?, _ name: String, _ range: ClosedRange<Int>
    ) throws(Problem) -> Int? {
        guard let text else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw Problem(message: "\(name) is a number from \(range.lowerBound) to \(range.upperBound), not \(text)")
        }
        return number
    }
}
