import JSONText

/// What a product's task has to do: a job through a chain of providers, and perhaps a finishing pass after it. It is part
/// of the task's row, so that a process after this one goes on where this one ended.
struct Errand: Sendable, Equatable {
    var kind: ProviderJob.Kind
    /// By ``ProviderJob``'s names. The pictures are among the task's own parameters.
    var parameters: JSONObject
    /// Whom to ask, one after the other.
    var order: [ProviderName]
    /// How far the chain has got.
    var record = ChainRecord()
    /// A workflow that goes over the picture at the end; nil for none, or once it is done.
    var finish: Finish?
    /// What the job has made, while the finishing pass runs.
    var made: [String] = []
    /// What came of it, beyond the pictures.
    var result = Result()
    /// When it must have ended, as a Unix time in milliseconds.
    var deadline: Int64

    struct Finish: Sendable, Equatable {
        var workflow: String
        /// Without the picture.
        var parameters: JSONObject
        /// The task that does it, once there is one.
        var task: String?
    }

    struct Result: Sendable, Equatable {
        var text: String?
        var seed: UInt64?
        var source: ProviderName?
        /// What the provider could not honour.
        var warnings: [String] = []
        /// In dollars.
        var cost = 0.0
        /// The class of the failure that tells most.
        var failure: ProviderFailure.Kind?
        /// How long a provider wants to be left alone, in seconds.
        var retryAfter: Double?
        /// The provider's part, in seconds.
        var seconds = 0.0
    }
}

extension Errand {
    var json: JSON {
        [
            "kind": .string(kind.name), "parameters": .object(parameters),
            "order": .array(order.map { .string($0.rawValue) }), "record": record.json,
            "finish": finish?.json ?? .null, "made": .array(made.map(JSON.string)), "result": result.json,
            "deadline": .integer(deadline),
        ]
    }

    /// - Returns: nil for what ``json`` has not made.
    init?(json: JSON) {
        guard let kind = json["kind"]?.string.flatMap(ProviderJob.Kind.init(name:)),
            let parameters = json["parameters"]?.object, let deadline = json["deadline"]?.int,
            let record = json["record"].flatMap(ChainRecord.init(json:))
        else { return nil }
        self.init(
            kind: kind, parameters: parameters,
            order: json["order"]?.array?.compactMap { $0.string.flatMap(ProviderName.init(rawValue:)) } ?? [],
            record: record, deadline: Int64(deadline))
        finish = json["finish"].flatMap(Finish.init(json:))
        made = json["made"]?.array?.compactMap(\.string) ?? []
        result = Result(json: json["result"] ?? .null)
    }
}

extension Errand.Finish {
    var json: JSON {
        [
            "workflow": .string(workflow), "parameters": .object(parameters), "task": task.map(JSON.string) ?? .null,
        ]
    }

    init?(json: JSON) {
        guard let workflow = json["workflow"]?.string, let parameters = json["parameters"]?.object else { return nil }
        self.init(workflow: workflow, parameters: parameters, task: json["task"]?.string)
    }
}

extension Errand.Result {
    var json: JSON {
        [
            "source": source.map { .string($0.rawValue) } ?? .null,
            "warnings": .array(warnings.map(JSON.string)), "text": text.map(JSON.string) ?? .null,
            "seed": seed.map { JSON($0) } ?? .null, "cost": .double(cost),
            "failure": failure.map { .string($0.rawValue) } ?? .null,
            "retry_after": retryAfter.map { .double($0) } ?? .null, "seconds": .double(seconds),
        ]
    }

    init(json: JSON) {
        text = json["text"]?.string
        source = json["source"]?.string.flatMap(ProviderName.init(rawValue:))
        warnings = json["warnings"]?.array?.compactMap(\.string) ?? []
        seed = json["seed"]?.uint64
        cost = json["cost"]?.double ?? 0
        failure = json["failure"]?.string.flatMap(ProviderFailure.Kind.init(rawValue:))
        retryAfter = json["retry_after"]?.double
        seconds = json["seconds"]?.double ?? 0
    }
}
