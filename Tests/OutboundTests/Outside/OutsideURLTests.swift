import Outbound
import Testing

@Suite struct OutsideURLTests {
    @Test(arguments: [
        "https://example.com/hook", "https://example.com", "https://1.1.1.1:8443/a?b=c",
        "https://[2606:4700:4700::1111]/", "HTTPS://EXAMPLE.COM/", "https://localhost/",
    ])
    func `what a public receiver has is taken`(url: String) throws {
        try OutsideURLRules().check(url)
    }

    @Test(arguments: [
        ("http://example.com/", TransportError.Kind.badURL), ("ftp://example.com/", .badURL), ("example.com", .badURL),
        ("https://", .badURL), ("", .badURL), ("https://a b/", .badURL),
        ("https://user@example.com/", .badURL), ("https://user:hunter2@example.com/", .badURL),
        ("https://127.0.0.1/", .notPublic), ("https://10.1.2.3:8443/", .notPublic), ("https://[::1]/", .notPublic),
        ("https://169.254.169.254/latest/meta-data", .notPublic), ("https://[::ffff:192.168.0.1]/", .notPublic),
        // Other ways to write 127.0.0.1, which resolvers understand.
        ("https://2130706433/", .notPublic), ("https://0x7f.1/", .notPublic), ("https://017700000001/", .notPublic),
    ])
    func `anything else is refused without being repeated`(url: String, kind: TransportError.Kind) {
        let error = #expect(throws: TransportError.self) { try OutsideURLRules().check(url) }
        #expect(error?.kind == kind)
        #expect(error?.message.contains("hunter2") == false)
        #expect(error?.message.contains("meta-data") == false)
    }

    @Test func `private addresses and http are taken where that is set, credentials never`() throws {
        let rules = OutsideURLRules(allowPrivate: true)
        try rules.check("http://127.0.0.1:9000/hook")
        try rules.check("http://example.com/")
        #expect(throws: TransportError.self) { try rules.check("http://user@127.0.0.1/") }
        #expect(throws: TransportError.self) { try rules.check("file:///etc/passwd") }
    }

    @Test func `the host of a configured base URL is taken`() throws {
        let rules = OutsideURLRules(allowedHosts: ["127.0.0.1", "provider.internal"])
        try rules.check("http://127.0.0.1:9000/result.png")
        try rules.check("http://Provider.Internal/result.png")
        #expect(throws: TransportError.self) { try rules.check("http://127.0.0.2/result.png") }
    }

    @Test(arguments: [
        ("https://a.example/hook", "https://a.example/hook"),
        ("https://a.example/hook?token=s3cret&x=1&flag", "https://a.example/hook?token=***&x=***&***"),
        ("https://a.example/?", "https://a.example/?"), ("https://a.example/#part?x=1", "https://a.example/"),
        ("https://a.example/?a=b=c#frag", "https://a.example/?a=***"),
    ])
    func `the query's values are not shown`(url: String, shown: String) throws {
        #expect(try OutsideURL(url).shown == shown)
    }

    @Test func `a URL says where it leads`() throws {
        let url = try OutsideURL("https://Hooks.Example/x")
        #expect([url.scheme, url.host, url.peer.lowercased()] == ["https", "hooks.example", "hooks.example:443"])
        #expect(try OutsideURL("http://[::1]:81/").peer == "[::1]:81")
    }

    @Test(arguments: [
        ("0", Duration.seconds(0)), ("120", .seconds(120)), ("Sun, 06 Nov 1994 08:49:37 GMT", .seconds(37)),
        ("Sun, 06 Nov 1994 08:00:00 GMT", .zero),
    ])
    func `Retry-After is read`(text: String, pause: Duration) {
        #expect(RetryAfter.pause(text, now: 784_111_740) == pause)
    }

    @Test(arguments: [
        "", "soon", "-5", "1.5", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Now 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 25:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 99 Nov 1994 08:49:37 GMT",
    ])
    func `a Retry-After that is neither seconds nor a date is none`(text: String) {
        #expect(RetryAfter.pause(text, now: 784_111_740) == nil)
    }
}
