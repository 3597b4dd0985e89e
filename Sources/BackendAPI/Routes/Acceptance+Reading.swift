import Crypto
import HTTP
import HTTPTypes
import JSONText
import Loop
import Workflows

extension Acceptance {
    /// A body that was read: its JSON, its long strings, and its hash.
    struct Reading: Sendable {
        var json: JSON
        let sink: PictureSink
        /// Empty where nobody asked for it.
        let sha256: String
        /// Every value came as a text, whatever it means.
        var isForm = false
    }

    /// Reads the body as it streams.
    ///
    /// - Parameters:
    ///   - isRun: any member may be a picture.
    ///   - isHashed: whether the body's hash is asked for, which takes time where the processor knows no SHA.
    /// - Throws: ``Unprocessable`` for what is no JSON and no form; `HTTPProblem` 413, 507.
    func read(_ request: Request, isRun: Bool = false, isHashed: Bool = true) async throws -> Reading {
        do {
            let form = request.headerFields[.contentType].flatMap { MultipartDecoder(contentType: $0) }
            if let form { return try await read(form, request.body, isRun: isRun) }
            return try await scan(request.body, isRun: isRun, isHashed: isHashed)
        } catch let failure as FileStore.Failure where failure.isFull {
            throw HTTPProblem.insufficientStorage("The disk is full.")
        }
    }

    private func read(_ form: MultipartDecoder, _ body: RequestBody, isRun: Bool) async throws -> Reading {
        let sink = PictureSink(maxBytes: pictures.maxImageBytes, spool: pictures.spool, isRun: isRun)
        let reader = Lock(FormReader(form, sink: sink, isRun: isRun))
        while let bytes = try await body.next() {
            try await offLoop { try reader.withLock { try $0.feed(bytes) } }
        }
        return try reader.withLock {
            Reading(json: try $0.finish(), sink: $0.sink, sha256: $0.sha256, isForm: true)
        }
    }

    private func scan(_ body: RequestBody, isRun: Bool, isHashed: Bool) async throws -> Reading {
        let sink = PictureSink(maxBytes: pictures.maxImageBytes, spool: pictures.spool, isRun: isRun)
        // In a lock, so that it is changed in its place: a copy for each piece would copy all that was read before.
        let json = JSONScanner(sink: sink, spillThreshold: Self.longString)
        let scanner = Lock((hash: isHashed ? SHA256() : nil, json: json))
        // A body with no long string writes no file, and is read here.
        let isSmall = body.length.map { $0 <= Self.longString } ?? false
        do {
            while let bytes = try await body.next() {
                let feed: @Sendable () throws -> Void = {
                    try scanner.withLock {
                        $0.hash?.update(bytes)
                        try $0.json.feed(bytes)
                    }
                }
                if isSmall { try feed() } else { try await offLoop(feed) }
            }
            return try scanner.withLock {
                let json = try $0.json.finish()
                return Reading(json: json, sink: $0.json.sink, sha256: $0.hash?.finalize().hex ?? "")
            }
        } catch let error as JSONError {
            throw Unprocessable(faults: [.invalidJSON(error)])
        }
    }

    private static let longString = 16_384
}
