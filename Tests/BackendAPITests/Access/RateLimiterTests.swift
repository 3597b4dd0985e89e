import Testing

@testable import BackendAPI

@Suite struct TokenBucketTests {
    private let start = ContinuousClock.now

    @Test func `a full one gives a minute's worth at once, and then as it comes back`() {
        var bucket = TokenBucket(quota: 60, at: start)
        let taken = (0..<60).map { _ in bucket.take(1, quota: 60, at: start) }
        #expect(!taken.contains(false))
        let isRefused = !bucket.take(1, quota: 60, at: start)
        #expect(isRefused && bucket.remaining == 0)
        #expect(bucket.seconds(until: 1, quota: 60) == 1)
        #expect(bucket.seconds(until: 60, quota: 60) == 60)
        let isEarly = bucket.take(1, quota: 60, at: start + .milliseconds(999))
        #expect(!isEarly)
        let isThere = bucket.take(1, quota: 60, at: start + .seconds(1))
        #expect(isThere)
    }

    @Test func `it never holds more than a minute's worth`() {
        var bucket = TokenBucket(quota: 5, at: start)
        bucket.refill(quota: 5, at: start + .seconds(86_400))
        #expect(bucket.remaining == 5)
    }

    @Test func `a refusal costs nothing, and time that runs backwards gives nothing`() {
        var bucket = TokenBucket(quota: 2, at: start)
        _ = bucket.take(2, quota: 2, at: start)
        for _ in 0..<10 { _ = bucket.take(1, quota: 2, at: start) }
        #expect(bucket.seconds(until: 1, quota: 2) == 30)
        bucket.refill(quota: 2, at: start - .seconds(3600))
        #expect(bucket.remaining == 0)
        bucket.refill(quota: 2, at: start + .seconds(30))
        #expect(bucket.remaining == 1)
    }

    @Test func `more than it holds is taken from a full one, which owes it then`() {
        var bucket = TokenBucket(quota: 100, at: start)
        let isTaken = bucket.take(300, quota: 100, at: start)
        #expect(isTaken && bucket.level == -200)
        #expect(bucket.seconds(until: 1, quota: 100) == 121)
        let isAgain = bucket.take(300, quota: 100, at: start + .seconds(179))
        #expect(!isAgain)
        let isPaid = bucket.take(300, quota: 100, at: start + .seconds(180))
        #expect(isPaid)
    }

    @Test func `a smaller quota holds at once`() {
        var bucket = TokenBucket(quota: 1000, at: start)
        let isTaken = bucket.take(11, quota: 10, at: start)
        #expect(isTaken)
        #expect(bucket.level == -1)
    }
}

@Suite struct RateLimiterTests {
    private let start = ContinuousClock.now
    private let three = ClientLimits(requestsPerMinute: 3)

    @Test func `each client has its own bucket, and what is said of it is the draft's`() {
        var limiter = RateLimiter()
        for left in [2, 1, 0] {
            let verdict = limiter.judge("a", bytes: 0, limits: three, at: start)
            #expect(verdict.retryAfter == nil)
            #expect(verdict.fields?.policy == "\"requests\";q=3;w=60")
            #expect(verdict.fields?.limit == "\"requests\";r=\(left);t=\((3 - left) * 20)")
        }
        let refused = limiter.judge("a", bytes: 0, limits: three, at: start)
        #expect(refused.retryAfter == 20 && refused.exceeded == .requests)
        let other = limiter.judge("b", bytes: 0, limits: three, at: start)
        #expect(other.retryAfter == nil)
        let later = limiter.judge("a", bytes: 0, limits: three, at: start + .seconds(20))
        #expect(later.retryAfter == nil)
    }

    @Test func `without a limit nothing is said and nothing kept`() {
        var limiter = RateLimiter()
        let verdict = limiter.judge("a", bytes: 1 << 40, limits: ClientLimits(), at: start)
        #expect(verdict == RateVerdict() && verdict.fields == nil && limiter.count == 0)
    }

    @Test func `bytes are counted beside requests, also those that were not announced`() {
        var limiter = RateLimiter()
        let limits = ClientLimits(requestsPerMinute: 10, bytesPerMinute: 6000)
        let first = limiter.judge("a", bytes: 5000, limits: limits, at: start)
        #expect(first.retryAfter == nil)
        #expect(first.fields?.policy == "\"requests\";q=10;w=60, \"bytes\";q=6000;qu=\"content-bytes\";w=60")
        #expect(first.fields?.limit == "\"requests\";r=9;t=6, \"bytes\";r=1000;t=50")
        let second = limiter.judge("a", bytes: 2000, limits: limits, at: start)
        #expect(second.retryAfter == 10 && second.exceeded == .bytes)
        limiter.charge("a", bytes: 4000, limits: limits, at: start)
        // In debt by 3000: even a request that says nothing of its length waits for it to be paid.
        let owing = limiter.judge("a", bytes: 0, limits: limits, at: start)
        #expect(owing.retryAfter == 30)
        let paid = limiter.judge("a", bytes: 0, limits: limits, at: start + .seconds(30))
        #expect(paid.retryAfter == nil)
    }

    @Test func `the table is bounded, and who asks all the time is not forgotten`() {
        var limiter = RateLimiter(capacity: 100)
        for _ in 0..<3 { _ = limiter.judge("busy", bytes: 0, limits: three, at: start) }
        for number in 0..<10_000 {
            _ = limiter.judge("address \(number)", bytes: 0, limits: three, at: start)
            #expect(limiter.count <= 101)
            if number % 40 == 0 {
                let busy = limiter.judge("busy", bytes: 0, limits: three, at: start)
                #expect(busy.retryAfter != nil)
            }
        }
    }
}
