internal import Glibc

extension [UInt8] {
    /// Where the pattern, which is not empty, begins first.
    func firstIndex(of pattern: [UInt8]) -> Int? {
        withUnsafeBytes { bytes in
            pattern.withUnsafeBytes { wanted in
                guard let base = bytes.baseAddress, let pattern = wanted.baseAddress, let first = wanted.first else {
                    return nil
                }
                var start = 0
                while start + wanted.count <= bytes.count {
                    let room = bytes.count - wanted.count + 1 - start
                    guard let found = memchr(base + start, Int32(first), room) else { return nil }
                    start = base.distance(to: UnsafeRawPointer(found))
                    if memcmp(found, pattern, wanted.count) == 0 { return start }
                    start += 1
                }
                return nil
            }
        }
    }
}
