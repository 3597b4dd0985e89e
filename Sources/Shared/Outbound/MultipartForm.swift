internal import Loop

/// A body of `multipart/form-data` (RFC 7578, names escaped as browsers do:
/// <https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data>), such as ComfyUI's
/// `POST /upload/image` takes: a file part `image`, text parts `type`, `subfolder`, `overwrite`.
public struct MultipartForm: Sendable {
    /// What a file part holds.
    public enum Content: Sendable {
        case bytes([UInt8])
        /// Exactly `length` bytes, asked for piece by piece until nil. Such a form can be sent once.
        case stream(length: Int, next: @LoopActor @Sendable () async throws -> [UInt8]?)
    }

    /// Between the parts; random, so that no content holds it.
    public let boundary: String
    private var segments: [Content] = []

    public init() {
        let halves = (UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max))
        boundary = "easel-" + String(halves.0, radix: 36) + String(halves.1, radix: 36)
    }

    public mutating func addText(_ value: String, name: String) {
        addHead("form-data; name=\"\(Self.escaped(name))\"", contentType: nil)
        segments.append(.bytes(Array(value.utf8)))
    }

    /// - Parameters:
    ///   - name: of the field; ComfyUI looks for `image`.
    ///   - filename: as the peer may keep it.
    ///   - contentType: a media type such as "image/png"; one with a control character in it is not sent.
    public mutating func addFile(_ content: Content, name: String, filename: String, contentType: String) {
        let disposition = "form-data; name=\"\(Self.escaped(name))\"; filename=\"\(Self.escaped(filename))\""
        let isPlain = !contentType.isEmpty && contentType.utf8.allSatisfy { (0x20...0x7E).contains($0) }
        addHead(disposition, contentType: isPlain ? contentType : "application/octet-stream")
        segments.append(content)
    }

    /// For the request's `Content-Type`.
    public var contentType: String { "multipart/form-data; boundary=\(boundary)" }

    /// Of the whole body, in bytes.
    public var length: Int { all.reduce(0) { $0 + $1.length } }

    /// The body to send: bytes when all of it is there, else a stream of known length.
    public var body: ClientRequest.Body {
        let all = all
        let isWhole = all.allSatisfy { if case .bytes = $0 { true } else { false } }
        guard !isWhole else {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(length)
            for content in all { bytes += content.bytes }
            return .bytes(bytes)
        }
        let source = Lock(all[...])
        return .stream(length: length) {
            while let segment = source.withLock({ $0.first }) {
                if case .stream(_, let next) = segment, let piece = try await next() { return piece }
                source.withLock { $0 = $0.dropFirst() }
                if case .bytes(let bytes) = segment { return bytes }
            }
            return nil
        }
    }

    /// As ``body``, put together off the loop: where whole pictures are copied.
    public func assembled() async throws -> ClientRequest.Body { try await offLoop { body } }

    private var all: [Content] {
        segments + [.bytes(Array("\(segments.isEmpty ? "" : "\r\n")--\(boundary)--\r\n".utf8))]
    }

    private mutating func addHead(_ disposition: String, contentType: String?) {
        var head = segments.isEmpty ? "" : "\r\n"
        head += "--\(boundary)\r\nContent-Disposition: \(disposition)\r\n"
        if let contentType { head += "Content-Type: \(contentType)\r\n" }
        segments.append(.bytes(Array("\(head)\r\n".utf8)))
    }

    private static func escaped(_ name: String) -> String {
        name.unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar {
            case "\"": text += "%22"
            case "\r": text += "%0D"
            case "\n": text += "%0A"
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}

extension MultipartForm.Content {
    fileprivate var length: Int {
        switch self {
        case .bytes(let bytes): bytes.count
        case .stream(let length, _): length
        }
    }

    fileprivate var bytes: [UInt8] { if case .bytes(let bytes) = self { bytes } else { [] } }
}
