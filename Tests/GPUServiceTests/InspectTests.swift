import Crypto
import Faces
import Foundation
import HTTP
import Images
import JSONText
import Loop
import TestSupport
import Testing

@testable import GPUService

/// `POST /inspect` over a real socket.
@Suite struct InspectTests {
    private let portrait: [UInt8]
    private let cat: [UInt8]

    init() throws {
        startLoop()
        portrait = try Self.picture("astronaut")
        cat = try Self.picture("chelsea")
    }

    private static func picture(_ name: String) throws -> [UInt8] {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return [UInt8](try Data(contentsOf: tests.appending(path: "FacesTests/Pictures/\(name).jpg")))
    }

    /// Runs `body` against the routes alone, with a folder of inputs that is gone afterwards.
    @LoopActor
    private func withRoutes(
        _ thresholds: FaceThresholds = .standard,
        _ body:
            @LoopActor (_ send: @escaping @LoopActor (String, [UInt8]) async throws -> RawAnswer) async throws -> Void
    ) async throws {
        let inputs = try InputStore(folder: "\(NSTemporaryDirectory())/easel-inspect-\(UUID4.make())")
        defer { inputs.removeAll() }
        let desk = InspectionDesk(thresholds: thresholds)
        try await withServer {
            InspectRoutes(inputs: inputs, desk: desk).add(to: $0)
            InputRoutes(inputs: inputs).add(to: $0)
        } _: { server in
            let port = server.port
            try await body { head, bytes in
                let peer = try await RawPeer.connect(port: port)
                defer { peer.close() }
                try await peer.send("\(head)\r\nHost: x\r\nContent-Length: \(bytes.count)\r\n\r\n")
                try await peer.send(bytes)
                return try #require(try await peer.answer())
            }
        }
    }

    private static let post = "POST /inspect HTTP/1.1\r\nContent-Type: image/jpeg"
    private static let postJSON = "POST /inspect HTTP/1.1\r\nContent-Type: application/json; charset=utf-8"

    @Test func `a portrait is fine, and its face is told`() async throws {
        try await withRoutes { send in
            let answer = try await send(Self.post, portrait)
            #expect(answer.status == 200)
            let told = try JSON(parsing: answer.body)
            #expect(told["width"]?.int == 512 && told["height"]?.int == 512)
            #expect(told["ok"]?.bool == true && told["code"]?.isNull == true && told["reasons"]?.array?.isEmpty == true)
            let face = try #require(told["faces"]?[0])
            #expect(told["faces"]?.array?.count == 1)
            #expect((150...210).contains(face["x"]?.int ?? 0) && (60...110).contains(face["y"]?.int ?? 0))
            #expect(face["size"]?.int == min(face["width"]?.int ?? 0, face["height"]?.int ?? 0))
            for name in ["score", "share", "brightness", "sharpness"] { #expect((face[name]?.double ?? 0) > 0) }
            #expect(face["reasons"]?.array?.isEmpty == true)
        }
    }

    @Test func `a picture without a face is 1001, whatever else`() async throws {
        try await withRoutes(FaceThresholds(minimumSize: 10_000)) { send in
            let told = try JSON(parsing: try await send(Self.post, cat).body)
            #expect(told["ok"]?.bool == false && told["code"]?.int == 1001)
            #expect(told["reasons"] == ["no_face"] && told["faces"]?.array?.isEmpty == true)
        }
    }

    @Test func `a face that does not reach the settings is 1002 with the reasons`() async throws {
        let thresholds = FaceThresholds(minimumSize: 300, minimumBrightness: 200, maximumBrightness: 255)
        try await withRoutes(thresholds) { send in
            let told = try JSON(parsing: try await send(Self.post, portrait).body)
            #expect(told["code"]?.int == 1002 && told["reasons"] == ["too_small", "too_dark"])
            #expect(told["faces"]?[0]?["reasons"] == ["too_small", "too_dark"])
        }
    }

    @Test func `a picture that was put before is named by its hash`() async throws {
        let hash = SHA256.hash(portrait).hex
        let reference = JSON.object(["input": .string(hash)]).serialized()
        try await withRoutes { send in
            let missing = try await send(Self.postJSON, reference)
            #expect(missing.status == 409)
            #expect(try JSON(parsing: missing.body)["missing_inputs"] == [.string(hash)])
            #expect(try await send("PUT /inputs/\(hash) HTTP/1.1", portrait).status == 204)
            let answer = try await send(Self.postJSON, reference)
            #expect(answer.status == 200)
            #expect(try JSON(parsing: answer.body)["ok"]?.bool == true)
        }
    }

    @Test func `a picture that was inspected needs not be put again`() async throws {
        let reference = JSON.object(["input": .string(SHA256.hash(portrait).hex)]).serialized()
        try await withRoutes { send in
            let first = try await send(Self.post, portrait)
            let second = try await send(Self.postJSON, reference)
            #expect(second.status == 200 && second.body == first.body)
        }
    }

    @Test func `what is no picture is 422, and what is no reference too`() async throws {
        try await withRoutes { send in
            for bytes in [[], Array("nothing to see".utf8), Array(portrait.prefix(9000))] {
                let answer = try await send(Self.post, bytes)
                #expect(answer.status == 422)
                #expect(answer.header("Content-Type") == "application/problem+json")
            }
            for text in ["", "[", "[]", "{}", #"{"input":5}"#, #"{"input":"ABC"}"#] {
                let answer = try await send(Self.postJSON, Array(text.utf8))
                #expect(answer.status == 422, "\(text)")
                #expect(try JSON(parsing: answer.body)["detail"]?.array?.isEmpty == false, "\(text)")
            }
        }
    }

    @Test func `a body over the limit is 413`() async throws {
        try await withRoutes { send in
            let long = try await send(Self.postJSON, [UInt8](repeating: 32, count: 5000))
            #expect(long.status == 413)
        }
        let text = try await exchange("\(Self.post)\r\nHost: x\r\nContent-Length: \(65 << 20)\r\n\r\n") { router in
            let inputs = try? InputStore(folder: "\(NSTemporaryDirectory())/easel-inspect-\(UUID4.make())")
            guard let inputs else { return }
            InspectRoutes(inputs: inputs, desk: InspectionDesk(thresholds: .standard)).add(to: router)
            inputs.removeAll()
        }
        #expect(text.hasPrefix("HTTP/1.1 413 "))
    }

    @Test func `many at once are all answered, and more than that are told to wait`() async throws {
        let pictures = try (0..<InspectionDesk.capacity + 8).map { try variant(of: cat, $0) }
        let answers = try await withAnswers(pictures)
        #expect(answers.filter { $0.status == 200 }.count >= InspectionDesk.capacity)
        for answer in answers where answer.status != 200 {
            #expect(answer.status == 503 && answer.header("Retry-After") == "2")
        }
    }

    @Test func `the same picture from many is inspected once`() async throws {
        let answers = try await withAnswers(Array(repeating: portrait, count: 3 * InspectionDesk.capacity))
        #expect(answers.allSatisfy { $0.status == 200 && $0.body == answers[0].body })
    }

    @LoopActor
    private func withAnswers(_ pictures: [[UInt8]]) async throws -> [RawAnswer] {
        var answers: [RawAnswer] = []
        try await withRoutes { send in
            let tasks = pictures.map { picture in
                Task(executorPreference: EventLoop.shared) { try await send(Self.post, picture) }
            }
            for task in tasks { answers.append(try await task.value) }
        }
        return answers
    }

    /// A small picture that no other has the hash of: a comment tells them apart (JPEG, marker FFFE).
    private func variant(of jpeg: [UInt8], _ number: Int) throws -> [UInt8] {
        let small = try ImageEditor.thumbnail(.bytes(jpeg), maximumSide: 64, as: .jpeg(quality: 80))
        return small[..<2] + [0xFF, 0xFE, 0, 4, UInt8(number / 100), UInt8(number % 100)] + small[2...]
    }
}

@Suite struct InspectionMemoryTests {
    private let start = ContinuousClock.now

    private func inspection(_ width: Int) -> Inspection {
        Inspection(found: FoundFaces(width: width, height: 1, faces: []), thresholds: .standard)
    }

    @Test func `an inspection is remembered for an hour, and asking does not prolong it`() {
        var memory = InspectionMemory()
        memory.remember(inspection(1), of: "a", now: start)
        #expect(memory.recall("a", now: start + .seconds(3599)) == inspection(1))
        #expect(memory.recall("a", now: start + .seconds(3600)) == nil)
        #expect(memory.recall("b", now: start) == nil)
    }

    @Test func `the oldest goes first, and a new inspection makes a picture young`() {
        var memory = InspectionMemory(capacity: 2)
        memory.remember(inspection(1), of: "a", now: start)
        memory.remember(inspection(2), of: "b", now: start)
        memory.remember(inspection(3), of: "a", now: start + .seconds(1))
        memory.remember(inspection(4), of: "c", now: start + .seconds(2))
        #expect(memory.count == 2)
        #expect(memory.recall("b", now: start + .seconds(2)) == nil)
        #expect(memory.recall("a", now: start + .seconds(3600)) == inspection(3))
    }

    @Test func `what is over takes no room`() {
        var memory = InspectionMemory()
        for number in 0..<10 { memory.remember(inspection(number), of: "\(number)", now: start) }
        memory.remember(inspection(11), of: "new", now: start + .seconds(3600))
        #expect(memory.count == 1)
    }
}
