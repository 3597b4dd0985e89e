import JSONText
import Testing

@testable import BackendAPI

@Suite struct StateHistoryTests {
    @Test func `changes are numbered from one, and come back from their JSON`() {
        var history = StateHistory()
        history.add(.init(state: .queued, attempt: 1, at: 5))
        history.add(.init(state: .running, attempt: 1, at: 6))
        history.add(.init(state: .done, attempt: 2, at: 1_700_000_000_123))
        #expect(history.last == 3)
        #expect(history.changes(after: 1).map(\.number) == [2, 3])
        #expect(history.changes(after: 3).isEmpty)
        #expect(history.changes(after: 99).isEmpty)
        #expect(StateHistory(json: history.json) == history)
    }

    @Test func `a long life keeps its newest changes under their numbers`() {
        var history = StateHistory()
        for number in 1...1000 { history.add(.init(state: .running, attempt: 1, at: Int64(number))) }
        #expect(history.last == 1000)
        #expect(history.changes.count == StateHistory.limit)
        #expect(history.changes(after: 998).map(\.change.at) == [999, 1000])
        #expect(history.changes(after: 0).first?.number == 1000 - StateHistory.limit + 1)
        #expect(StateHistory(json: history.json) == history)
    }

    @Test func `a damaged row is an empty history`() {
        #expect(StateHistory(json: .null) == StateHistory())
        #expect(StateHistory(json: ["changes": [["sleeping", 1, 1], 3]]) == StateHistory())
    }
}
