import Loop

/// Keeps the sweeper's hands off files that were written and that no row names yet.
@LoopActor
final class FileKeeper {
    private var leases: [Substring: Int] = [:]
    private var removing: [Substring: LoopEvent] = [:]

    /// A task's files on their way into its row. They are safe until ``end()``.
    func lease() -> FileLease { FileLease(self) }

    /// What a file is known by: its hash.
    private nonisolated static func hash(_ name: String) -> Substring { name.prefix(64) }

    /// Writes a file; where that very file was being removed meanwhile, again.
    fileprivate func put(_ write: @escaping @Sendable () throws -> String) async throws -> String {
        while true {
            let name = try await offLoop(write)
            let hash = Self.hash(name)
            guard let removal = removing[hash] else {
                leases[hash, default: 0] += 1
                return name
            }
            try await removal.wait()
        }
    }

    fileprivate func release(_ names: [String]) {
        for hash in names.map(Self.hash) {
            leases[hash, default: 1] -= 1
            if leases[hash] == 0 { leases[hash] = nil }
        }
    }

    /// Removes files that are in nobody's hands.
    ///
    /// - Parameters:
    ///   - unused: of these names, those that no row names. Asked once nobody can begin to use one any more.
    ///   - unlink: runs on a thread.
    /// - Returns: how many have gone.
    func remove(
        _ names: [String], unused: @LoopActor ([String]) async throws -> [String],
        unlink: @escaping @Sendable (String) -> Void
    ) async throws -> Int {
        let free = names.filter { leases[Self.hash($0)] == nil && removing[Self.hash($0)] == nil }
        let gone = LoopEvent()
        for name in free { removing[Self.hash(name)] = gone }
        defer {
            for name in free { removing[Self.hash(name)] = nil }
            gone.signal()
        }
        let doomed = try await unused(free)
        try await offLoop { for name in doomed { unlink(name) } }
        return doomed.count
    }
}

/// See ``FileKeeper/lease()``.
@LoopActor
final class FileLease {
    private let keeper: FileKeeper
    private var names: [String] = []

    fileprivate init(_ keeper: FileKeeper) { self.keeper = keeper }

    /// - Parameter write: runs on a thread, perhaps twice, and gives the file's name.
    func put(_ write: @escaping @Sendable () throws -> String) async throws -> String {
        let name = try await keeper.put(write)
        names.append(name)
        return name
    }

    /// The row is on the disk, or will never be.
    func end() {
        keeper.release(names)
        names = []
    }
}
