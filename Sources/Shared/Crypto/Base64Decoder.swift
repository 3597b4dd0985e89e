/// Reads Base64 (RFC 4648 §4) in pieces of any size; what a piece leaves over is carried into the next.
///
/// Only the standard alphabet is read. ASCII white space is skipped wherever it stands, as MIME does; the padding may
/// be missing; unused bits in the last character are ignored, as most decoders do. Anything else is refused with its
/// offset. Each byte is given out as soon as its bits are there, so ``finish()`` gives out none.
public struct Base64Decoder: Sendable {
    /// How many bytes of text have been read.
    public private(set) var offset = 0

    /// The bits that no byte has been made of yet, and how many characters of the current four have come.
    private var bits: UInt32 = 0
    private var characters = 0
    private var paddings = 0
    private var failure: Base64Error?

    public init() {}

    /// The most bytes that `count` characters can give.
    public static func maximumDecodedCount(_ count: Int) -> Int { count / 4 * 3 + 3 }

    /// Decodes the next piece and appends its bytes to `bytes`.
    /// - Throws: ``Base64Error``; the decoder stays failed and throws the same again.
    public mutating func update(
        _ text: some Collection<UInt8>, into bytes: inout [UInt8]
    ) throws(Base64Error) {
        let failure = withContiguousBytes(of: text) { text in append(text, to: &bytes) }
        if let failure { throw failure }
    }

    /// Decodes the next piece into memory that the caller holds, at least ``maximumDecodedCount(_:)`` bytes for the
    /// piece's length.
    /// - Returns: how many bytes were written, from the start of `bytes`.
    /// - Throws: ``Base64Error``; the decoder stays failed and throws the same again.
    public mutating func update(
        _ text: UnsafeRawBufferPointer, into bytes: UnsafeMutableRawBufferPointer
    ) throws(Base64Error) -> Int {
        precondition(bytes.count >= Self.maximumDecodedCount(text.count), "the buffer is too small for the piece")
        let written = decode(
            text.assumingMemoryBound(to: UInt8.self), into: bytes.assumingMemoryBound(to: UInt8.self))
        if let failure { throw failure }
        return written
    }

    /// Ends the text.
    /// - Throws: ``Base64Error`` where the text stops within a byte or after half of its padding.
    public mutating func finish() throws(Base64Error) {
        if let failure { throw failure }
        if characters == 1 { fail(at: offset, "the text ends in the middle of a byte") }
        if paddings == 1, characters == 2 { fail(at: offset, "the text ends in the middle of its padding") }
        if let failure { throw failure }
    }

    /// Through a little room on the stack, so that `bytes` grows as arrays do and many small pieces stay cheap.
    private mutating func append(_ text: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) -> Base64Error? {
        let pieceSize = 48 * 1024
        var start = 0
        repeat {
            let piece = UnsafeBufferPointer(rebasing: text[start..<min(start + pieceSize, text.count)])
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.maximumDecodedCount(piece.count)) { room in
                let written = decode(piece, into: room)
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: room[..<written]))
            }
            start += piece.count
        } while start < text.count && failure == nil
        return failure
    }

    /// Four characters at a time while nothing but the alphabet comes, one at a time otherwise.
    private mutating func decode(
        _ text: UnsafeBufferPointer<UInt8>, into bytes: UnsafeMutableBufferPointer<UInt8>
    ) -> Int {
        guard failure == nil else { return 0 }
        return Base64Tables.values.withUnsafeBufferPointer { values in
            var read = 0
            var written = 0
            while read < text.count, failure == nil {
                if characters == 0, paddings == 0 {
                    (read, written) = Self.decodeGroups(text, from: read, into: bytes, at: written, values)
                    guard read < text.count else { break }
                }
                take(values[Int(text[read])], at: offset + read, into: bytes, &written)
                read += 1
            }
            offset += read
            return written
        }
    }

    /// Decodes whole groups of four until one holds something else, or fewer than four are left.
    private static func decodeGroups(
        _ text: UnsafeBufferPointer<UInt8>, from start: Int, into bytes: UnsafeMutableBufferPointer<UInt8>,
        at position: Int, _ values: UnsafeBufferPointer<UInt8>
    ) -> (read: Int, written: Int) {
        var read = start
        var written = position
        while read &+ 4 <= text.count {
            let first = values[Int(text[read])]
            let second = values[Int(text[read &+ 1])]
            let third = values[Int(text[read &+ 2])]
            let fourth = values[Int(text[read &+ 3])]
            guard (first | second | third | fourth) & 0x80 == 0 else { break }
            bytes[written] = first << 2 | second >> 4
            bytes[written &+ 1] = second << 4 | third >> 2
            bytes[written &+ 2] = third << 6 | fourth
            read &+= 4
            written &+= 3
        }
        return (read, written)
    }

    /// One character, by its value in the table.
    private mutating func take(
        _ value: UInt8, at place: Int, into bytes: UnsafeMutableBufferPointer<UInt8>, _ written: inout Int
    ) {
        switch value {
        case 0..<64:
            guard paddings == 0 else { return fail(at: place, "more text follows the padding") }
            takeBits(value, into: bytes, &written)
        case Base64Tables.blank:
            return
        case Base64Tables.padding:
            guard characters >= 2, paddings < 4 - characters else { return fail(at: place, "padding out of place") }
            paddings += 1
        default:
            fail(at: place, "not a character of the standard alphabet")
        }
    }

    private mutating func takeBits(
        _ value: UInt8, into bytes: UnsafeMutableBufferPointer<UInt8>, _ written: inout Int
    ) {
        bits = bits << 6 | UInt32(value)
        characters = (characters + 1) % 4
        guard characters != 1 else { return }
        // After the second character 4 bits are left over, after the third 2, after the fourth none.
        let spare = characters == 0 ? 0 : (4 - characters) * 2
        bytes[written] = UInt8(truncatingIfNeeded: bits >> spare)
        written += 1
    }

    private mutating func fail(at place: Int, _ reason: String) {
        failure = Base64Error(offset: place, reason: reason)
    }
}
