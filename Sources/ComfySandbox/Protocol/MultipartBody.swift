import Foundation

/// The parts of a `multipart/form-data` body (RFC 7578).
struct MultipartBody {
    struct Part {
        var name: String
        /// Set on a file, though it may be empty.
        var fileName: String?
        var content: [UInt8]

        var text: String { String(decoding: content, as: UTF8.self) }
    }

    private(set) var parts: [Part] = []

    /// Nil for a body that is no form.
    init?(_ body: [UInt8], contentType: String?) {
        guard let contentType, contentType.lowercased().hasPrefix("multipart/form-data"),
            let boundary = Self.parameter("boundary", of: contentType)
        else { return nil }
        let data = Data(body)
        let mark = Data("--\(boundary)".utf8)
        var position = data.startIndex
        while let start = data.range(of: mark, in: position..<data.endIndex) {
            let next = data.range(of: mark, in: start.upperBound..<data.endIndex)
            guard let end = next?.lowerBound, parts.count < 100 else { break }
            // A part lies between a line break after one boundary and a line break before the next.
            if end - start.upperBound > 4, let part = Self.part(data[(start.upperBound + 2)..<(end - 2)]) {
                parts.append(part)
            }
            position = end
        }
    }

    func part(_ name: String) -> Part? { parts.first { $0.name == name } }

    private static func part(_ data: Data) -> Part? {
        guard let end = data.range(of: Data("\r\n\r\n".utf8)) else { return nil }
        let head = String(decoding: data[..<end.lowerBound], as: UTF8.self)
        let line = head.components(separatedBy: "\r\n").first { $0.lowercased().hasPrefix("content-disposition:") }
        guard let line, let name = parameter("name", of: line) else { return nil }
        return Part(name: name, fileName: parameter("filename", of: line), content: [UInt8](data[end.upperBound...]))
    }

    /// The value of `; name=value` or `; name="value"` in a header line.
    private static func parameter(_ name: String, of line: String) -> String? {
        guard let start = line.range(of: "; \(name)=") ?? line.range(of: ";\(name)=") else { return nil }
        let rest = line[start.upperBound...]
        guard rest.hasPrefix("\"") else { return String(rest.prefix { $0 != ";" && !$0.isWhitespace }) }
        return String(rest.dropFirst().prefix { $0 != "\"" })
    }
}
