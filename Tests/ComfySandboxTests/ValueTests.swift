import JSONText
import Testing

@testable import ComfySandbox

@Suite struct ValueTests {
    private func prompt(_ id: String, number: JSON) -> QueuedPrompt {
        QueuedPrompt(number: number, id: id, graph: PromptGraph([:]), extraData: [:], outputs: [])
    }

    @Test func `every line of the node table is read`() {
        let lines = CoreNodes.all.split(separator: "\n")
        #expect(NodeTable.parse(CoreNodes.all).count == lines.count)
        #expect(Set(NodeTable.parse(CoreNodes.all).map(\.name)).count == lines.count)
    }

    @Test func `the lowest number runs first and the front counts below zero`() {
        var queue = PromptQueue()
        let numbers = [queue.number(isFront: false), queue.number(isFront: true), queue.number(isFront: false)]
        #expect(numbers == [0, -1, 2])
        for (id, number) in [("a", 2), ("b", -1), ("c", 0)] { _ = queue.add(prompt(id, number: JSON(number))) }
        _ = queue.add(prompt("d", number: .double(-1000)))
        var order: [String] = []
        while let next = queue.take() {
            order.append(next.id)
            queue.finishRunning()
        }
        #expect(order == ["d", "b", "c", "a"])
    }

    @Test func `two prompts of one id and number stumble and are queued`() {
        var queue = PromptQueue()
        let first = queue.add(prompt("a", number: .double(50)))
        let second = queue.add(prompt("a", number: .double(50)))
        #expect(first && !second)
        #expect(queue.pending.count == 2)
    }

    @Test func `history keeps its order and cuts from the end`() {
        var history = History()
        for id in ["a", "b", "c"] { history.add(HistoryEntry(prompt: prompt(id, number: 0))) }
        #expect(history.json(maximum: 2, offset: -1).object?.keys == ["b", "c"])
        #expect(history.json(maximum: 2, offset: 0).object?.keys == ["a", "b"])
        #expect(history.json(maximum: 0, offset: -1) == [:])
        history.remove("b")
        #expect(history.json(maximum: nil, offset: -1).object?.keys == ["a", "c"])
    }

    @Test func `a plan holds what the outputs need and each node after its sources`() {
        let graph = PromptGraph(Graphs.sampled().object ?? [:])
        let order = ExecutionOrder.plan(graph, outputs: ["9"], cached: [])
        #expect(order.count == 7 && order.last == "9")
        for id in order {
            for (_, link) in graph.links(of: id) {
                #expect((order.firstIndex(of: link.node) ?? 99) < (order.firstIndex(of: id) ?? 0))
            }
        }
        #expect(ExecutionOrder.plan(graph, outputs: ["9"], cached: ["3", "4", "5", "6", "7"]) == ["8", "9"])
        #expect(ExecutionOrder.plan(graph, outputs: ["9"], cached: Set(graph.ids)) == ["9"])
    }

    @Test func `a signature follows every input up to the seed's last digit`() {
        func signature(_ graph: JSON, _ id: String) -> String? {
            NodeSignatures.all(PromptGraph(graph.object ?? [:])) { _, _, _ in nil }[id]
        }
        let seeds: [UInt64] = [18_446_744_073_709_551_615, 18_446_744_073_709_551_614]
        #expect(signature(Graphs.sampled(seed: seeds[0]), "8") != signature(Graphs.sampled(seed: seeds[1]), "8"))
        #expect(signature(Graphs.sampled(prefix: "a"), "8") == signature(Graphs.sampled(prefix: "b"), "8"))
        #expect(signature(Graphs.sampled(prefix: "a"), "9") != signature(Graphs.sampled(prefix: "b"), "9"))
    }

    @Test func `python's texts and conversions`() throws {
        #expect(
            PythonText.repr(["a", 1, 2.5, true, .null, ["b": "it's"]]) == "['a', 1, 2.5, True, None, {'b': \"it's\"}]")
        #expect(try PythonText.int(.double(1.9)) == 1)
        #expect(try PythonText.int(.string(" 64 ")) == 64)
        #expect(throws: CoercionError(message: "invalid literal for int() with base 10: 'abc'")) {
            try PythonText.int(.string("abc"))
        }
        #expect(throws: CoercionError.self) { try PythonText.int(.double(1e300)) }
    }

    @Test func `a fault says what is wrong with it`() {
        func problem(_ json: JSON) -> String? {
            do throws(FaultProblem) { _ = try Fault(json) } catch { return error.message }
            return nil
        }
        #expect(problem(["kind": "oom", "step": 2, "count": 1, "match": "fox"]) == nil)
        #expect(problem(["kind": "nope"])?.contains("kind is one of freeze, die") == true)
        #expect(problem(["kind": "oom", "steps": 2])?.contains("no member steps") == true)
        #expect(problem(["kind": "slow", "ms": -1])?.contains("ms is an integer from 0") == true)
        #expect(problem(["kind": "wrong_bytes", "mode": "odd"])?.contains("truncated, html, empty") == true)
        #expect(problem([]) != nil)
    }

    @Test func `a fault happens as often as it was asked for`() throws {
        var faults = FaultList()
        try faults.add([try Fault(["kind": "http_error", "match": "/view", "count": 2])])
        let happened = ["/prompt", "/api/view", "/view", "/view"].map { faults.take(.httpError, path: $0) != nil }
        #expect(happened == [false, true, true, false])
    }
}
