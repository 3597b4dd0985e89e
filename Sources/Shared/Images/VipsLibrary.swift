internal import CVips

/// libvips as a whole: started once, at the first use.
enum VipsLibrary {
    /// Starts libvips unless it runs: loaders that are not meant for what strangers send are blocked, its cache of
    /// operations is off, and a pipeline has one thread (requests are what runs in parallel here).
    static func start() throws {
        guard started else { throw ImageError.failed("vips_init", startFailure) }
    }

    private static let started: Bool = easel_vips_start() == 0
    private static let startFailure = takeErrors()

    /// Whether this build of libvips has an operation.
    static func has(_ operation: String) -> Bool { started && easel_vips_has(operation) != 0 }

    /// Takes what libvips wrote into its error buffer. That buffer is one for all threads, so the text may speak of
    /// another picture: it is for the log only, and paths are cut out of it.
    static func takeErrors() -> String {
        // Copies and clears under libvips' own lock.
        guard let text = vips_error_buffer_copy() else { return "" }
        defer { g_free(text) }
        return withoutPaths(String(cString: text))
    }

    /// The text in one line, without any word that holds a slash, 300 characters at most.
    static func withoutPaths(_ text: String) -> String {
        let words = text.split(whereSeparator: \.isWhitespace).map { $0.contains("/") ? "…" : String($0) }
        return String(words.joined(separator: " ").prefix(300))
    }
}
