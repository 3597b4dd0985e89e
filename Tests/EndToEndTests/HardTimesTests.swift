import Foundation
import GRDB
import HTTPTypes
import Images
import JSONText
import Loop
import TestSupport
import Testing

/// Full disks, floods, and a data folder that is somebody else's.
@Suite(.serialized) struct HardTimesTests {
    init() { startLoop() }

    private static let isRoot = geteuid() == 0
    /// `EASEL_FLOOD_TASKS`: how many tasks the flood has.
    private static let flood = ProcessInfo.processInfo.environment["EASEL_FLOOD_TASKS"].flatMap { Int($0) } ?? 200

    @Test @LoopActor func `a flood of instant tasks, polled all the while, has no false failure`() async throws {
        let easel = try Installation()
        easel.environment["SANDBOX_STEP_MS"] = "0"
        #expect(try await easel.startup("--sandbox").status == 0)
        try await easel.untilHealthy()
        try await easel.untilComfyUIIsThere()
        let photo = try photo(width: 8, height: 8)
        let failures = try await withThrowingTaskGroup(of: [String].self) { group in
            for client in 0..<16 {
                group.addTask {
                    var failures: [String] = []
                    for _ in 0..<max(1, Self.flood / 16) {
                        let task = try await polled(easel, "\(client)", photo.base64)
                        if task["status"] != "done" || task["attempts"] != 1 { failures.append(task.text) }
                    }
                    return failures
                }
            }
            var all: [String] = []
            while let some = try await group.next() { all += some }
            return all
        }
        #expect(failures == [])
        #expect(try await easel.sandboxRuns().allSatisfy { $0["runs"] == 1 })
        await easel.remove()
    }

    /// Submits one task and asks for it every 5 ms until it has ended.
    @LoopActor private func polled(_ easel: Installation, _ client: String, _ photo: String) async throws -> JSON {
        let id = try await easel.submit(["mode": "image_transform", "target_image": .string(photo)])
        while true {
            let answer = try await easel.call(.get, "/tasks/\(id)")
            #expect(answer.status == 200)
            if ["done", "failed", "cancelled"].contains(answer.json["status"]?.string ?? "") { return answer.json }
            try await sleep(for: .milliseconds(5))
        }
    }

    @Test @LoopActor func `a hundred dropped sockets fail nothing`() async throws {
        let easel = try Installation()
        easel.environment["SANDBOX_STEP_MS"] = "2"
        #expect(try await easel.startup("--sandbox").status == 0)
        try await easel.untilHealthy()
        try await easel.untilComfyUIIsThere()
        func tasks(_ count: Int) async throws -> Duration {
            let start = ContinuousClock.now
            for number in 0..<count {
                let body: JSON = [
                    "mode": "free", "prompt": .string("drop \(number)"),
                    "extra_params": ["steps": 4, "width": 64, "height": 64],
                ]
                let task = try await easel.end(of: try await easel.submit(body))
                #expect(task["status"] == "done" && task["attempts"] == 1, "\(task.text)")
            }
            return .now - start
        }
        let quiet = try await tasks(20) / 20
        try await easel.fault(["kind": "drop_sockets", "step": 2, "count": 100])
        let dropped = try await tasks(100) / 100
        print("a task takes \(quiet), with its socket dropped \(dropped)")
        #expect(try await easel.sandboxRuns().count == 120)
        await easel.remove()
    }

    @Test @LoopActor func `a data folder that another backend has is refused, and the other goes on`() async throws {
        let first = try Installation()
        #expect(try await first.startup("--sandbox").status == 0)
        try await first.untilHealthy()
        let second = try Installation()
        second.environment["DATA_PATH"] = first.workspace + "/data"
        let ended = try await second.startup("--sandbox")
        #expect(ended.status == 1)
        #expect(second.log("backend").contains("in use by another process"))
        try await first.untilComfyUIIsThere()
        let id = try await first.submit(["mode": "free", "prompt": "p", "extra_params": ["width": 64, "height": 64]])
        #expect(try await first.end(of: id)["status"] == "done")
        await second.remove()
        await first.remove()
    }

    /// Needs root, to mount a small file system.
    @Test(.enabled(if: isRoot)) @LoopActor func `a full disk refuses clearly, and loses nothing`() async throws {
        let easel = try Installation()
        let data = easel.workspace + "/data"
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        guard try await Installation.run("/bin/mount", ["-t", "tmpfs", "-o", "size=16m", "tmpfs", data]).status == 0
        else {
            print("no file system can be mounted here: not tested")
            return await easel.remove()
        }
        easel.environment["MIN_FREE_DISK_MB"] = "0"
        #expect(try await easel.startup("--sandbox").status == 0)
        try await easel.untilHealthy()
        try await easel.untilComfyUIIsThere()
        try await fill(easel, data)
        try await easel.signal(SIGTERM, "backend")
        let queue = try DatabaseQueue(path: data + "/easel.db")
        #expect(try await queue.read { try String.fetchAll($0, sql: "PRAGMA integrity_check") } == ["ok"])
        try queue.close()
        _ = try? await easel.startup("stop")
        #expect(try await Installation.run("/bin/umount", [data]).status == 0)
        await easel.remove()
    }

    /// Fills the disk while tasks come, and makes room again.
    @LoopActor private func fill(_ easel: Installation, _ data: String) async throws {
        var accepted: [String] = []
        var refused: [Answer] = []
        let filler = data + "/filler"
        _ = FileManager.default.createFile(atPath: filler, contents: Data(count: 13 << 20))
        var number = 0
        try await until("the disk is full") {
            number += 1
            let body: JSON = [
                "mode": "free", "prompt": .string(String(repeating: "x", count: 4000)),
                "extra_params": ["seed": JSON(number), "width": 256, "height": 256, "steps": 1],
            ]
            let answer = try await easel.call(.post, "/generate", body)
            if answer.status == 200 {
                accepted.append(answer.json["task_id"]?.string ?? "")
            } else {
                refused.append(answer)
            }
            return refused.count >= 5
        }
        for answer in refused {
            #expect([503, 507].contains(answer.status), "\(answer.text)")
            #expect(answer.headers[.contentType] == "application/problem+json")
        }
        try FileManager.default.removeItem(atPath: filler)
        for id in accepted {
            let task = try await easel.end(of: id)
            #expect(task["status"] == "done", "\(task.text)")
            #expect(try await easel.picture(of: task).width == 256)
        }
        try await easel.untilHealthy()
    }
}
