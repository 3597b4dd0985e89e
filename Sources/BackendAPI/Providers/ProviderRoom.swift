import Logging
import Loop
import Operations
import Outbound

/// The providers that are on the internet, as the settings have them, and the chain over them.
@LoopActor
final class ProviderRoom {
    let providers: [any Provider]
    let breakers: BreakerBoard
    let runner: ChainRunner
    private let settings: ProviderSettings

    /// - Parameters:
    ///   - spool: a folder that exists, on the file system of the store of results.
    ///   - others: providers beside those, such as our own GPU service.
    ///   - pace: for all of them.
    init(
        _ settings: ProviderSettings, http: HTTPClient, spool: String, others: [any Provider] = [],
        pace: ProviderPace = ProviderPace(), logger: Logger
    ) {
        let maker = ProviderMaker(settings: settings, http: http, spool: spool, pace: pace)
        providers = others + [maker.fal, maker.replicate, maker.huggingFace]
        breakers = BreakerBoard(settings.breaker)
        runner = ChainRunner(
            providers, breakers: breakers, rules: settings.rules, budget: settings.budget, logger: logger)
        self.settings = settings
        tellOfMissing(logger)
    }

    /// Once, at start, and only of what a route would ask.
    private func tellOfMissing(_ logger: Logger) {
        let wanted = Set(ProviderJob.Kind.allCases.flatMap { settings.order(of: $0) })
        for provider in providers where !provider.isConfigured && wanted.contains(provider.name) {
            logger.notice("A provider has no token and is skipped", metadata: ["provider": "\(provider.name.rawValue)"])
        }
    }

    func order(of kind: ProviderJob.Kind) -> [ProviderName] { settings.order(of: kind) }
}

/// Makes each provider out of the settings.
@LoopActor
struct ProviderMaker {
    let settings: ProviderSettings
    let http: HTTPClient
    let spool: String
    let pace: ProviderPace

    var fal: FalProvider {
        FalProvider(
            tools: tools(.fal, settings.falURL, scheme: "Key", settings.falKey), isConfigured: settings.falKey != nil)
    }

    var replicate: ReplicateProvider {
        ReplicateProvider(
            tools: tools(.replicate, settings.replicateURL, scheme: "Bearer", settings.replicateToken),
            isConfigured: settings.replicateToken != nil)
    }

    var huggingFace: HuggingFaceProvider {
        let tools = tools(.huggingface, settings.huggingFaceURL, scheme: "Bearer", settings.huggingFaceToken)
        let hub = self.tools(.huggingface, settings.huggingFaceHubURL, scheme: "Bearer", settings.huggingFaceToken)
        let bare = self.tools(.huggingface, settings.huggingFaceURL, scheme: "Bearer", nil)
        let spaces = SpaceCalls(
            hub: hub.api, api: bare.api, results: tools.results, template: settings.huggingFaceSpacesURL)
        return HuggingFaceProvider(
            tools: tools, spaces: spaces, isConfigured: settings.huggingFaceToken != nil)
    }

    private func tools(_ name: ProviderName, _ url: String, scheme: String, _ token: Secret?) -> ProviderTools {
        ProviderTools(
            models: settings.models.filter { $0.provider == name },
            api: ProviderHTTP(http: http, baseURL: url, scheme: scheme, token: token, pace: pace),
            results: ResultFetcher(
                http: http, rules: settings.resultURLs, spool: spool, maxBytes: settings.maxResultBytes, pace: pace))
    }
}
