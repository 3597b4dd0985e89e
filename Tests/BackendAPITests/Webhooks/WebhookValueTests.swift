import JSONText
import Loop
import Outbound
import Testing
import Workflows

@testable import BackendAPI

@Suite struct WebhookValueTests {
    // MARK: Secret

    /// The example of <https://docs.svix.com/receiving/verifying-payloads/how-manual>, which the libraries of Standard
    /// Webhooks test against.
    @Test func `a call is signed as Standard Webhooks says`() throws {
        let secret = try #require(WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
        let signature = secret.signature(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: #"{"test": 2432232314}"#)
        #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test(arguments: [
        "", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_c2hvcnQ=", "whsec_not base64!",
        "whsec_" + String(repeating: "AAAA", count: 22),
    ])
    func `what is no secret is refused`(text: String) {
        #expect(WebhookSecret(text) == nil)
    }

    @Test func `a secret is never shown`() throws {
        let text = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        let secret = try #require(WebhookSecret(text))
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(["\(secret)", String(reflecting: secret)] == ["***", "***"])
        #expect(!dumped.contains("key"))
    }

    // MARK: Fields

    private let rules = WebhookRules(hasSecret: true, urls: OutsideURLRules())

    @Test func `without events the ends are told`() {
        var faults: [Fault] = []
        let webhook = rules.read(["webhook": "https://a.example/hook"], &faults)
        #expect(faults.isEmpty)
        #expect(webhook == TaskWebhook(url: "https://a.example/hook", events: [.done, .failed, .cancelled]))
        #expect(rules.read(["mode": "paint"], &faults) == nil)
        #expect(rules.read(["webhook": .null, "webhook_events": .null], &faults) == nil)
        #expect(faults.isEmpty)
    }

    @Test func `events are taken by name, and kept with the task`() {
        var faults: [Fault] = []
        let body: JSON = ["webhook": "https://a.example/", "webhook_events": ["running", "queued", "running"]]
        let webhook = rules.read(body, &faults)
        #expect(webhook?.events == [.queued, .running])
        #expect(faults.isEmpty)
        var options = GenerationTask.Options()
        options.webhook = webhook
        #expect(GenerationTask.Options(json: options.json) == options)
        #expect(GenerationTask.Options(json: GenerationTask.Options().json).webhook == nil)
    }

    @Test(
        arguments: [
            (["webhook": 7], [["body", "webhook"]], "string_type"),
            (["webhook": "http://a.example/"], [["body", "webhook"]], "value_error"),
            (["webhook": "https://10.0.0.1/"], [["body", "webhook"]], "value_error"),
            (["webhook": "https://me@a.example/"], [["body", "webhook"]], "value_error"),
            (["webhook": "not a url"], [["body", "webhook"]], "value_error"),
            (
                ["webhook": .string("https://a.example/" + String(repeating: "a", count: 2048))],
                [["body", "webhook"]],
                "value_error"
            ),
            (["webhook_events": "done"], [["body", "webhook_events"]], "list_type"),
            (["webhook_events": []], [["body", "webhook_events"]], "too_short"),
            (
                ["webhook_events": .array(Array(repeating: "done", count: 21))], [["body", "webhook_events"]],
                "too_long"
            ),
            (["webhook_events": ["done", "task.done"]], [["body", "webhook_events", 1]], "literal_error"),
            (["webhook_events": [1]], [["body", "webhook_events", 0]], "string_type"),
            (
                ["webhook": "http://a.example/", "webhook_events": ["ended", "Done"]],
                [["body", "webhook_events", 0], ["body", "webhook_events", 1], ["body", "webhook"]], "literal_error"
            ),
        ] as [(JSON, [[JSONPathElement]], String)])
    func `every fault is told`(body: JSON, places: [[JSONPathElement]], type: String) {
        var faults: [Fault] = []
        _ = rules.read(body, &faults)
        #expect(faults.map(\.loc) == places)
        #expect(faults.first?.type == type)
    }

    @Test func `without a secret a webhook is refused, and the fault says why`() {
        var faults: [Fault] = []
        let rules = WebhookRules(hasSecret: false, urls: OutsideURLRules())
        #expect(rules.read(["webhook": "https://a.example/"], &faults) == nil)
        #expect(faults.map(\.loc) == [["body", "webhook"]])
        #expect(faults.first?.msg.contains("WEBHOOK_SECRET") == true)
        #expect(rules.read(["webhook_events": ["done"]], &faults) == nil)
        #expect(faults.count == 1)
    }

    // MARK: Slots

    @Test func `so many are on their way at once, and so many to one host`() {
        var slots = WebhookSlots(total: 3, perHost: 2)
        var taken: [Bool] = []
        for (id, host) in [
            ("1", "a:443"), ("1", "a:443"), ("2", "a:443"), ("3", "a:443"), ("4", "b:443"), ("5", "c:443"),
        ] {
            taken.append(slots.take(id, to: host))
        }
        #expect(taken == [true, false, true, false, true, false])
        #expect(["a:443", "b:443"].map(slots.room) == [0, 0])
        #expect(slots.free == 0)
        slots.release("2")
        #expect(["a:443", "b:443"].map(slots.room) == [1, 1])
        let isTaken = slots.take("5", to: "c:443")
        #expect(isTaken)
        #expect(Set(slots.busy.keys) == ["1", "4", "5"])
    }

    @Test func `hosts take turns`() {
        var slots = WebhookSlots(total: 9, perHost: 1)
        let hosts = ["a", "b", "c"]
        #expect(slots.inTurn(hosts) == ["a", "b", "c"])
        for (id, host) in [("1", "a"), ("2", "c")] { _ = slots.take(id, to: host) }
        #expect(slots.inTurn(hosts) == ["b", "a", "c"])
        slots.release("1")
        #expect(slots.inTurn(hosts) == ["b", "a", "c"])
        slots.keepTurns(of: ["a", "b"])
        #expect(slots.inTurn(hosts) == ["b", "c", "a"])
    }
}
