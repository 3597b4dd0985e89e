/// Terms by the octet that they begin with: every text of every request is held against hundreds of them.
struct TermIndex: Sendable {
    private var terms = [[PolicyTerm]](repeating: [], count: 256)

    mutating func add(_ term: PolicyTerm) { terms[Int(term.initial)].append(term) }

    /// Whether a term stands anywhere among the words.
    func stands(in words: [String]) -> Bool { words.indices.contains { end(in: words, at: $0) != nil } }

    /// Where a term ends that stands at `place`; nil where none does.
    func end(in words: [String], at place: Int) -> Int? {
        for term in terms[Int(words[place].utf8.first ?? 0)] {
            if let end = term.end(in: words, at: place) { return end }
        }
        return nil
    }

    /// The words with a point in place of each term, found from the first word to the last and never looked for again in
    /// what is left: a text that is all terms takes no longer than another.
    func removed(from words: [String]) -> [String] {
        var rest: [String] = []
        rest.reserveCapacity(words.count)
        var place = 0
        while place < words.count {
            if let end = end(in: words, at: place), end > place {
                rest.append("·")
                place = end
            } else {
                rest.append(words[place])
                place += 1
            }
        }
        return rest
    }
}
