/// A path with places for values: `/tasks/{id}`, or `/files/{path...}` for all that is left.
struct RoutePattern: Sendable {
    enum Segment: Equatable, Sendable {
        case literal(String)
        case parameter(String)
        case rest(String)
    }

    let text: String
    let segments: [Segment]

    init(_ text: String) {
        self.text = text
        segments = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map { segment in
            guard segment.hasPrefix("{"), segment.hasSuffix("}") else { return .literal(String(segment)) }
            let name = segment.dropFirst().dropLast()
            return name.hasSuffix("...") ? .rest(String(name.dropLast(3))) : .parameter(String(name))
        }
    }

    /// Whether it has no places.
    var isPlain: Bool { segments.allSatisfy { if case .literal = $0 { true } else { false } } }

    /// The values of its places when `path` matches, else nil. An empty segment matches no place.
    func match(_ path: [String]) -> [String: String]? {
        var values: [String: String] = [:]
        for (index, segment) in segments.enumerated() {
            if case .rest(let name) = segment {
                let rest = path.dropFirst(index).joined(separator: "/")
                values[name] = rest
                return rest.isEmpty ? nil : values
            }
            guard index < path.count else { return nil }
            switch segment {
            case .literal(let text): guard text == path[index] else { return nil }
            case .parameter(let name):
                guard !path[index].isEmpty else { return nil }
                values[name] = path[index]
            case .rest: break
            }
        }
        return segments.count == path.count ? values : nil
    }
}
