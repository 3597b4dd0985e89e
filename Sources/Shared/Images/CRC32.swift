/// The checksum of PNG chunks (PNG specification, annex D; the same as in zlib).
enum CRC32 {
    static func checksum(_ bytes: some Collection<UInt8>) -> UInt32 {
        bytes.withContiguousStorageIfAvailable { checksum(UnsafeRawBufferPointer($0)) }
            ?? Array(bytes).withUnsafeBytes { checksum($0) }
    }

    /// Eight bytes at a time, each by a table of its own: all of a file is checked, and byte by byte that is slow.
    private static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        tables.withUnsafeBufferPointer { tables in
            var crc = UInt32.max
            var at = 0
            while at + 8 <= bytes.count {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)) ^ UInt64(crc)
                let low = tables[1792 + Int(word & 255)] ^ tables[1536 + Int(word >> 8 & 255)]
                let middle = tables[1280 + Int(word >> 16 & 255)] ^ tables[1024 + Int(word >> 24 & 255)]
                let high = tables[768 + Int(word >> 32 & 255)] ^ tables[512 + Int(word >> 40 & 255)]
                crc = low ^ middle ^ high ^ tables[256 + Int(word >> 48 & 255)] ^ tables[Int(word >> 56)]
                at += 8
            }
            for byte in bytes[at...] { crc = tables[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ crc >> 8 }
            return ~crc
        }
    }

    /// The sums of each byte, then of each byte with one zero behind it, with two, up to seven.
    private static let tables: [UInt32] = {
        var tables: [UInt32] = (0..<256).map { (number: UInt32) -> UInt32 in
            (0..<8).reduce(number) { crc, _ in crc & 1 == 1 ? 0xEDB8_8320 ^ crc >> 1 : crc >> 1 }
        }
        for place in 256..<2048 { tables.append(tables[Int(tables[place - 256] & 255)] ^ tables[place - 256] >> 8) }
        return tables
    }()
}
