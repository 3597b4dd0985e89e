import Crypto
import FoundationEssentials
import Glibc
import JSONText
import Loop
import Outbound
import Workflows

/// `check-workflows`: holds the workflow folder against the nodes of a ComfyUI, and prints what comes of it. Ends with 0,
/// with 1 when a workflow is wrong, with 2 when there is nothing to check with.
enum CheckCommand {
    static let name = "check-workflows"

    static func main(_ arguments: [String]) -> Never {
        prepareProcess()
        let status = Lock<Int32>(2)
        do {
            let asked = try CheckArguments(arguments)
            try EventLoop.shared.run {
                let report = CheckReport(try read(asked.folder), on: try await nodes(asked.source))
                print(report.lines.joined(separator: "\n"))
                status.withLock { $0 = report.wrong == 0 ? 0 : 1 }
            }
        } catch {
            complain(error)
        }
        exit(status.withLock { $0 })
    }

    private static func read(_ folder: String) throws -> WorkflowFolder {
        do { return try WorkflowFolder.load(folder) { SHA256.hash($0).hex } } catch {
            throw CheckArguments.Misuse(message: "the folder \(folder) \(error.reason)")
        }
    }

    @LoopActor
    private static func nodes(_ source: CheckArguments.Source) async throws -> NodeList? {
        switch source {
        case .none: return nil
        case .file(let path):
            let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
            return try NodeList(objectInfo: JSON(parsing: bytes))
        case .comfyUI(let url):
            let http = HTTPClient()
            defer { http.close() }
            return try await ComfyUIClient(baseURL: url, http: http).nodes(unless: nil)?.nodes
        }
    }

    private static func complain(_ error: any Error) {
        let message =
            switch error {
            case let misuse as CheckArguments.Misuse: misuse.message
            case let fault as DocumentFault: "the node list \(fault.reason)"
            case let answer as ComfyUIClient.NoAnswer: answer.reason
            default: "\(error)"
            }
        Array("\(name): \(message)\n".utf8).withUnsafeBytes { bytes in
            _ = write(STDERR_FILENO, bytes.baseAddress, bytes.count)
        }
    }
}
