/// One range of a `Range: bytes=…` field (RFC 9110 §14.1.2). Several ranges are answered with the whole.
enum ByteRange {
    enum Asked: Equatable {
        case whole
        case part(Range<Int>)
        /// 416.
        case unsatisfiable
    }

    static func read(_ field: String?, size: Int) -> Asked {
        guard let field, field.hasPrefix("bytes=") else { return .whole }
        let parts = field.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2,
            parts.allSatisfy({ $0.utf8.count <= 18 && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } })
        else { return .whole }
        switch (Int(parts[0]), Int(parts[1])) {
        case (nil, nil): return .whole
        case (nil, let last?): return last == 0 || size == 0 ? .unsatisfiable : .part(max(0, size - last)..<size)
        case (let first?, nil): return first < size ? .part(first..<size) : .unsatisfiable
        case (let first?, let last?):
            guard first <= last else { return .whole }
            return first < size ? .part(first..<min(size, last + 1)) : .unsatisfiable
        }
    }
}
