import Crypto
import JSONText
import Loop

/// What every provider over HTTP has: its models, its calls, and the way its results are fetched.
struct ProviderTools: Sendable {
    let models: [ProviderModel]
    let api: ProviderHTTP
    let results: ResultFetcher

    func model(for kind: ProviderJob.Kind) -> ProviderModel? { models.first { $0.kind == kind } }

    func can(_ job: ProviderJob) -> ProviderCapability {
        guard let model = model(for: job.kind) else { return .no }
        var warnings = model.warnings(job.parameters)
        let places = model.picture == nil && model.way != .space ? 0 : 1
        if job.pictures.count > places {
            warnings.append("\(model.provider.rawValue) takes \(places) of \(job.pictures.count) pictures")
        }
        return .yes(warnings: warnings)
    }

    func price(_ job: ProviderJob) -> Double { model(for: job.kind)?.price ?? 0 }

    /// - Throws: ``ProviderFailure`` `.notConfigured` for a job that ``can(_:)`` has refused.
    func needModel(for kind: ProviderJob.Kind) throws -> ProviderModel {
        guard let model = model(for: kind) else { throw ProviderFailure(.notConfigured, "no model for \(kind.name)") }
        return model
    }

    /// The first picture, where the model wants one.
    func needPicture(_ job: ProviderJob) throws -> ProviderJob.Picture {
        guard let picture = job.pictures.first else { throw ProviderFailure(.badInput, "a picture is missing") }
        return picture
    }

    /// Fetches pictures one after the other.
    @LoopActor
    func pictures(_ urls: [String], until deadline: ProviderDeadline, seed: UInt64? = nil) async throws
        -> ProviderOutcome
    {
        guard !urls.isEmpty else {
            throw ProviderFailure(.badResult, "the result names no picture", isPerhapsPaid: true)
        }
        var files: [ProviderFile] = []
        for url in urls { files.append(try await results.picture(url, until: deadline)) }
        return .pictures(files, seed: seed)
    }
}

extension ProviderJob.Picture {
    /// Encodes off the loop.
    @LoopActor
    func dataURI() async throws -> String {
        let (bytes, mime) = (bytes, mime)
        return try await offLoop { "data:\(mime);base64," + Base64.encode(bytes) }
    }
}
