import Loop
import Testing

@testable import BackendAPI

@Suite struct WebhookScheduleTests {
    typealias Outcome = WebhookSchedule.Outcome

    @Test(
        arguments: [
            (.answered(status: 200), .delivered), (.answered(status: 204), .delivered),
            (.answered(status: 299), .delivered),
            (.answered(status: 204, retryAfter: .seconds(9)), .delivered),
            (.answered(status: 410), .failed), (.forbidden("not public"), .failed),
            (.answered(status: 199), .again(after: .seconds(5))), (.answered(status: 302), .again(after: .seconds(5))),
            (.answered(status: 400), .again(after: .seconds(5))), (.answered(status: 500), .again(after: .seconds(5))),
            (.unanswered("no connection"), .again(after: .seconds(5))),
            // At least as long as it would be anyway, at most an hour.
            (.answered(status: 503, retryAfter: .seconds(120)), .again(after: .seconds(120))),
            (.answered(status: 429, retryAfter: .seconds(1)), .again(after: .seconds(5))),
            (.answered(status: 503, retryAfter: .seconds(Int.max)), .again(after: .seconds(3600))),
        ] as [(Outcome, WebhookSchedule.Verdict)])
    func `a first try ends so`(outcome: Outcome, verdict: WebhookSchedule.Verdict) {
        #expect(WebhookSchedule().verdict(outcome, made: 1, random: 0.5) == verdict)
    }

    @Test func `ten tries go over two hours`() {
        let schedule = WebhookSchedule()
        var pauses: [Duration] = []
        while case .again(let pause) = schedule.verdict(.unanswered(""), made: pauses.count + 1, random: 0.5) {
            pauses.append(pause)
        }
        #expect(pauses.count == 9)
        #expect(pauses == pauses.sorted())
        #expect((6000...7500).contains(pauses.reduce(.zero, +).seconds))
        #expect(schedule.verdict(.answered(status: 500), made: 10, random: 0) == .failed)
        #expect(schedule.verdict(.answered(status: 200), made: 10, random: 0) == .delivered)
    }

    @Test func `chance moves a pause by a tenth`() {
        let schedule = WebhookSchedule()
        #expect(schedule.verdict(.unanswered(""), made: 1, random: 0) == .again(after: .milliseconds(4500)))
        #expect(schedule.verdict(.unanswered(""), made: 1, random: 1) == .again(after: .milliseconds(5500)))
    }
}
