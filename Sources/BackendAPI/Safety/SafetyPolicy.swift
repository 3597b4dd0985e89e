/// What no request may ask for. A plain rule over words, in English, Turkish and Vietnamese; `docs/safety.md` says what it
/// refuses, and what it cannot catch.
///
/// The built-in policy holds always. A file (`SAFETY_POLICY_FILE`) adds to it and takes nothing away.
struct SafetyPolicy: Sendable {
    /// Why a request is refused; never what it says.
    enum Reason: String, Sendable, CaseIterable {
        /// Sexual content with somebody who is, or is made to look, under age.
        case minor
        /// What is refused with or without a photo.
        case always
        /// Nudity, undressing or sexual content, with a photo of a person.
        case photo
    }

    private enum Section: String, CaseIterable { case harmless, always, photo, minors, sexual }

    private var terms: [Section: TermIndex] = [:]

    /// The built-in policy, and what a file adds.
    ///
    /// - Parameter more: lines as ``PolicyTerms/builtIn`` has them.
    /// - Throws: ``Fault`` for a line outside of a section, a section of another name, and for `harmless` in the file.
    init(adding more: String = "") throws(Fault) {
        try read(PolicyTerms.builtIn, mayExempt: true)
        try read(more, mayExempt: false)
    }

    struct Fault: Error, Equatable {
        let line: Int
        let reason: String
    }

    private mutating func read(_ text: String, mayExempt: Bool) throws(Fault) {
        var section: Section?
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = line.prefix { $0 != "#" }
            if line.hasPrefix("["), let end = line.firstIndex(of: "]") {
                section = Section(rawValue: String(line[line.index(after: line.startIndex)..<end]))
                guard section != nil, mayExempt || section != .harmless else {
                    throw Fault(line: index + 1, reason: "a section is one of [always], [photo], [sexual], [minors]")
                }
            } else if let term = PolicyTerm(line) {
                guard let section else { throw Fault(line: index + 1, reason: "a term stands outside of a section") }
                terms[section, default: TermIndex()].add(term)
            }
        }
    }

    /// Judges the texts of one request together: what is spread over two fields is one wish.
    ///
    /// - Parameters:
    ///   - texts: all that says what the picture shows; not what it is to keep out.
    ///   - hasPhoto: whether a picture is part of the request, which may show a real person.
    /// - Returns: nil for a request that may run.
    func refusal(of texts: [String], hasPhoto: Bool) -> Reason? {
        let all = texts.flatMap { FoldedText($0).words }
        let words = terms[.harmless]?.removed(from: all) ?? all
        if has(.minors, words) || Self.saysMinor(words), has(.sexual, words) || has(.photo, words) { return .minor }
        if has(.always, words) { return .always }
        return hasPhoto && (has(.photo, words) || has(.sexual, words)) ? .photo : nil
    }

    /// Whether an age below 18 is said.
    private static func saysMinor(_ words: [String]) -> Bool {
        zip(words, words.dropFirst()).contains { number, unit in
            guard let age = Int(number), (1..<18).contains(age) else { return false }
            return ["year", "years", "yo", "yrs", "tuoi"].contains(unit) || unit.hasPrefix("yas")
        }
    }

    private func has(_ section: Section, _ words: [String]) -> Bool {
        terms[section]?.stands(in: words) == true
    }
}
