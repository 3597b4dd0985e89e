import Crypto
import Testing

@testable import Wire

@Suite struct MessageSignatureTests {
    private static let secret = "a secret of both services"

    private static func signed(
        _ method: String = "POST", _ target: String = "/generate?x=1", _ body: String = "{}"
    ) -> MessageSignature {
        MessageSignature(
            method: method, target: target, body: Array(body.utf8), created: 1_700_000_000, nonce: "n-1",
            secret: secret)
    }

    private static func read(_ signature: MessageSignature) -> MessageSignature? {
        MessageSignature(
            input: signature.inputField, signature: signature.signatureField, digest: signature.digest)
    }

    @Test func `what is signed is known again`() throws {
        let read = try #require(Self.read(Self.signed()))
        #expect(read == Self.signed())
        #expect(read.isBy(Self.secret, method: "POST", target: "/generate?x=1"))
        #expect(read.isDigest(SHA256.hash("{}")))
    }

    @Test func `its form is RFC 9421's, its proof openssl's`() {
        let signature = Self.signed()
        #expect(
            signature.inputField
                == #"easel=("@method" "@request-target" "content-digest");created=1700000000;nonce="n-1";alg="hmac-sha256""#
        )
        // printf '{}' | openssl dgst -sha256 -binary | base64
        #expect(signature.digest == "sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:")
        // printf '"@method": POST\n…' | openssl dgst -sha256 -hmac 'a secret of both services' -binary | base64
        #expect(signature.signatureField == "easel=:wGRRxGVGVCL8sj1Yn9zWgREG50mbDcxPAqL8TUkOvtg=:")
    }

    @Test func `another method, target, body or secret is another request`() throws {
        let read = try #require(Self.read(Self.signed()))
        #expect(!read.isBy(Self.secret, method: "DELETE", target: "/generate?x=1"))
        #expect(!read.isBy(Self.secret, method: "POST", target: "/generate?x=2"))
        #expect(!read.isBy(Self.secret + " ", method: "POST", target: "/generate?x=1"))
        #expect(!read.isDigest(SHA256.hash("{} ")))
    }

    @Test func `a time, nonce or digest that is put in later has no proof`() throws {
        let good = Self.signed()
        for (old, new) in [("1700000000", "1700000001"), (#""n-1""#, #""n-2""#)] {
            let input = good.inputField.replacing(old, with: new)
            let read = try #require(
                MessageSignature(input: input, signature: good.signatureField, digest: good.digest))
            #expect(!read.isBy(Self.secret, method: "POST", target: "/generate?x=1"))
        }
        let other = Self.signed("POST", "/generate?x=1", "[]").digest
        let read = try #require(
            MessageSignature(input: good.inputField, signature: good.signatureField, digest: other))
        #expect(!read.isBy(Self.secret, method: "POST", target: "/generate?x=1"))
    }

    @Test(arguments: [
        "", "easel=", #"easel=("@method");created=1;nonce="a";alg="hmac-sha256""#,
        #"easel=("@method" "@request-target" "content-digest");created=-1;nonce="a";alg="hmac-sha256""#,
        #"easel=("@method" "@request-target" "content-digest");created=1e9;nonce="a";alg="hmac-sha256""#,
        #"easel=("@method" "@request-target" "content-digest");created=1;nonce="";alg="hmac-sha256""#,
        #"easel=("@method" "@request-target" "content-digest");created=1;nonce="a b";alg="hmac-sha256""#,
        #"easel=("@method" "@request-target" "content-digest");created=1;nonce="a";alg="none""#,
        #"easel=("@method" "@request-target" "content-digest");created=99999999999999999999;nonce="a";alg="hmac-sha256""#,
    ])
    func `any other form is none`(_ input: String) {
        let good = Self.signed()
        #expect(MessageSignature(input: input, signature: good.signatureField, digest: good.digest) == nil)
    }

    @Test(arguments: [nil, "", "easel=::", "easel=:AAAA", "other=:AAAA:", "easel=:A*:"])
    func `a signature that is no bytes is none`(_ field: String?) {
        let good = Self.signed()
        #expect(MessageSignature(input: good.inputField, signature: field, digest: good.digest) == nil)
    }
}

@Suite struct ReplayGuardTests {
    private static let now: Int64 = 1_700_000_000

    @Test func `a request is let through once`() {
        var replays = ReplayGuard(start: Self.now - 1000)
        #expect(replays.admit("a", created: Self.now, now: Self.now) == .fresh)
        #expect(replays.admit("b", created: Self.now, now: Self.now) == .fresh)
        for later in [0, 1, 60, ReplayGuard.window] {
            #expect(replays.admit("a", created: Self.now, now: Self.now + later) == .replayed)
        }
        #expect(replays.admit("a", created: Self.now, now: Self.now + 121) == .outOfTime(by: 121))
    }

    @Test func `however spans turn, nothing comes twice`() {
        var replays = ReplayGuard(start: 0)
        for time in stride(from: Int64(1000), to: 4000, by: 7) {
            let created = time + ReplayGuard.window
            #expect(replays.admit("n\(time)", created: created, now: time) == .fresh)
            for replay in [time - 7, time - 112, time - 238] where replay >= 1000 && (replay - 1000) % 7 == 0 {
                let verdict = replays.admit("n\(replay)", created: replay + ReplayGuard.window, now: time)
                #expect(verdict != .fresh)
            }
        }
    }

    @Test func `clocks may differ by the window`() {
        var replays = ReplayGuard(start: 0)
        #expect(replays.admit("a", created: Self.now + 120, now: Self.now) == .fresh)
        #expect(replays.admit("b", created: Self.now - 120, now: Self.now) == .fresh)
        #expect(replays.admit("c", created: Self.now + 121, now: Self.now) == .outOfTime(by: -121))
        #expect(replays.admit("d", created: .min, now: Self.now) != .fresh)
        #expect(replays.admit("e", created: .max, now: Self.now) != .fresh)
    }

    @Test func `what the process before may have let through is refused`() {
        var replays = ReplayGuard(start: Self.now)
        #expect(replays.admit("a", created: Self.now - 1, now: Self.now + 1) == .beforeStart)
        #expect(replays.admit("a", created: Self.now, now: Self.now + 1) == .fresh)
    }

    @Test func `its memory has a bound, and makes room with time`() {
        var replays = ReplayGuard(start: 0, capacity: 2)
        #expect(replays.admit("a", created: 1000, now: 1000) == .fresh)
        #expect(replays.admit("b", created: 1000, now: 1000) == .fresh)
        #expect(replays.admit("c", created: 1000, now: 1000) == .full)
        #expect(replays.admit("c", created: 1300, now: 1300) == .fresh)
    }
}
