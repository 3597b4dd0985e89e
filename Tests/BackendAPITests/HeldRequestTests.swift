import HTTPTypes
import Loop
import TestSupport
import Testing

@testable import BackendAPI
@testable import HTTP

@Suite struct HeldRequestTests {
    init() { startLoop() }

    @LoopActor
    private func held(_ longest: Duration) -> HeldRequests {
        HeldRequests(waits: WaitRules(longest: longest), streams: OpenStreams(), isStopping: { false })
    }

    @LoopActor
    private func request(arrivedBefore time: Duration) throws -> Request {
        var request = try Request(
            head: .init(method: .get, scheme: nil, authority: nil, path: "/"), body: RequestBody(), id: "",
            remoteAddress: "127.0.0.1")
        request.arrival -= time
        return request
    }

    /// A proxy in front counts from the first octet: what was fetched and looked at meanwhile is part of it.
    @LoopActor @Test func `the time counts from when the request came`() async throws {
        let (task, held) = (LiveTask(Samples.task()), held(.seconds(3600)))
        for limit in [nil, .seconds(1800)] as [Duration?] {
            await held.end(of: task, for: try request(arrivedBefore: .seconds(3600)), within: limit)
        }
        #expect(!task.task.state.hasEnded)
    }

    @LoopActor @Test func `a shorter wait is as long as it was asked for`() async throws {
        let start = ContinuousClock.now
        await held(.seconds(3600)).end(
            of: LiveTask(Samples.task()), for: try request(arrivedBefore: .seconds(60)), within: .milliseconds(20))
        #expect(.now - start >= .milliseconds(20))
    }

    @LoopActor @Test func `the place of a wait is left with it`() async throws {
        let held = held(.seconds(3600))
        let request = try request(arrivedBefore: .zero)
        await held.end(of: LiveTask(Samples.task()), for: request, within: .milliseconds(1))
        #expect(held.streams.count(of: request.owner) == 0)
    }
}
