import JSONText
import Operations
import Outbound

/// Every setting of the providers, read once at start as part of ``Configuration``. `env.templates/backend.env` explains
/// each.
struct ProviderSettings: Sendable {
    /// Whom each kind of job is given to, in order.
    var identity: [ProviderName]
    var fixOldPhoto: [ProviderName]
    var hdImage: [ProviderName]
    var cartoonify: [ProviderName]
    var textToImage: [ProviderName]
    var textGeneration: [ProviderName]

    var falKey: Secret?
    var replicateToken: Secret?
    var huggingFaceToken: Secret?
    var falURL: String
    var replicateURL: String
    /// Of the router.
    var huggingFaceURL: String
    /// Of the hub's API: the router's where that was set.
    var huggingFaceHubURL: String
    /// With `{owner}` and `{name}`.
    var huggingFaceSpacesURL: String
    var allowPrivateURLs: Bool

    /// For one provider, from submit to result.
    var budget: Duration
    var rules = Chain.Rules()
    var breaker = CircuitBreaker.Rules()
    var maxResultBytes: Int
    var models: [ProviderModel]

    init(reading settings: SettingsReader) {
        identity = settings.providers("API_PROVIDER", default: [.comfyui], "who makes portraits")
        fixOldPhoto = settings.providers(
            "PROVIDERS_FIX_OLD_PHOTO", default: [.comfyui, .replicate], "who mends photos")
        hdImage = settings.providers(
            "PROVIDERS_HD_IMAGE", default: [.comfyui, .replicate, .huggingface], "who enlarges pictures")
        cartoonify = settings.providers(
            "PROVIDERS_CARTOONIFY", default: [.comfyui, .replicate, .huggingface], "who makes cartoons")
        textToImage = settings.providers(
            "PROVIDERS_TEXT_TO_IMAGE", default: [.comfyui, .huggingface], "who makes pictures of texts")
        textGeneration = settings.providers("PROVIDERS_TEXT_GENERATION", default: [.huggingface], "who writes texts")
        falKey = settings.secret("FAL_API_KEY", or: "FAL_KEY", "fal's key")
        replicateToken = settings.secret("REPLICATE_API_TOKEN", "Replicate's token")
        huggingFaceToken = settings.secret("HUGGINGFACE_TOKEN", or: "HUGGINGFACE_API_KEY", "Hugging Face's token")
        falURL = settings.url("FAL_BASE_URL", "in the place of https://queue.fal.run") ?? Self.fal
        replicateURL =
            settings.url("REPLICATE_BASE_URL", "in the place of https://api.replicate.com") ?? Self.replicate
        let hub = settings.url(
            "HUGGINGFACE_BASE_URL", "in the place of https://router.huggingface.co and of the hub's API")
        huggingFaceURL = hub ?? Self.router
        huggingFaceHubURL = hub ?? Self.hub
        huggingFaceSpacesURL = settings.spacesURL()
        allowPrivateURLs = settings.bool(
            "ALLOW_PRIVATE_PROVIDER_URLS", default: false,
            "whether results may come from private addresses and over http")
        budget = settings.duration(
            "PROVIDER_TIMEOUT", default: 60, in: 1...86_400, "seconds that one provider gets for a request")
        maxResultBytes = settings.megabytes("MAX_PROVIDER_RESULT_MB", default: 64, in: 1...1024, "one result, in MB")
        models = settings.models(ProviderModels.table)
        readPatience(settings)
    }

    private mutating func readPatience(_ settings: SettingsReader) {
        rules.tries =
            settings.int("PROVIDER_RETRIES", default: 1, in: 0...10, "tries more at a provider that fails for now") + 1
        breaker.failures = settings.int(
            "PROVIDER_BREAKER_FAILURES", default: 5, in: 1...1000, "failures in a minute after which it is left alone")
        breaker.pause = settings.duration(
            "PROVIDER_BREAKER_PAUSE", default: 30, in: 1...86_400, "seconds that it is left alone")
        breaker.longestPause = max(breaker.longestPause, breaker.pause)
    }

    func order(of kind: ProviderJob.Kind) -> [ProviderName] {
        switch kind {
        case .identityPortrait, .fluxLora, .photoMaker: identity
        case .fixOldPhoto: fixOldPhoto
        case .hdImage: hdImage
        case .cartoonify: cartoonify
        case .textToImage: textToImage
        case .textGeneration: textGeneration
        }
    }

    func model(_ provider: ProviderName, for kind: ProviderJob.Kind) -> ProviderModel? {
        models.first { $0.provider == provider && $0.kind == kind }
    }

    private static let (fal, replicate) = ("https://queue.fal.run", "https://api.replicate.com")
    private static let (router, hub) = ("https://router.huggingface.co", "https://huggingface.co")

    /// What the URL of a result must be like. The hosts of addresses that were set are trusted like our own.
    var resultURLs: OutsideURLRules {
        let usual = [Self.fal, Self.replicate, Self.router, Self.hub]
        let urls = [falURL, replicateURL, huggingFaceURL, huggingFaceHubURL].filter { !usual.contains($0) }
        return OutsideURLRules(
            allowPrivate: allowPrivateURLs, allowedHosts: Set(urls.compactMap { try? OutsideURL($0).host }))
    }
}
