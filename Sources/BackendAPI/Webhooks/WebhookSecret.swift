import Crypto
import Operations

/// The key that webhooks are signed with: `whsec_` and the base64 of 24 to 64 bytes
/// (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>). Prints as `***`.
struct WebhookSecret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let key: [UInt8]

    /// - Returns: nil for a text that is no such secret.
    init?(_ text: String) {
        guard text.hasPrefix(Self.prefix), let key = Base64.decode(String(text.dropFirst(Self.prefix.count))),
            (24...64).contains(key.count)
        else { return nil }
        self.key = key
    }

    private static let prefix = "whsec_"

    /// The value of `webhook-signature`.
    ///
    /// - Parameters:
    ///   - id: the value of `webhook-id`.
    ///   - timestamp: the value of `webhook-timestamp`, in seconds since 1970.
    func signature(id: String, timestamp: Int64, body: String) -> String {
        "v1," + Base64.encode(HMAC.sha256(key: key, data: Array("\(id).\(timestamp).\(body)".utf8)))
    }

    var description: String { Secret.mask }
    var debugDescription: String { Secret.mask }
    var customMirror: Mirror { Mirror(self, children: []) }
}
