/// The head of a part of a form (RFC 7578, section 4).
public struct MultipartPart: Sendable, Equatable {
    public let name: String
    /// Set on a file, though it may be empty.
    public let filename: String?
    /// In lower case, without parameters.
    public let contentType: String?

    public init(name: String, filename: String? = nil, contentType: String? = nil) {
        self.name = name
        self.filename = filename
        self.contentType = contentType
    }

    /// Nil for a head that has no `Content-Disposition: form-data; name=…`.
    init?(head: String) {
        var disposition: HeaderParameters?
        var type: String?
        for line in head.split(separator: "\r\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = String(line[line.index(after: colon)...])
            switch line[..<colon].lowercased() {
            case "content-disposition": disposition = HeaderParameters(value)
            case "content-type": type = HeaderParameters(value).value
            default: break
            }
        }
        guard let disposition, disposition.value == "form-data", let name = disposition["name"] else { return nil }
        self.init(name: name, filename: disposition["filename"], contentType: type)
    }
}

/// A header's value with its parameters (RFC 9110, section 5.6.6): `form-data; name="a"`.
struct HeaderParameters: Sendable {
    /// In lower case.
    let value: String
    /// Names in lower case; the first of a name counts.
    private var parameters: [(name: String, value: String)] = []

    subscript(name: String) -> String? { parameters.first { $0.name == name }?.value }

    init(_ text: String) {
        var rest = Substring(text)
        value = rest.take { $0 != ";" }.trimmed.lowercased()
        while rest.popFirst() != nil {
            let name = rest.take { $0 != "=" && $0 != ";" }.trimmed.lowercased()
            guard rest.first == "=" else { continue }
            rest.removeFirst()
            rest = rest.drop { $0 == " " || $0 == "\t" }
            if rest.first == "\"" {
                parameters.append((name, rest.takeQuoted()))
                _ = rest.take { $0 != ";" }
            } else {
                parameters.append((name, rest.take { $0 != ";" }.trimmed))
            }
        }
    }
}

extension Substring {
    fileprivate mutating func take(while isPart: (Character) -> Bool) -> Substring {
        let taken = prefix(while: isPart)
        self = self[taken.endIndex...]
        return taken
    }

    /// A quoted string (RFC 9110, section 5.6.4). A backslash stands for itself before anything but `"` and `\`: some
    /// browsers send paths of Windows.
    fileprivate mutating func takeQuoted() -> String {
        removeFirst()
        var text = ""
        while let character = popFirst(), character != "\"" {
            if character == "\\", let next = first, next == "\"" || next == "\\" {
                text.append(next)
                removeFirst()
            } else {
                text.append(character)
            }
        }
        return text
    }

    fileprivate var trimmed: String {
        var part = drop { $0 == " " || $0 == "\t" }
        while part.last == " " || part.last == "\t" { part.removeLast() }
        return String(part)
    }
}
