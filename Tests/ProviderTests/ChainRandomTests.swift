import Loop
import Testing

@testable import BackendAPI

/// Whatever the providers do, in whatever order, the chain keeps its promises.
@Suite struct ChainRandomTests {
    /// Random numbers that are the same each time (xorshift).
    private struct Chance: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
    }

    private static func failure(_ ticket: ProviderTicket?, _ chance: inout Chance) -> ProviderFailure {
        ProviderFailure(
            ProviderFailure.Kind.allCases.randomElement(using: &chance) ?? .unknown, "x",
            retryAfter: Bool.random(using: &chance) ? .seconds(Int.random(in: 0...40, using: &chance)) : nil,
            isPerhapsPaid: Bool.random(using: &chance), ticket: Bool.random(using: &chance) ? ticket : nil)
    }

    /// What happens when a step is done, and how much of its time it takes.
    private static func event(_ step: Chain.Step, _ chance: inout Chance) -> (Chain.Event, Duration)? {
        let part: Double = [0, 0.1, 0.5, 1].randomElement(using: &chance) ?? 1
        let luck = Int.random(in: 0..<10, using: &chance)
        switch step {
        case .submit(let name, let limit):
            let ticket = ProviderTicket(provider: name, kind: .hdImage, model: "m", requestID: luck < 8 ? "r" : nil)
            return (luck < 4 ? .taken(ticket) : .failed(failure(ticket, &chance)), limit * part)
        case .follow(let ticket, let limit): return (luck < 2 ? .done : .failed(failure(ticket, &chance)), limit * part)
        case .locate(let draft, let limit):
            var found = draft
            found.requestID = "r"
            return (
                luck < 4 ? .taken(found) : luck < 6 ? .absent : luck < 8 ? .lost : .failed(failure(draft, &chance)),
                limit * part
            )
        case .cancel(_, let limit): return (.cancelled(stopped: luck < 5), limit * part)
        case .pause(let pause): return (.paused, pause)
        case .served, .giveUp: return nil
        }
    }

    @Test func `it ends, in its time, and pays nobody after somebody may have been paid`() {
        var chance = Chance(state: 0x9E37_79B9_7F4A_7C15)
        for _ in 0..<20_000 {
            let links = ProviderName.allCases.shuffled(using: &chance).map { name in
                Chain.Link(
                    provider: name, obstacle: Int.random(in: 0..<6, using: &chance) == 0 ? "not configured" : nil,
                    price: Bool.random(using: &chance) ? 0.01 : 0,
                    budget: .seconds(Int.random(in: 1...90, using: &chance)))
            }
            let budget = Duration.seconds(Int.random(in: 0...120, using: &chance))
            var chain = Chain(links, budget: budget)
            var (now, event, steps) = (Duration.zero, Chain.Event.begun, 0)
            while true {
                let step = chain.observe(event, at: now) { _ in true }
                steps += 1
                if case .submit(let name, let limit) = step {
                    let isFree = links.first { $0.provider == name }?.price == 0
                    #expect(isFree || !chain.record.isPerhapsPaid)
                    #expect(limit > .zero)
                }
                guard steps < 100, let (next, time) = Self.event(step, &chance) else { break }
                now += time
                event = next
            }
            #expect(steps < 100)
            #expect(now <= budget + .seconds(1))
            #expect(chain.current == nil)
        }
    }
}
