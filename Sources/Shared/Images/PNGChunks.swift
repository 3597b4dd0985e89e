/// The chunks of a PNG file (PNG specification §5), found without decoding a pixel.
public struct PNGChunks: Sendable {
    /// One chunk.
    public struct Chunk: Sendable, Hashable {
        /// Four ASCII letters, as `IHDR`.
        public let type: String
        /// Where its content lies in the file.
        public let content: Range<Int>

        /// Length, type, content and checksum.
        var whole: Range<Int> { content.lowerBound - 8..<content.upperBound + 4 }
    }

    /// The chunks in their order, from `IHDR` to `IEND`. What follows `IEND` is not listed.
    public let chunks: [Chunk]
    private let file: [UInt8]

    /// Walks through the file. Checksums are looked at by ``isIntact``.
    /// - Throws: ``ImageError/Reason/damaged(_:)`` unless the file is a sequence of whole chunks from `IHDR` to
    ///   `IEND`, 100,000 at most.
    public init(_ file: [UInt8]) throws {
        guard file.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) else {
            throw ImageError.damaged(.png, "no PNG signature")
        }
        var chunks: [Chunk] = []
        var at = 8
        while chunks.last?.type != "IEND" {
            let chunk = try Self.chunk(in: file, at: at)
            guard chunks.count < 100_000 else { throw ImageError.damaged(.png, "too many chunks") }
            guard !chunks.isEmpty || (chunk.type == "IHDR" && chunk.content.count == 13) else {
                throw ImageError.damaged(.png, "the first chunk is not IHDR")
            }
            chunks.append(chunk)
            at = chunk.whole.upperBound
        }
        self.chunks = chunks
        self.file = file
    }

    /// Whether there are pixels, and every chunk has the checksum of its content.
    public var isIntact: Bool {
        chunks.contains { $0.type == "IDAT" }
            && file.withUnsafeBufferPointer { file in
                chunks.allSatisfy { chunk in
                    let end = chunk.content.upperBound
                    let sum = file[end..<end + 4].reduce(0) { $0 << 8 | UInt32($1) }
                    return sum == CRC32.checksum(file[chunk.content.lowerBound - 4..<end])
                }
            }
    }

    /// The texts, in the order of the file. A text chunk that makes no sense is left out.
    public var texts: [PNGText] {
        chunks.compactMap { PNGText(type: $0.type, content: file[$0.content]) }
    }

    /// The file without texts, EXIF and time, and without what follows its end; the same bytes when it has none.
    public func strippingText() -> [UInt8] { strippingMetadata(andFrames: false) }

    /// The file with the texts in front of its pixels.
    /// - Throws: ``ImageError/Reason/invalidRequest`` for a text that a PNG cannot hold.
    public func inserting(_ texts: [PNGText]) throws -> [UInt8] {
        let inserted = try texts.flatMap { try $0.chunk() }
        // The first chunk is IHDR: `init` saw to it.
        let headerEnd = chunks.first?.whole.upperBound ?? 8
        return file[..<headerEnd] + inserted + file[headerEnd...]
    }

    /// As ``strippingText()``, and with `andFrames` also without the frames of an animation, so that the still
    /// picture remains.
    func strippingMetadata(andFrames: Bool) -> [UInt8] {
        let dropped = Self.metadata.union(andFrames ? Self.animation : [])
        let kept = chunks.filter { !dropped.contains($0.type) }
        guard kept.count < chunks.count || chunks.last?.whole.upperBound != file.count else { return file }
        var stripped = Array(file[..<8])
        stripped.reserveCapacity(file.count)
        for chunk in kept { stripped += file[chunk.whole] }
        return stripped
    }

    private static let metadata: Set<String> = ["tEXt", "zTXt", "iTXt", "eXIf", "tIME"]
    private static let animation: Set<String> = ["acTL", "fcTL", "fdAT"]

    private static func chunk(in file: [UInt8], at start: Int) throws -> Chunk {
        guard start + 12 <= file.count else { throw ImageError.damaged(.png, "the file ends before IEND") }
        let length = file[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
        let type = file[start + 4..<start + 8]
        guard type.allSatisfy({ (0x41...0x5A).contains($0 & 0xDF) }) else {
            throw ImageError.damaged(.png, "a chunk's type is not four letters")
        }
        guard length <= file.count - start - 12 else {
            throw ImageError.damaged(.png, "a chunk reaches past the end of the file")
        }
        return Chunk(type: String(decoding: type, as: UTF8.self), content: start + 8..<start + 8 + length)
    }
}
