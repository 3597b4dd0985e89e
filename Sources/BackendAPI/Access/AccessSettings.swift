import Logging
import Operations
import Outbound

/// Whether a request needs a key: `AUTH`.
enum AuthMode: String, Sendable, CaseIterable {
    /// Keys are not looked at: everybody is the anonymous tenant.
    case off
    /// Without a key one is the anonymous tenant; a wrong key is refused.
    case optional
    case required
}

/// Who is let in, and how much of each.
struct AccessSettings: Sendable {
    var auth = AuthMode.optional
    /// Of each key, or address without one.
    var limits = ClientLimits()
    var proxies = TrustedProxies()
    var corsOrigins: [String] = []
    /// Whether only this machine can reach the service.
    var isLocal = true

    init() {}

    init(reading settings: SettingsReader, host: String) {
        auth = settings.choice("AUTH", default: .optional, "whether requests need an API key")
        let allowInsecure = settings.bool(
            "ALLOW_INSECURE", default: false, "whether AUTH=off may listen on other addresses than this machine's own")
        isLocal = host == "localhost" || NetworkAddress(host)?.isLoopback == true
        if auth == .off, !isLocal, !allowInsecure {
            settings.refuse(
                "AUTH",
                allowed: "optional or required while BACKEND_HOST (\(host)) can be reached from other machines, "
                    + "unless ALLOW_INSECURE=1")
        }
        limits = ClientLimits(
            requestsPerMinute: settings.perMinute("RATE_LIMIT", "requests of each key, or address without one"),
            tasks: settings.int(
                "MAX_CLIENT_TASKS", default: 0, in: 0...10_000_000,
                "tasks that each key, or address without one, may have at a time; 0 is no limit"),
            streams: settings.int(
                "MAX_CLIENT_STREAMS", default: 0, in: 0...10_000_000,
                "event streams and held requests that each key, or address without one, may have open; 0 is no limit"),
            bytesPerMinute: settings.perMinute(
                "BYTE_LIMIT", "megabytes of request bodies of each key, or address without one") << 20)
        proxies = settings.value(
            "TRUSTED_PROXIES", default: TrustedProxies(), defaultText: nil,
            allowed: "addresses or blocks such as 10.0.0.0/8 with commas between",
            about: "whose X-Forwarded-For is believed", parse: Self.proxies)
        corsOrigins = settings.value(
            "CORS_ORIGINS", default: [], defaultText: nil,
            allowed: "origins such as https://app.example with commas between, or *",
            about: "the origins whose pages may use the API", parse: Self.origins)
    }

    static func proxies(_ text: String) -> TrustedProxies? {
        let blocks = text.split(separator: ",").map { AddressBlock(String($0.filter { $0 != " " })) }
        return blocks.contains(nil) ? nil : TrustedProxies(blocks: blocks.compactMap { $0 })
    }

    /// As browsers send them: scheme, host and port alone, in lower case.
    static func origins(_ text: String) -> [String]? {
        let origins = text.split(separator: ",").map { String($0.filter { $0 != " " }) }
        if origins == ["*"] { return origins }
        let areOrigins = origins.allSatisfy {
            $0.wholeMatch(of: /https?:\/\/(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?/) != nil
        }
        return areOrigins && !origins.isEmpty ? origins : nil
    }
}

extension AccessSettings {
    /// Says what stands open.
    func warn(_ logger: Logger, hasKeys: Bool) {
        switch auth {
        case .required where !hasKeys:
            logger.warning("AUTH=required and there is no key yet: \"startup.sh keys create --name NAME\" makes one")
        case .optional where !isLocal:
            logger.warning(
                "AUTH=optional: whoever reaches this address can make pictures without a key; AUTH=required closes it")
        case .off where !isLocal:
            logger.warning("AUTH=off: whoever reaches this address can make pictures, and no key is looked at")
        default: break
        }
    }
}

extension SettingsReader {
    /// `off` or `N/min`.
    ///
    /// - Returns: 0 for `off`.
    fileprivate func perMinute(_ key: String, _ about: String) -> Int {
        value(key, default: 0, defaultText: "off", allowed: "off, or a number a minute such as 60/min", about: about) {
            let text = $0.filter { $0 != " " }.lowercased()
            if text == "off" { return 0 }
            guard text.hasSuffix("/min"), text.utf8.dropLast(4).allSatisfy({ (0x30...0x39).contains($0) }) else {
                return nil
            }
            return Int(text.dropLast(4)).flatMap { (1...1_000_000).contains($0) ? $0 : nil }
        }
    }
}
