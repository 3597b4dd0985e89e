import Crypto
import Foundation
import Images
import JSONText
import Loop
import Wire

@testable import BackendAPI

/// Pictures, tasks and catalogues that the tests make for themselves.
enum Samples {
    static func raster(width: Int = 24, height: Int = 16, seed: Int = 0) throws -> Raster {
        var pixels: [UInt8] = []
        for place in 0..<(width * height) {
            let colour: [Int] = [place % width * 9, place / width * 11, place + seed * 37]
            pixels += colour.map { UInt8(truncatingIfNeeded: $0) }
        }
        return try Raster(width: width, height: height, channels: 3, pixels: pixels)
    }

    static func png(width: Int = 24, height: Int = 16, seed: Int = 0) throws -> [UInt8] {
        try raster(width: width, height: height, seed: seed).encode(as: .png)
    }

    /// A PNG of noise, which compresses badly: a long string in a request.
    static func noise(width: Int, height: Int) throws -> [UInt8] {
        var state: UInt64 = 88_172_645_463_325_252
        let pixels = (0..<(width * height * 3)).map { _ -> UInt8 in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state)
        }
        return try Raster(width: width, height: height, channels: 3, pixels: pixels).encode(as: .png)
    }

    /// A name that no machine can have, since its first part is too long (RFC 1035, section 2.3.4): no name server is asked.
    static let nowhere = String(repeating: "a", count: 64) + ".invalid"

    static func task(_ number: Int = 0, priority: TaskPriority = .normal, version: String = "v1") -> GenerationTask {
        var task = GenerationTask(
            id: UUID4.make(), number: number, workflow: "paint", version: version, params: ["seed": 1],
            options: .init(), createdAt: 1_700_000_000_123)
        task.priority = priority
        return task
    }

    /// One workflow that needs a prompt, one that needs a picture, one that cannot run.
    static func catalogue(paint version: String = "v1", steps maximum: Int = 50) -> JSON {
        let seed: JSON = ["type": "integer", "minimum": 0, "maximum": .unsigned(.max)]
        let paint: JSON = [
            "type": "object", "required": ["prompt"], "additionalProperties": false,
            "properties": [
                "prompt": ["type": "string", "minLength": 1], "negative_prompt": ["type": "string", "default": "bad"],
                "steps": [
                    "type": "integer", "minimum": 1, "maximum": JSON(maximum), "default": JSON(min(20, maximum)),
                ], "seed": seed,
            ],
        ]
        let invert: JSON = [
            "type": "object", "required": ["image"], "additionalProperties": false,
            "properties": ["image": ["type": "string", "format": "image"]],
        ]
        let portray: JSON = [
            "type": "object", "required": ["image", "prompt"], "additionalProperties": false,
            "properties": ["image": ["type": "string", "format": "image"], "prompt": ["type": "string"]],
        ]
        return [
            "workflows": [
                workflow("paint", version, paint), workflow("free_generation", "f1", paint),
                workflow("invert", "i1", invert), workflow("portray", "p1", portray),
                workflow("broken", "b1", paint, reasons: ["The model flux.safetensors is missing."]),
            ],
            "styles": [
                [
                    "name": "film", "title": "Film", "prompt_prefix": "film still, ", "prompt_suffix": "",
                    "negative": "blur",
                ]
            ],
            "capacity": 3,
        ]
    }

    static func workflow(_ name: String, _ version: String, _ parameters: JSON, reasons: [String] = []) -> JSON {
        [
            "name": .string(name), "title": .string(name), "version": .string(version), "ready": .bool(reasons.isEmpty),
            "reasons": .array(reasons.map(JSON.string)), "parameters": parameters,
        ]
    }
}

/// A folder of its own for a test, gone with its owner.
final class TemporaryFolder: Sendable {
    let path = NSTemporaryDirectory() + "easel-backend-\(UUID().uuidString)"

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Everything below it that is a file, by relative path.
    func files(in folder: String = "") -> [String] {
        let base = folder.isEmpty ? path : "\(path)/\(folder)"
        return (FileManager.default.subpaths(atPath: base) ?? []).filter {
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(base)/\($0)", isDirectory: &isFolder)
                && !isFolder.boolValue
        }
    }
}

extension TaskBook {
    /// Takes the next queued task, and claims it.
    func claim(where accept: (TaskQueue.Kind) -> Bool) -> LiveTask? {
        guard let entry = take(where: accept) else { return nil }
        begin(entry)
        return entry
    }
}

/// Lets everything that is due on the loop happen until `condition` holds.
@LoopActor
func until(_ condition: @LoopActor () async throws -> Bool) async throws {
    while try await !condition() { try await sleep(for: .milliseconds(5)) }
}
