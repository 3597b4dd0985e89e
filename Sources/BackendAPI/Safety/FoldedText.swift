import Foundation

/// A text as the safety policy compares it: its words in lower case and plain Latin letters, so that neither accents left
/// out ("ciplak"), digits for letters ("nud3"), look-alikes of other alphabets, nor letters set apart ("n u d e") make
/// another word of it.
struct FoldedText: Sendable {
    /// A number stays a number.
    let words: [String]

    init(_ text: String) {
        let tokens = Self.letters(of: text).split { !$0.isLetter && !$0.isNumber && Self.letter(for: $0) == nil }
        words = Self.joined(tokens.flatMap(Self.words))
    }

    /// The text without accents and in lower case, in letters that look alike. Every request's texts come through here, so
    /// what is plain ASCII is not put through Unicode's tables.
    private static func letters(of text: String) -> [Unicode.Scalar] {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return Array(text.lowercased().unicodeScalars) }
        // Wide forms, ligatures and the like become plain; accents become scalars of their own, and go.
        let plain = text.precomposedStringWithCompatibilityMapping.lowercased().decomposedStringWithCanonicalMapping
        let letters = plain.unicodeScalars.compactMap { scalar -> Unicode.Scalar? in
            switch scalar.properties.generalCategory {
            case .nonspacingMark, .spacingMark, .enclosingMark, .format: nil
            default: alphabet[scalar] ?? scalar
            }
        }
        // A Hangul syllable is one letter, as it was before its parts were told apart.
        return Array(Self.text(letters).precomposedStringWithCanonicalMapping.unicodeScalars)
    }

    /// What a token may mean: "nud3" the word "nude", "nude2" also "nude".
    private static func words(in token: ArraySlice<Unicode.Scalar>) -> [String] {
        if token.allSatisfy(\.isNumber) { return [text(token)] }
        let whole = shortened(token)
        guard let first = token.firstIndex(where: \.isLetter), let last = token.lastIndex(where: \.isLetter) else {
            return [whole]
        }
        let inner = shortened(token[first...last])
        return inner == whole ? [whole] : [inner, whole]
    }

    /// The letter that a digit or a sign stands for.
    private static func letter(for scalar: Unicode.Scalar) -> Unicode.Scalar? {
        switch scalar {
        case "0": "o"
        case "1": "i"
        case "3": "e"
        case "4", "@": "a"
        case "5", "$": "s"
        case "7": "t"
        default: nil
        }
    }

    /// Letters that are not Latin with an accent, and the Cyrillic and Greek ones that look like Latin letters.
    private static let alphabet: [Unicode.Scalar: Unicode.Scalar] = [
        "ı": "i", "đ": "d", "ø": "o", "ł": "l", "ß": "s", "æ": "a", "œ": "o", "а": "a", "в": "b", "е": "e", "к": "k",
        "м": "m", "н": "h", "о": "o", "р": "p", "с": "c", "т": "t", "у": "y", "х": "x", "і": "i", "ѕ": "s", "ԁ": "d",
        "α": "a", "ε": "e", "ι": "i", "κ": "k", "ν": "v", "ο": "o", "ρ": "p", "τ": "t", "υ": "u", "χ": "x",
    ]

    /// "nuuude" and "nude" are one word: of a letter that comes three times or more, one stays.
    private static func shortened(_ token: ArraySlice<Unicode.Scalar>) -> String {
        var result: [Unicode.Scalar] = []
        var run = 0
        for letter in token.lazy.map({ letter(for: $0) ?? $0 }) {
            run = letter == result.last ? run + 1 : 1
            if run == 3 { result.removeLast() }
            if run < 3 { result.append(letter) }
        }
        return text(result)
    }

    private static func text(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var octets: [UInt8] = []
        for scalar in scalars {
            if scalar.isASCII { octets.append(UInt8(scalar.value)) } else { octets += Array(String(scalar).utf8) }
        }
        return String(decoding: octets, as: UTF8.self)
    }

    /// Three single letters or more in a row are one word.
    private static func joined(_ words: [String]) -> [String] {
        var result: [String] = []
        var single: [String] = []
        for word in words + ["  "] {
            if word.unicodeScalars.dropFirst().isEmpty, word.unicodeScalars.first?.isLetter == true {
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

extension Unicode.Scalar {
    /// Of a text in lower case.
    fileprivate var isLetter: Bool { isASCII ? ("a"..."z").contains(self) : properties.isAlphabetic }

    fileprivate var isNumber: Bool { isASCII ? ("0"..."9").contains(self) : properties.numericType != nil }
}
