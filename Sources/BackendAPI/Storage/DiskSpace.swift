import Glibc
import HTTP
import HTTPTypes
import Logging
import Loop

/// Watches the room on the data folder's disk, so that work is refused before a task that was accepted finds none.
@LoopActor
final class DiskSpace {
    private let folder: String
    private let reserve: Int
    private let logger: Logger
    private var isLow = false

    private static let interval: Duration = .seconds(1)

    /// - Parameter reserve: bytes that are left to what runs.
    init(folder: String, reserve: Int, logger: Logger) {
        self.folder = folder
        self.reserve = reserve
        self.logger = logger
        note(Self.free(folder))
    }

    /// Looks each second, until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            try? await sleep(for: Self.interval)
            let folder = folder
            if let free = try? await offLoop({ Self.free(folder) }) { note(free) }
        }
    }

    /// - Throws: `HTTPProblem` 507 when only the reserve is left.
    func check() throws {
        if isLow { throw HTTPProblem.insufficientStorage("The disk is nearly full: no new task is accepted.") }
    }

    private func note(_ free: Int?) {
        guard let free, isLow != (free < reserve) else { return }
        isLow.toggle()
        let facts: Logger.Metadata = [
            "folder": .string(folder), "free_mb": .stringConvertible(free >> 20),
            "reserve_mb": .stringConvertible(reserve >> 20),
        ]
        if isLow {
            logger.error("The disk is nearly full: new tasks are refused", metadata: facts)
        } else {
            logger.info("The disk has room again", metadata: facts)
        }
    }

    /// Bytes that this user may still write; nil when the system does not tell.
    private nonisolated static func free(_ folder: String) -> Int? {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { return nil }
        return Int(
            clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
    }
}

extension HTTPProblem {
    /// 507 (RFC 4918 §11.5).
    static func insufficientStorage(_ detail: String) -> HTTPProblem {
        HTTPProblem(.init(code: 507, reasonPhrase: "Insufficient Storage"), detail)
    }
}
