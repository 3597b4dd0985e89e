extension JSON {
    /// Reads a whole text: UTF-8 with no byte order mark and nothing but blanks around one value.
    public init(parsing bytes: [UInt8], limits: JSONLimits = .default) throws(JSONError) {
        self = try bytes.withUnsafeBytes { buffer -> Result<JSON, JSONError> in
            Result { () throws(JSONError) in try JSON(parsing: buffer, limits: limits) }
        }.get()
    }

    /// Reads a whole text from memory that the caller holds.
    public init(parsing bytes: UnsafeRawBufferPointer, limits: JSONLimits = .default) throws(JSONError) {
        var engine = JSONEngine(limits: limits, spillThreshold: .max)
        var index = 0
        // With no threshold there is nothing to hand out: the only step is the end of the input.
        _ = try engine.run(bytes, &index)
        self = try engine.finish()
    }

    /// Reads a whole text.
    public init(parsing text: String, limits: JSONLimits = .default) throws(JSONError) {
        try self.init(parsing: Array(text.utf8), limits: limits)
    }
}
