import Images

/// What is written into a generated picture, so that nobody takes it for a real one.
struct Caption: Sendable, Equatable {
    var prompt: String
    var seed: UInt64?

    /// The picture with "SANDBOX", the file prefix, the prompt and the seed at its foot. What does not fit is cut off.
    func drawn(on raster: Raster, prefix: String) throws -> Raster {
        var canvas = try Canvas(raster)
        let scale = max(1, raster.width / 320)
        let line = (BitmapFont.height + 2) * scale
        let room = max(1, (raster.width - 2 * scale) / ((BitmapFont.width + 1) * scale))
        let lines = lines(prefix: prefix, columns: room).prefix(max(1, raster.height / line))
        let top = raster.height - lines.count * line - scale
        canvas.rectangle(x: 0, y: top, width: raster.width, height: raster.height - top, .black, strength: 150)
        for (place, text) in lines.enumerated() {
            canvas.text(text, x: scale, y: top + scale + place * line, scale: scale, .white)
        }
        return try canvas.raster()
    }

    /// At most two lines of the prompt.
    func lines(prefix: String, columns: Int) -> [String] {
        let words = prompt.map { $0.isNewline ? " " : $0 }
        let prompt = stride(from: 0, to: min(words.count, columns * 2), by: columns).map { start in
            String(words[start..<min(words.count, start + columns)])
        }
        let seedLine = seed.map { ["SEED \($0)"] } ?? []
        return (["SANDBOX", prefix] + prompt + seedLine).filter { !$0.isEmpty }.map { String($0.prefix(columns)) }
    }
}

/// A picture between nodes.
struct Picture: Sendable {
    var raster: Raster
    /// Set on what the sandbox has made up; drawn when the picture is saved.
    var caption: Caption?

    /// The same caption on other pixels.
    func with(_ raster: Raster) -> Picture { Picture(raster: raster, caption: caption) }
}
