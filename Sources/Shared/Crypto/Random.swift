/// `count` bytes that nobody can foresee, from the kernel (`getrandom`). A count below zero gives none.
public func randomBytes(_ count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    // Eight at a time: each number is a call of the kernel.
    let words = (0..<(max(count, 0) + 7) / 8).map { _ in generator.next() }
    return words.withUnsafeBytes { Array($0.prefix(max(count, 0))) }
}

/// 64 bits that nobody can foresee; each of the 2⁶⁴ values is as likely as the others.
public func randomUInt64() -> UInt64 {
    var generator = SystemRandomNumberGenerator()
    return generator.next()
}
