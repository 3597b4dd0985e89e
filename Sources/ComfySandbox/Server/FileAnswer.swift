import Foundation
import HTTP
import HTTPTypes

/// A file as an answer, with what lets a client ask again or for a part (RFC 9110 §8.8, §14).
struct FileAnswer {
    let name: String
    let bytes: [UInt8]
    /// Nanoseconds since 1970.
    let changed: Int

    var etag: String { "\"\(String(changed, radix: 16))-\(String(bytes.count, radix: 16))\"" }

    func response(to request: Request) -> Response {
        var headers: HTTPFields = [.contentType: Self.mediaType(of: name), .eTag: etag]
        headers[.lastModified] = Self.httpDate(changed / 1_000_000_000)
        let known = request.headerFields[.ifNoneMatch] ?? ""
        if known == "*" || known.contains(etag) { return Response(status: .notModified, headers: headers) }
        headers[.acceptRanges] = "bytes"
        guard let asked = request.headerFields[.range] else { return Response(headers: headers, body: .bytes(bytes)) }
        guard let range = Self.range(asked, of: bytes.count) else {
            headers[.contentRange] = "bytes */\(bytes.count)"
            return Response(status: .rangeNotSatisfiable, headers: headers)
        }
        headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(bytes.count)"
        return Response(status: .partialContent, headers: headers, body: .bytes(Array(bytes[range])))
    }

    /// `bytes=0-9`, `bytes=10-` or `bytes=-5`; nil for a range that holds no byte.
    static func range(_ text: String, of count: Int) -> Range<Int>? {
        guard text.hasPrefix("bytes=") else { return nil }
        let parts = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2 else { return nil }
        switch (parts[0], parts[1]) {
        case (let first?, let last?) where first <= last && first < count: return first..<min(count, last + 1)
        case (let first?, nil) where first < count: return first..<count
        case (nil, let length?) where length > 0 && count > 0: return max(0, count - length)..<count
        default: return nil
        }
    }

    /// What a browser could run is sent as plain bytes.
    static func mediaType(of name: String) -> String {
        switch name.split(separator: ".").last?.lowercased() {
        case "png": "image/png"
        case "jpg", "jpeg": "image/jpeg"
        case "webp": "image/webp"
        case "gif": "image/gif"
        case "mp4": "video/mp4"
        case "webm": "video/webm"
        case "wav": "audio/x-wav"
        case "flac": "audio/x-flac"
        case "txt": "text/plain"
        case "json": "application/json"
        default: "application/octet-stream"
        }
    }

    static func httpDate(_ seconds: Int) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "GMT")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
    }
}
