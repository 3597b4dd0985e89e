internal import Glibc

/// A `.env` file: `KEY=VALUE` lines, `#` comments, optional quotes. It is data and is never run, and nothing in it is
/// expanded.
///
/// `startup.sh` reads the same files, so the rules are the ones in `scripts/lib/settings.sh`: blanks around key and value
/// and an `export` before the key do not count, the last line of a key wins, what is between quotes is taken as it is,
/// and elsewhere a blank and `#` begin a comment. What is no such line is passed over.
public struct EnvironmentFile: Sendable, Hashable {
    /// What the file gives each key, empty values included.
    public let values: [String: String]

    /// Larger is no `.env` file.
    static let maximumBytes = 1 << 20

    public init(parsing bytes: [UInt8]) {
        var values: [String: String] = [:]
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            guard let (key, value) = Self.parse(line: line) else { continue }
            values[key] = value
        }
        self.values = values
    }

    /// Reads a file of at most 1 MB.
    ///
    /// - Returns: nil when there is none.
    /// - Throws: ``ConfigurationError`` when it cannot be read.
    public init?(path: String) throws(ConfigurationError) {
        switch Self.contents(of: path) {
        case .success(let bytes): self.init(parsing: bytes)
        case .failure(let failure) where failure.code == ENOENT: return nil
        case .failure(let failure):
            throw ConfigurationError("the settings file \(path) cannot be read: \(failure.reason)")
        }
    }

    // MARK: Lines

    private static func parse(line: ArraySlice<UInt8>) -> (key: String, value: String)? {
        var rest = line
        if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
        rest = rest.drop(while: isBlank)
        let word = Array("export".utf8)
        if rest.starts(with: word), let next = rest.dropFirst(word.count).first, isBlank(next) {
            rest = rest.dropFirst(word.count).drop(while: isBlank)
        }
        let key = rest.prefix(while: isOfKey)
        rest = rest[key.endIndex...].drop(while: isBlank)
        guard let first = key.first, !isDigit(first), rest.first == UInt8(ascii: "=") else { return nil }
        return (String(decoding: key, as: UTF8.self), String(decoding: unquoted(rest.dropFirst()), as: UTF8.self))
    }

    private static func unquoted(_ raw: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let text = trimmed(raw)
        if let quote = text.first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'"),
            let end = text.dropFirst().firstIndex(of: quote)
        {
            return text[(text.startIndex + 1)..<end]
        }
        // In the untrimmed text, so that `KEY= # nothing` is empty.
        let comment = raw.indices.first { index in
            raw[index] == UInt8(ascii: "#") && index > raw.startIndex && isBlank(raw[index - 1])
        }
        return trimmed(raw[..<(comment ?? raw.endIndex)])
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let text = text.drop(while: isBlank)
        let end = text.lastIndex { !isBlank($0) }.map { $0 + 1 }
        return text[..<(end ?? text.startIndex)]
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isOfKey(_ byte: UInt8) -> Bool {
        isDigit(byte) || byte == UInt8(ascii: "_") || (0x41...0x5A).contains(byte & 0xDF)
    }

    // MARK: Reading

    private struct Failure: Error {
        let code: Int32
        var reason: String { String(cString: strerror(code)) }
    }

    private static func contents(of path: String) -> Result<[UInt8], Failure> {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return .failure(Failure(code: errno)) }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = read(file, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return .failure(Failure(code: errno)) }
            guard count > 0 else { return .success(bytes) }
            bytes += buffer[..<count]
            guard bytes.count <= maximumBytes else { return .failure(Failure(code: EFBIG)) }
        }
    }
}
