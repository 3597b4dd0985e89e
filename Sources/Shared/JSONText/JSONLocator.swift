extension JSON {
    /// The line, from 1, on which the value at `path` begins in a text that parses; where the path leads nowhere, the
    /// line of the last step that is there. For messages about files that people edit.
    public static func line(of path: [JSONPathElement], in text: [UInt8]) -> Int {
        var locator = JSONLocator(text: text)
        locator.skipBlanks()
        for step in path {
            let found = locator.place
            if !locator.enter(step) {
                locator.place = found
                break
            }
        }
        return JSONError(offset: locator.place, reason: "").line(in: text)
    }
}

/// Walks over a text that is known to be valid; on any other it stops early and never reads past the end.
private struct JSONLocator {
    let text: [UInt8]
    var place = 0

    init(text: [UInt8]) {
        self.text = text
    }

    private var byte: UInt8? {
        place < text.count ? text[place] : nil
    }

    mutating func skipBlanks() {
        while let byte, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { place += 1 }
    }

    /// Goes to the value that the step leads to; of members with one name to the last, which is the one that counts.
    mutating func enter(_ step: JSONPathElement) -> Bool {
        switch step {
        case .index(let index): enterElement(index)
        case .member(let name): enterMember(name)
        }
    }

    private mutating func enterElement(_ index: Int) -> Bool {
        guard byte == UInt8(ascii: "[") else { return false }
        for passed in 0... {
            place += 1
            skipBlanks()
            if byte == UInt8(ascii: "]") { return false }
            if passed == index { return true }
            skipValue()
            guard byte == UInt8(ascii: ",") else { return false }
        }
        return false
    }

    private mutating func enterMember(_ name: String) -> Bool {
        guard byte == UInt8(ascii: "{") else { return false }
        var found: Int?
        while byte == UInt8(ascii: "{") || byte == UInt8(ascii: ",") {
            place += 1
            skipBlanks()
            let start = place
            skipValue()
            let spelled = try? JSON(parsing: Array(text[start..<place]))
            guard byte == UInt8(ascii: ":") else { break }
            place += 1
            skipBlanks()
            if spelled?.string == name { found = place }
            skipValue()
        }
        if let found { place = found }
        return found != nil
    }

    /// Goes past a value and the blanks behind it.
    private mutating func skipValue() {
        var depth = 0
        repeat {
            switch byte {
            case nil: return
            case UInt8(ascii: "\""): skipString()
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                place += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                depth -= 1
                place += 1
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                place += 1
            default:
                while let byte, byte != 0x22, !" \n\r\t,:]}[{".utf8.contains(byte) { place += 1 }
            }
            skipBlanks()
        } while depth > 0
    }

    private mutating func skipString() {
        place += 1
        while let byte, byte != UInt8(ascii: "\"") { place += byte == UInt8(ascii: "\\") ? 2 : 1 }
        place = min(place + 1, text.count)
    }
}
