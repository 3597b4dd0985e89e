import HTTP
import HTTPTypes
import Loop

/// `GET /images/{name}`: results, which never change under their name.
@LoopActor
struct ImageRoutes {
    let images: FileStore
    let owners: ImageOwners

    private static let pieceBytes = 262_144

    func add(to router: Router) {
        router.on(.get, "/images/{name}") { try await serve($0) }
    }

    private func serve(_ request: Request) async throws -> Response {
        let name = request.parameters["name"] ?? ""
        let images = images
        guard FileStore.isName(name), try await owners.maySee(name, request.caller),
            let size = try? await offLoop({ try images.size(name) })
        else {
            throw HTTPProblem(.notFound, "There is no such image.")
        }
        let tag = "\"\(name.prefix(64))\""
        var headers: HTTPFields = [
            .contentType: Self.mime(of: name), .eTag: tag, .acceptRanges: "bytes",
            .cacheControl: "private, max-age=31536000, immutable",
        ]
        headers[.xContentTypeOptions] = "nosniff"
        if Self.matches(request.headerFields[.ifNoneMatch], tag) {
            return Response(status: .notModified, headers: headers)
        }
        let condition = request.headerFields[.ifRange]
        switch ByteRange.read(condition == nil || condition == tag ? request.headerFields[.range] : nil, size: size) {
        case .whole: return Response(headers: headers, body: body(name, 0..<size))
        case .part(let range):
            headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"
            return Response(status: .partialContent, headers: headers, body: body(name, range))
        case .unsatisfiable:
            throw HTTPProblem(
                .rangeNotSatisfiable, "The image has \(size) bytes.", headers: [.contentRange: "bytes */\(size)"])
        }
    }

    private func body(_ name: String, _ range: Range<Int>) -> Response.Body {
        .stream(length: range.count) { [images] body in
            var start = range.lowerBound
            while start < range.upperBound {
                let (from, count) = (start, min(Self.pieceBytes, range.upperBound - start))
                let piece = try await offLoop { try images.read(name, from: from, count: count) }
                guard !piece.isEmpty else { return }
                try await body.write(piece)
                start += piece.count
            }
        }
    }

    private static func matches(_ field: String?, _ tag: String) -> Bool {
        guard let field else { return false }
        return field == "*"
            || field.split(separator: ",").contains {
                $0.drop { $0 == " " } == tag || $0.drop { $0 == " " } == "W/\(tag)"
            }
    }

    nonisolated static func mime(of name: String) -> String {
        switch name.split(separator: ".").last {
        case "png": "image/png"
        case "jpg": "image/jpeg"
        case "webp": "image/webp"
        case "gif": "image/gif"
        case "mp4": "video/mp4"
        case "webm": "video/webm"
        case "flac": "audio/flac"
        case "mkv": "video/x-matroska"
        case "mp3": "audio/mpeg"
        case "wav": "audio/wav"
        case "opus": "audio/opus"
        case "txt": "text/plain; charset=utf-8"
        default: "application/octet-stream"
        }
    }
}
