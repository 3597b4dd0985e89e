import Crypto
import GRDB
import HTTP
import HTTPTypes
import JSONText
import Loop

/// Puts an end and a signature to the URL of a picture, so that whoever has it may see that one picture until then: a
/// page's `<img>`, which cannot send a key.
struct ImageSigner: Sendable {
    private let secret: [UInt8]

    /// Seconds for which a URL may be signed: a week.
    static let longest = 604_800
    static let folder = "/images/"

    init(secret: [UInt8]) { self.secret = secret }

    /// With the secret of the data folder, which is made when there is none.
    @LoopActor
    init(_ database: TaskDatabase) async throws {
        let name = "image URL secret"
        let kept = try await database.read { try KeptText.read(name, $0) }
        if let kept, let secret = Hex.decode(kept), secret.count == 32 {
            self.init(secret: secret)
        } else {
            let secret = randomBytes(32)
            try await database.write { try KeptText.write(name, Hex.encode(secret), $0) }
            self.init(secret: secret)
        }
    }

    /// - Parameters:
    ///   - path: such as `/images/NAME`.
    ///   - end: seconds since 1970.
    func signed(_ path: String, until end: Int64) -> String {
        "\(path)?expires=\(end)&signature=\(Hex.encode(signature(path, String(end))))"
    }

    /// A task's answer with all its pictures signed.
    func signed(_ answer: JSON, until end: Int64) -> JSON {
        guard var members = answer.object, let images = members["images"]?.array else { return answer }
        members["images"] = .array(
            images.map { image in image.string.map { .string(signed($0, until: end)) } ?? image })
        return .object(members)
    }

    /// - Parameter time: seconds since 1970.
    /// - Throws: `HTTPProblem` 403 for another signature than ours, and for one whose time is over.
    func check(_ path: String, expires: String, signature given: String, at time: Int64) throws(HTTPProblem) {
        guard constantTimeEquals(Hex.encode(signature(path, expires)).utf8, given.utf8), let end = Int64(expires) else {
            throw HTTPProblem(.forbidden, "The URL's signature is wrong.")
        }
        guard time < end else { throw HTTPProblem(.forbidden, "The URL was signed for a time that is over.") }
    }

    private func signature(_ path: String, _ expires: String) -> [UInt8] {
        HMAC.sha256(key: secret, data: Array("GET\n\(path)\n\(expires)".utf8))
    }
}
