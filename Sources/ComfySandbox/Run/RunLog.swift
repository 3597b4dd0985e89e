import JSONText

/// Which prompts ran, for tests that ask whether one ran twice. Beyond 10000 the oldest goes.
struct RunLog: Sendable {
    struct Run: Sendable {
        let id: String
        /// Milliseconds since 1970.
        var started: Int
        var finished: Int?
        /// "running", "success", "error", "interrupted".
        var end = "running"
        /// How often this id has been started.
        var runs = 1
        /// How often at least one node really ran, not all of it coming from the cache.
        var worked = 0
    }

    private(set) var runs: [Run] = []
    private static let limit = 10_000

    mutating func start(_ id: String, at time: Int) {
        if let place = runs.firstIndex(where: { $0.id == id }) {
            runs[place].runs += 1
            (runs[place].started, runs[place].finished, runs[place].end) = (time, nil, "running")
        } else {
            runs.append(Run(id: id, started: time))
        }
        if runs.count > Self.limit { runs.removeFirst() }
    }

    mutating func finish(_ id: String, end: String, worked: Bool, at time: Int) {
        guard let place = runs.firstIndex(where: { $0.id == id }) else { return }
        (runs[place].finished, runs[place].end) = (time, end)
        if worked { runs[place].worked += 1 }
    }

    var json: JSON {
        [
            "prompts": .array(
                runs.map { run in
                    [
                        "prompt_id": .string(run.id), "started": JSON(run.started),
                        "finished": run.finished.map { JSON($0) } ?? .null, "end": .string(run.end),
                        "runs": JSON(run.runs), "worked": JSON(run.worked),
                    ]
                })
        ]
    }
}
