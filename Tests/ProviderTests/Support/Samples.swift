import Foundation
import Images

/// Pictures that the tests make for themselves.
enum Samples {
    static func png(width: Int = 24, height: Int = 16) throws -> [UInt8] {
        try Raster.solid(width: width, height: height, colour: [200, 100, 50]).encode(as: .png)
    }
}

/// A folder of its own for a test, gone with its owner.
final class TemporaryFolder: Sendable {
    let path = NSTemporaryDirectory() + "easel-providers-\(UUID().uuidString)"

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The names of what is in it.
    func files() -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] }
}
