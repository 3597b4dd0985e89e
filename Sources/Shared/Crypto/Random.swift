/// `count` bytes that nobody can foresee, from the kernel (`getrandom`). A count below zero gives none.
public func randomBytes(_ count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<max(count, 0)).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
}

/// 64 bits that nobody can foresee; each of the 2⁶⁴ values is as likely as the others.
public func randomUInt64() -> UInt64 {
    var generator = SystemRandomNumberGenerator()
    return generator.next()
}
