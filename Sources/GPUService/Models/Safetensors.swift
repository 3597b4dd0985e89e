import JSONText

/// The begin of a safetensors file: eight octets of length, little-endian, and a JSON object of that length that says
/// which part of the rest each tensor is (<https://github.com/huggingface/safetensors#format>).
enum Safetensors {
    /// Headers of real models are below 2 MB.
    static let maxHeaderBytes = 32 << 20
    /// So much tells already whether a file can be one.
    static let firstBytes = 9

    /// - Parameter begin: at least the ``firstBytes``.
    /// - Returns: the header's length, or nil for what is no such file.
    static func headerLength(_ begin: [UInt8]) -> Int? {
        guard begin.count >= firstBytes, begin[8] == UInt8(ascii: "{") else { return nil }
        let length = begin[..<8].reversed().reduce(into: UInt64(0)) { $0 = $0 << 8 | UInt64($1) }
        return (2...UInt64(maxHeaderBytes)).contains(length) ? Int(length) : nil
    }

    /// Why a file is none; nil when it is one as far as its header says.
    ///
    /// - Parameters:
    ///   - header: the JSON.
    ///   - dataBytes: how much follows it.
    static func fault(inHeader header: [UInt8], dataBytes: Int) -> String? {
        guard let members = try? JSON(parsing: header).object else { return "its header is not JSON" }
        var end = 0
        for (name, entry) in members where name != "__metadata__" {
            guard entry["dtype"]?.string != nil, entry["shape"]?.array != nil,
                let offsets = entry["data_offsets"]?.array, offsets.count == 2, let from = offsets[0].int,
                let to = offsets[1].int, from >= 0, from <= to
            else { return "its header does not describe tensors" }
            end = max(end, to)
        }
        if end == 0 { return "there are no tensors in it" }
        return end == dataBytes ? nil : "its tensors are \(end) bytes by its header, and \(dataBytes) in truth"
    }
}
