import Crypto
import Foundation
import GRDB
import HTTPTypes
import Images
import JSONText
import Loop
import TestSupport
import Testing

/// Kills the three processes in a random order while clients submit; whatever dies, each accepted task ends once, with
/// its own picture.
///
/// `EASEL_CHAOS_KILLS` (30) and `EASEL_CHAOS_SEED` (random, printed) choose how long and which order.
@Suite(.serialized) struct ChaosTests {
    init() { startLoop() }

    private static func setting(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }

    @Test @LoopActor func `no death loses a task, doubles it or mixes it up`() async throws {
        let kills = Int(Self.setting("EASEL_CHAOS_KILLS") ?? 30)
        let seed = Self.setting("EASEL_CHAOS_SEED") ?? randomUInt64() >> 12
        print("chaos: \(kills) kills, EASEL_CHAOS_SEED=\(seed)")
        let easel = try Installation()
        easel.environment["SANDBOX_STEP_MS"] = "15"
        #expect(try await easel.startup("--sandbox").status == 0)
        try await easel.untilHealthy()
        try await easel.untilComfyUIIsThere()
        let clients = ChaosClients(easel: easel, seed: seed)
        var random = Dice(seed: seed)
        try await withThrowingTaskGroup { group in
            for number in 0..<4 { group.addTask { try await clients.run(number) } }
            for _ in 0..<kills { try await killSome(easel, &random, clients) }
            clients.stop()
            try await group.waitForAll()
        }
        #expect(try await easel.startup("--sandbox").status == 0)
        try await clients.checkEnds()
        print("chaos: \(clients.accepted) tasks, each ended once")
        try await checkRuns(easel)
        try await checkFolder(easel)
        await easel.remove()
    }

    /// Waits for a little work, kills one process, or two, or all, and has them started again.
    @LoopActor
    private func killSome(_ easel: Installation, _ random: inout Dice, _ clients: ChaosClients) async throws {
        let goal = clients.accepted + random.below(4)
        try await until("work has been accepted") { clients.accepted >= goal }
        var names = ["backend", "gpu_server", "comfy_sandbox"]
        let victims = (0...max(0, random.below(5) - 2)).map { _ in names.remove(at: random.below(names.count)) }
        if victims.contains("comfy_sandbox") { try await checkRuns(easel) }
        for name in victims { try await easel.signal(SIGKILL, name) }
        #expect(try await easel.startup("--sandbox").status == 0, "after \(victims)")
    }

    /// In one life of ComfyUI no prompt runs twice: what it has is found.
    @LoopActor private func checkRuns(_ easel: Installation) async throws {
        guard let runs = try? await easel.sandboxRuns() else { return }
        for run in runs { #expect(run["runs"] == 1, "\(run.text)") }
    }

    /// The database is whole, and no file is there that no task names.
    @LoopActor private func checkFolder(_ easel: Installation) async throws {
        let data = easel.workspace + "/data"
        // A backend that starts clears what the ones before have left.
        try await easel.signal(SIGTERM, "backend")
        #expect(try await easel.startup("--sandbox").status == 0)
        var orphans: [String] = []
        try await until("no file is left over") {
            try await easel.signal(SIGTERM, "backend")
            orphans = try Self.orphans(data)
            if !orphans.isEmpty { try await easel.startup("--sandbox") }
            return orphans.isEmpty
        }
        let queue = try DatabaseQueue(path: data + "/easel.db")
        #expect(try await queue.read { try String.fetchAll($0, sql: "PRAGMA integrity_check") } == ["ok"])
        try queue.close()
    }

    private static func orphans(_ data: String) throws -> [String] {
        let queue = try DatabaseQueue(path: data + "/easel.db")
        defer { try? queue.close() }
        let used = try queue.read { try Set(String.fetchAll($0, sql: "SELECT name FROM file_uses")) }
        return ["inputs", "images", "spool"].flatMap { folder in
            (FileManager.default.subpaths(atPath: "\(data)/\(folder)") ?? []).filter { path in
                let name = String(path.split(separator: "/").last ?? "")
                return name.utf8.count > 2 && !used.contains(name) && !used.contains(String(name.prefix(64)))
            }
        }
    }
}

/// Random numbers that come again with the same seed (xorshift64, Marsaglia 2003).
struct Dice {
    private var state: UInt64
    init(seed: UInt64) { state = seed | 1 }

    mutating func below(_ bound: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state % UInt64(bound))
    }
}
