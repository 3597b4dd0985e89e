import Foundation

/// A text as the safety policy compares it: its words in lower case and plain Latin letters, so that neither accents left
/// out ("ciplak"), digits for letters ("nud3"), look-alikes of other alphabets, nor letters set apart ("n u d e") make
/// another word of it.
struct FoldedText: Sendable {
    /// A number stays a number.
    let words: [String]

    init(_ text: String) {
        // Wide forms, ligatures and the like become plain; accents become characters of their own, and go.
        let plain = text.precomposedStringWithCompatibilityMapping.lowercased().decomposedStringWithCanonicalMapping
        var letters = ""
        for scalar in plain.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .nonspacingMark, .enclosingMark, .format: continue
            default: letters.append(Self.alphabet[scalar] ?? Character(scalar))
            }
        }
        let tokens = letters.split { !$0.isLetter && !$0.isNumber && Self.signs[$0] == nil }
        words = Self.joined(tokens.flatMap(Self.words))
    }

    /// What a token may mean: "nud3" the word "nude", "nude2" also "nude".
    private static func words(in token: Substring) -> [String] {
        if token.allSatisfy(\.isNumber) { return [String(token)] }
        let whole = shortened(token.map { signs[$0] ?? $0 })
        var core = token
        while let last = core.last, !last.isLetter { core.removeLast() }
        while let first = core.first, !first.isLetter { core.removeFirst() }
        let inner = shortened(core.map { signs[$0] ?? $0 })
        return inner.isEmpty || inner == whole ? [whole] : [inner, whole]
    }

    /// Digits and signs that stand for letters.
    private static let signs: [Character: Character] = [
        "0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s",
    ]

    /// Letters that are not Latin with an accent, and the Cyrillic and Greek ones that look like Latin letters.
    private static let alphabet: [Unicode.Scalar: Character] = [
        "ı": "i", "đ": "d", "ø": "o", "ł": "l", "ß": "s", "æ": "a", "œ": "o", "а": "a", "в": "b", "е": "e", "к": "k",
        "м": "m", "н": "h", "о": "o", "р": "p", "с": "c", "т": "t", "у": "y", "х": "x", "і": "i", "ѕ": "s", "ԁ": "d",
        "α": "a", "ε": "e", "ι": "i", "κ": "k", "ν": "v", "ο": "o", "ρ": "p", "τ": "t", "υ": "u", "χ": "x",
    ]

    /// "nuuude" and "nude" are one word: of a letter that comes three times or more, one stays.
    private static func shortened(_ letters: [Character]) -> String {
        var result = ""
        var run = 0
        for letter in letters {
            run = letter == result.last ? run + 1 : 1
            if run == 3 { result.removeLast() }
            if run < 3 { result.append(letter) }
        }
        return result
    }

    /// Three single letters or more in a row are one word.
    private static func joined(_ words: [String]) -> [String] {
        var result: [String] = []
        var single: [String] = []
        for word in words + ["  "] {
            if word.count == 1, word.first?.isLetter == true {
                single.append(word)
                continue
            }
            result += single.count >= 3 ? [single.joined()] : single
            single = []
            result.append(word)
        }
        return result.dropLast()
    }
}
