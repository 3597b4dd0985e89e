/// One line of a policy: words in a row. `*` ends a word that may go on ("undress*" is also "undressing"); `~` stands for
/// up to three words between.
struct PolicyTerm: Sendable, Hashable {
    private enum Part: Hashable, Sendable {
        case word(String)
        case begin(String)
        case gap
    }

    private static let longestGap = 3
    private let parts: [Part]
    /// The octet that its first word begins with: most terms are told by it from most words.
    let initial: UInt8

    /// Nil for a line without a word.
    init?(_ line: some StringProtocol) {
        let parts = line.split(separator: " ").flatMap { word -> [Part] in
            if word == "~" { return [.gap] }
            let folded = FoldedText(String(word)).words
            guard word.hasSuffix("*"), let last = folded.last else { return folded.map(Part.word) }
            return folded.dropLast().map(Part.word) + [.begin(last)]
        }
        // What may stand before its first word is nothing to look for.
        self.parts = Array(parts.drop { $0 == .gap })
        switch self.parts.first {
        case .word(let text), .begin(let text): initial = text.utf8.first ?? 0
        case .gap, nil: return nil
        }
    }

    /// Where it ends, if it stands at `place` among the words.
    func end(in words: [String], at place: Int) -> Int? { end(of: parts[...], at: place, in: words) }

    private func end(of parts: ArraySlice<Part>, at place: Int, in words: [String]) -> Int? {
        guard let part = parts.first else { return place }
        let rest = parts.dropFirst()
        if part == .gap {
            for skipped in 0...Self.longestGap where place + skipped <= words.endIndex {
                if let end = end(of: rest, at: place + skipped, in: words) { return end }
            }
            return nil
        }
        guard place < words.endIndex else { return nil }
        switch part {
        case .word(let word) where words[place] == word: return end(of: rest, at: place + 1, in: words)
        case .begin(let begin) where words[place].hasPrefix(begin): return end(of: rest, at: place + 1, in: words)
        default: return nil
        }
    }
}
