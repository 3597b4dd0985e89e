extension JSON {
    /// The text of the value, in UTF-8. Doubles are as short as they can be and read back the same; NaN and
    /// infinities become `null` (see `firstNonFinite`).
    ///
    /// - Parameters:
    ///   - pretty: a member or element a line, two blanks a level.
    ///   - sortedKeys: members in the order of their names' bytes, so that equal values give equal texts.
    public func serialized(pretty: Bool = false, sortedKeys: Bool = false) -> [UInt8] {
        var writer = JSONWriter(pretty: pretty, sortedKeys: sortedKeys)
        writer.write(self, level: 0)
        return writer.bytes
    }

    /// The compact text.
    public var text: String {
        String(decoding: serialized(), as: UTF8.self)
    }
}

private struct JSONWriter {
    let pretty: Bool
    let sortedKeys: Bool
    var bytes: [UInt8] = []

    init(pretty: Bool, sortedKeys: Bool) {
        self.pretty = pretty
        self.sortedKeys = sortedKeys
        bytes.reserveCapacity(256)
    }

    mutating func write(_ value: JSON, level: Int) {
        switch value {
        case .null: append("null")
        case .bool(let value): append(value ? "true" : "false")
        case .integer(let value): bytes.append(contentsOf: String(value).utf8)
        case .unsigned(let value): bytes.append(contentsOf: String(value).utf8)
        case .double(let value):
            if value.isFinite { bytes.append(contentsOf: value.description.utf8) } else { append("null") }
        case .string(let value): write(value)
        case .array(let elements): write(elements, level: level)
        case .object(let members): write(members, level: level)
        }
    }

    private mutating func write(_ elements: [JSON], level: Int) {
        bytes.append(UInt8(ascii: "["))
        for (place, element) in elements.enumerated() {
            if place > 0 { bytes.append(UInt8(ascii: ",")) }
            newLine(level + 1)
            write(element, level: level + 1)
        }
        if !elements.isEmpty { newLine(level) }
        bytes.append(UInt8(ascii: "]"))
    }

    private mutating func write(_ members: JSONObject, level: Int) {
        bytes.append(UInt8(ascii: "{"))
        if sortedKeys {
            let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            write(members: sorted, level: level)
        } else {
            write(members: members, level: level)
        }
        if !members.isEmpty { newLine(level) }
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func write(members: some Sequence<(key: String, value: JSON)>, level: Int) {
        var first = true
        for (name, value) in members {
            if !first { bytes.append(UInt8(ascii: ",")) }
            first = false
            newLine(level + 1)
            write(name)
            bytes.append(UInt8(ascii: ":"))
            if pretty { bytes.append(UInt8(ascii: " ")) }
            write(value, level: level + 1)
        }
    }

    private mutating func write(_ string: String) {
        var string = string
        bytes.append(UInt8(ascii: "\""))
        string.withUTF8 { utf8 in
            makeRoom(for: utf8.count)
            let text = UnsafeRawBufferPointer(utf8)
            var start = 0
            while start < text.count {
                let end = UTF8Run.endOfUnescaped(in: text, from: start)
                bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[start..<end]))
                if end < text.count { escape(text[end]) }
                start = end + 1
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Makes room for a long string and a little behind it at once: else the next byte would move all of it.
    private mutating func makeRoom(for count: Int) {
        guard count > 4096 else { return }
        let needed = bytes.count + count + 1024
        if needed > bytes.capacity { bytes.reserveCapacity(max(needed, bytes.capacity * 2)) }
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case 0x08: append("\\b")
        case 0x09: append("\\t")
        case 0x0A: append("\\n")
        case 0x0C: append("\\f")
        case 0x0D: append("\\r")
        case 0x00..<0x20:
            append(byte < 0x10 ? "\\u000" : "\\u001")
            bytes.append(contentsOf: String(byte & 0x0F, radix: 16).utf8)
        default: bytes.append(contentsOf: [UInt8(ascii: "\\"), byte])
        }
    }

    private mutating func append(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private mutating func newLine(_ level: Int) {
        guard pretty else { return }
        bytes.append(UInt8(ascii: "\n"))
        for _ in 0..<level { append("  ") }
    }
}
