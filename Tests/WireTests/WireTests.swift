import JSONText
import Testing

@testable import Wire

@Suite struct WireTests {
    @Test(arguments: [
        GenerationEvent.accepted(promptID: "a", found: true), .started, .progress(0.25),
        .preview(mime: "image/jpeg", base64: "AAAA"),
        .result([GenerationOutput(n: 0, node: "9", name: "picture", kind: "image", mime: "image/png", size: 7)]),
        .error(GenerationFailure(.lost, "It is gone.", detail: "why")),
    ])
    func `every event survives the wire`(event: GenerationEvent) throws {
        let data = try JSON(parsing: event.data.serialized())
        #expect(GenerationEvent(name: event.name, data: data) == event)
    }

    @Test(arguments: GenerationFailure.Kind.allCases)
    func `every kind of failure survives the wire`(kind: GenerationFailure.Kind) {
        #expect(GenerationFailure(json: GenerationFailure(kind, "x").json)?.kind == kind)
    }

    @Test func `an unknown kind of failure ends the task`() {
        #expect(GenerationFailure(json: ["kind": "new", "message": "x"])?.isRetryable == false)
    }

    @Test func `a prompt is named by task and attempt alone`() {
        let first = PromptName.promptID(taskID: "t", attempt: 1)
        #expect(first == PromptName.promptID(taskID: "t", attempt: 1))
        #expect(first != PromptName.promptID(taskID: "t", attempt: 2))
        #expect(first == first.lowercased() && first.count == 36)
    }

    @Test(arguments: ["\n", "\r\n", "\r"])
    func `an event stream reads the same wherever it is cut`(end: String) throws {
        let lines = [
            ": hi", "", "id: 7", "event: progress", "data: {\"value\":0.5}", "", "data:a", "data: b", "", "data: left",
        ]
        let bytes = Array(lines.map { $0 + end }.joined().utf8)
        for cut in 0...bytes.count {
            var reader = EventStreamReader()
            let events = try reader.feed(Array(bytes[..<cut])) + reader.feed(Array(bytes[cut...]))
            #expect(events.map(\.name) == ["progress", "message"])
            #expect(events.map(\.data) == ["{\"value\":0.5}", "a\nb"])
            #expect(events.first?.id == "7")
        }
    }

    @Test(arguments: ["", "AB", String(repeating: "g", count: 64), String(repeating: "A", count: 64)])
    func `only a hash in lower case names an input`(text: String) {
        #expect(InputReference.sha256(in: InputReference.json(sha256: text)) == nil)
    }

    @Test func `a hash names an input`() {
        let hash = String(repeating: "0f", count: 32)
        #expect(InputReference.sha256(in: InputReference.json(sha256: hash)) == hash)
    }
}
