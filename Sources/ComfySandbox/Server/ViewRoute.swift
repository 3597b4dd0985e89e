import HTTP
import HTTPTypes
import Images
import Loop

/// `GET /view`: a file of one of the three folders, as it is or as a preview.
@LoopActor
struct ViewRoute {
    let files: FileStore
    let state: SandboxState

    init(files: FileStore, state: SandboxState) {
        self.files = files
        self.state = state
    }

    func respond(to request: Request) async throws -> Response {
        guard let asked = request.query("filename") else { return Answers.empty(.notFound) }
        let (name, annotated) = FileStore.annotation(asked)
        let folder = annotated ?? FileStore.Folder(rawValue: request.query("type") ?? "output")
        guard let folder, !name.isEmpty, !name.hasPrefix("/"), !name.contains("..") else {
            return Answers.empty(.badRequest)
        }
        guard let directory = try? files.directory(folder, subfolder: request.query("subfolder") ?? "") else {
            return Answers.empty(.forbidden)
        }
        if state.fault(.viewNotFound, path: request.path) != nil { return Answers.empty(.notFound) }
        let path = directory + "/" + (name.split(separator: "/").last ?? "")
        return try await serve(path, request)
    }

    private func serve(_ path: String, _ request: Request) async throws -> Response {
        let (preview, channel) = (request.query("preview"), request.query("channel") ?? "rgba")
        let file = try await offLoop { () -> (bytes: [UInt8], changed: Int)? in
            guard FileStore.isFile(path), let attributes = FileStore.attributes(path), let bytes = FileStore.read(path)
            else { return nil }
            return (bytes, attributes.changed)
        }
        guard let file else { return Answers.empty(.notFound) }
        let name = String(path.split(separator: "/").last ?? "")
        var response: Response
        if let preview {
            let form = PreviewForm(preview, channel: request.query("channel") ?? "")
            let bytes = try await offLoop { try ImageEditor.encode(.bytes(file.bytes), as: form.encoding) }
            response = Response(headers: [.contentType: form.encoding.format.mimeType], body: .bytes(bytes))
        } else if channel == "rgb" || channel == "a" {
            let bytes = try await offLoop { try Self.only(channel, of: file.bytes) }
            response = Response(headers: [.contentType: "image/png"], body: .bytes(bytes))
        } else {
            response = FileAnswer(name: name, bytes: file.bytes, changed: file.changed).response(to: request)
        }
        response.headers[.contentDisposition] = "filename=\"\(name)\""
        return spoiled(response, request)
    }

    /// The colours without alpha, or the alpha alone under black.
    private nonisolated static func only(_ channel: String, of bytes: [UInt8]) throws -> [UInt8] {
        let raster = try Raster.decode(bytes)
        if channel == "rgb" { return try raster.converted(toChannels: 3).encodePNG() }
        let alpha = try raster.converted(toChannels: 4).channel(3)?.pixels ?? []
        let pixels = alpha.flatMap { [0, 0, 0, $0] as [UInt8] }
        return try Raster(width: raster.width, height: raster.height, channels: 4, pixels: pixels).encodePNG()
    }

    private func spoiled(_ response: Response, _ request: Request) -> Response {
        guard case .bytes(let bytes) = response.body, let fault = state.fault(.wrongBytes, path: request.path) else {
            return response
        }
        var response = response
        switch fault.mode {
        case "html":
            response.headers[.contentType] = "text/html"
            response.body = .bytes(Array("<!doctype html><title>502 Bad Gateway</title>".utf8))
        case "empty": response.body = .bytes([])
        default: response.body = .bytes(Array(bytes.prefix(bytes.count / 2)))
        }
        return response
    }
}

/// What `preview=webp;90` asks for. Whatever it says, it is WebP unless it says JPEG and no alpha is wanted.
struct PreviewForm: Equatable {
    let encoding: ImageEncoding

    init(_ text: String, channel: String) {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false)
        let quality = max(1, min(100, parts.count > 1 ? Int(parts[parts.count - 1]) ?? 90 : 90))
        // A channel that is named and has an "a" in it, "rgba" too, wants alpha, which a JPEG has not.
        let isJPEG = parts.first == "jpeg" && !channel.contains("a")
        encoding = isJPEG ? .jpeg(quality: quality) : .webp(quality: quality)
    }
}
