import Crypto
import HTTPTypes
import Images
import JSONText
import Loop
import Outbound

/// An answer, read whole.
struct Answer: Sendable {
    let status: Int
    let headers: HTTPFields
    let bytes: [UInt8]

    var json: JSON { (try? JSON(parsing: bytes)) ?? .null }
    var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension Installation {
    /// Asks the backend, or another address.
    func call(
        _ method: HTTPRequest.Method, _ path: String, _ body: JSON? = nil, headers: HTTPFields = [:],
        at base: String? = nil
    ) async throws -> Answer {
        var request = ClientRequest(
            method: method, url: (base ?? backendURL) + path, headers: headers,
            timeouts: .init(connect: .seconds(30), idle: .seconds(200)), maxBodyBytes: 256 << 20)
        if let body {
            request.headers[.contentType] = "application/json"
            request.body = .bytes(body.serialized())
        }
        let response = try await http.send(request)
        return Answer(status: response.status, headers: response.headers, bytes: try await response.collect())
    }

    /// Submits a task and gives its id.
    func submit(_ body: JSON) async throws -> String {
        let answer = try await call(.post, "/generate", body)
        guard answer.status == 200, let id = answer.json["task_id"]?.string else { throw Refused(answer: answer.text) }
        return id
    }

    struct Refused: Error { let answer: String }

    func task(_ id: String) async throws -> JSON { try await call(.get, "/tasks/\(id)").json }

    /// The task when it has ended; the backend may be away meanwhile.
    func end(of id: String) async throws -> JSON {
        var last = JSON.null
        try await until("task \(id) has ended") {
            guard let answer = try? await call(.get, "/tasks/\(id)?wait=20"), answer.status == 200 else { return false }
            last = answer.json
            return ["done", "failed", "cancelled"].contains(last["status"]?.string ?? "")
        }
        return last
    }

    func untilHealthy() async throws {
        try await until("the backend is healthy") {
            (try? await call(.get, "/health"))?.json["status"] == "healthy"
        }
    }

    func untilComfyUIIsThere() async throws {
        let gpu = "http://\(gpuHost):\(ports.gpu)"
        try await until("ComfyUI is there") {
            (try? await call(.get, "/health", at: gpu))?.json["comfyui_available"] == true
        }
    }

    /// The decoded first picture of a task that is done.
    func picture(of task: JSON) async throws -> Raster {
        guard let path = task["images"]?[0]?.string else { throw Refused(answer: task.text) }
        let answer = try await call(.get, path)
        guard answer.status == 200 else { throw Refused(answer: answer.text) }
        return try await offLoop { try Raster.decode(answer.bytes) }
    }

    // MARK: The sandbox

    /// Has the sandbox fail in some way.
    func fault(_ fault: JSON) async throws {
        let answer = try await call(.post, "/sandbox/faults", fault, at: comfyURL)
        guard (200..<300).contains(answer.status) else { throw Refused(answer: answer.text) }
    }

    /// Every prompt that the sandbox ran.
    func sandboxRuns() async throws -> [JSON] {
        try await call(.get, "/sandbox/log", at: comfyURL).json["prompts"]?.array ?? []
    }
}

/// A picture with a different colour at each place, as base64.
func photo(width: Int = 40, height: Int = 30) throws -> (raster: Raster, base64: String) {
    let pixels = (0..<(width * height)).flatMap { place in
        [
            UInt8(truncatingIfNeeded: place % width * 5), UInt8(truncatingIfNeeded: place / width * 7),
            UInt8(place % 251),
        ]
    }
    let raster = try Raster(width: width, height: height, channels: 3, pixels: pixels)
    return (raster, Base64.encode(try raster.encode(as: .png)))
}

/// Whether one picture is the other inverted; ComfyUI cuts its floats, so a value may be one lower.
func isInverted(_ one: Raster, of other: Raster) -> Bool {
    one.width == other.width && one.height == other.height && one.channels == other.channels
        && zip(one.pixels, other.pixels).allSatisfy { (0...1).contains(255 - Int($1) - Int($0)) }
}
