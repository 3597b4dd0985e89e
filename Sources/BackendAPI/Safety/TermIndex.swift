/// Terms by the octet that they begin with: every text of every request is held against hundreds of them.
struct TermIndex: Sendable {
    private var terms = [[PolicyTerm]](repeating: [], count: 256)

    mutating func add(_ term: PolicyTerm) { terms[Int(term.initial)].append(term) }

    /// The first place where a term stands among the words.
    func first(in words: [String]) -> Range<Int>? {
        for (place, word) in words.enumerated() {
            for term in terms[Int(word.utf8.first ?? 0)] {
                if let end = term.end(in: words, at: place) { return place..<end }
            }
        }
        return nil
    }
}
