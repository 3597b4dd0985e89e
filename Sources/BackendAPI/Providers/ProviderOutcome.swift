import Images
import JSONText

/// What a provider has made.
enum ProviderOutcome: Sendable {
    case pictures([ProviderFile], seed: UInt64? = nil)
    case text(String)
    /// Pictures that lie in the store of results already, by their names: what comes out of the task queue.
    case stored([String], seed: UInt64? = nil)
}

/// A picture that came from a provider: all of it is there, and it decodes.
struct ProviderFile: Sendable {
    /// Gone with its last owner unless the store has taken it.
    let file: SpoolFile
    let info: ImageInfo

    var mime: String { info.format.mimeType }
}

/// What a provider says of a request that is under way.
struct ProviderProgress: Sendable, Equatable {
    /// How many are before it.
    var position: Int?
    /// 0…1.
    var value: Double?
}
