internal import HTTP
internal import HTTPTypes
internal import Images
internal import JSONText
public import Loop

/// What the emulated providers have in common: a server, its faults, the pictures that it has made, and who paid.
@LoopActor
public final class EmulatorCore {
    public let plan = FaultPlan()
    /// Requests that were taken: each may cost money.
    public internal(set) var taken = 0
    /// Requests that were done: each costs money.
    public internal(set) var paid = 0
    /// Answers that wait for ``release``.
    public internal(set) var held = 0
    public let release = LoopEvent()
    /// Requests that were called off.
    public internal(set) var cancelled = 0
    /// GET requests: whoever asks how a request stands knows its id.
    public internal(set) var reads = 0
    /// Pictures that were fetched.
    public internal(set) var fetched = 0
    /// The headers of the last request to the API, and to the place of the results.
    public internal(set) var lastAuthorization: String?
    public internal(set) var resultAuthorization: String?
    /// Hosts, as they were called, that were sent a token.
    public internal(set) var authorizedHosts: Set<String> = []
    /// Of a result of 200 MB, what was sent.
    public internal(set) var hugeBytes = 0
    /// The body of the last request that was taken.
    public internal(set) var lastInput = ""
    public let port: Int
    /// How the addresses in the answers begin.
    public var publicURL: String
    let router: Router
    private let server: HTTPServer
    private var running: Task<Void, Never>?
    private let closing = LoopEvent()
    private var files: [String: [UInt8]] = [:]
    private var fileCount = 0

    init(port: Int) throws {
        router = Router()
        server = try HTTPServer(host: "127.0.0.1", port: port, router: router)
        self.port = server.port
        publicURL = "http://127.0.0.1:\(server.port)"
        router.use(HostWatch(core: self))
        router.on(.get, "/results/{name}") { [unowned self] in try await result($0) }
    }

    func start() { running = Task(executorPreference: EventLoop.shared) { [server] in await server.run() } }

    public func stop() async {
        closing.signal()
        await server.stop(grace: .zero)
        await running?.value
    }

    /// Serves until it is stopped.
    public func run() async { await running?.value }

    // MARK: Requests

    /// Until the emulator stops.
    func hang() async throws -> Response {
        try await closing.wait()
        return Response(status: .internalServerError, body: .abandoned)
    }

    func json(_ request: Request) async throws -> JSON {
        let bytes = try await request.body.collect()
        lastAuthorization = request.headerFields[.authorization]
        lastInput = String(decoding: bytes, as: UTF8.self)
        return (try? JSON(parsing: bytes)) ?? .null
    }

    /// The answer to a request that was taken, with what may happen to it on its way.
    func taken(_ answer: Response) async throws -> Response {
        taken += 1
        return try await spoilt(answer)
    }

    func spoilt(_ answer: Response) async throws -> Response {
        if plan.take(.hangAtSubmit) { return try await hang() }
        if plan.take(.heldAtSubmit) {
            held += 1
            try await release.wait()
        }
        if plan.take(.droppedSubmit) { return Response(body: .abandoned) }
        if plan.take(.resetAtSubmit) { return Self.cut(answer) }
        if plan.take(.wrongJSONAtSubmit) {
            return Response(headers: answer.headers, body: .bytes(Array("{\"id\": nonsense".utf8)))
        }
        return answer
    }

    /// An answer that breaks off in its middle.
    static func cut(_ answer: Response) -> Response {
        guard case .bytes(let bytes) = answer.body else { return answer }
        var answer = answer
        answer.body = .stream(length: bytes.count) { writer in
            try await writer.write(Array(bytes.prefix(bytes.count / 2)))
            throw Broken()
        }
        return answer
    }

    struct Broken: Error {}

    // MARK: Results

    /// - Returns: the address of a new picture.
    func newPicture() throws -> String {
        let bytes = try Self.picture(number: fileCount)
        if plan.take(.inlineResult) { return "data:image/png;base64," + Self.base64(bytes) }
        fileCount += 1
        let name = "\(fileCount).png"
        files[name] = bytes
        return "\(publicURL)/results/\(name)"
    }

    static func picture(number: Int = 0, width: Int = 48, height: Int = 32) throws -> [UInt8] {
        var pixels: [UInt8] = []
        for place in 0..<(width * height) {
            pixels += [place % width * 5, place / width * 7, number * 31 + place].map { UInt8(truncatingIfNeeded: $0) }
        }
        return try Raster(width: width, height: height, channels: 3, pixels: pixels).encode(as: .png)
    }

    private func result(_ request: Request) async throws -> Response {
        resultAuthorization = request.headerFields[.authorization]
        let name = request.parameters["name"] ?? ""
        fetched += 1
        guard let bytes = files[name], !plan.take(.resultGone) else {
            return .json(["detail": "Not Found"], status: .notFound)
        }
        let answer = Response(headers: [.contentType: "image/png"], body: .bytes(bytes))
        if plan.take(.hangAtResult) { return try await hang() }
        if plan.take(.resetAtResult) { return Self.cut(answer) }
        if plan.take(.truncatedPicture) { return Self.truncated(answer) }
        if plan.take(.hugeResult) { return huge }
        if plan.take(.endlessRedirect) { return redirect("/results/\(name)") }
        if plan.take(.redirectedResult) { return redirect("/results/\(name)?again=1") }
        return answer
    }

    private func redirect(_ place: String) -> Response {
        Response(status: .found, headers: [.location: place])
    }

    /// A whole answer with half a picture in it.
    static func truncated(_ answer: Response) -> Response {
        guard case .bytes(let bytes) = answer.body else { return answer }
        return Response(headers: answer.headers, body: .bytes(Array(bytes.prefix(bytes.count / 2))))
    }

    /// 200 MB, as far as the client takes them.
    var huge: Response {
        Response(
            headers: [.contentType: "image/png"],
            body: .stream(length: nil) { [weak self] writer in
                let piece = [UInt8](repeating: 0x55, count: 1 << 16)
                for _ in 0..<3200 {
                    try await writer.write(piece)
                    self?.hugeBytes += piece.count
                }
            })
    }

    // MARK: Forms

    /// The content and the type of a form's first file (RFC 7578).
    static func firstFile(_ body: [UInt8], _ request: Request) -> (bytes: [UInt8], type: String, name: String)? {
        let fields = request.headerFields[.contentType] ?? ""
        guard let mark = fields.firstRange(of: "boundary=") else { return nil }
        let boundary = Array("--\(fields[mark.upperBound...])".utf8)
        guard let start = body.firstRange(of: boundary),
            let blank = body[start.upperBound...].firstRange(of: Array("\r\n\r\n".utf8)),
            let end = body[blank.upperBound...].firstRange(of: Array("\r\n".utf8) + boundary)
        else { return nil }
        let head = String(decoding: body[start.upperBound..<blank.lowerBound], as: UTF8.self)
        let type = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-type:") }
        let name = head.split(separator: "filename=\"").dropFirst().first.map { String($0.prefix { $0 != "\"" }) }
        return (
            Array(body[blank.upperBound..<end.lowerBound]),
            type.map { String($0.split(separator: ":")[1].drop { $0 == " " }) } ?? "application/octet-stream",
            name ?? "file"
        )
    }
}
