internal import CCurl

/// A URL that libcurl can ask, taken apart by libcurl's own parser (<https://curl.se/libcurl/c/libcurl-url.html>).
struct RequestURL: Sendable {
    let text: String
    /// Host and port as messages name them: "127.0.0.1:8188", "[::1]:8188".
    let peer: String
    /// "http" or "https".
    let scheme: String
    /// In lower case; an IPv6 address in brackets.
    let host: String
    let hasCredentials: Bool

    /// - Throws: `.badURL`, with a sentence that does not repeat the URL: it may hold secrets.
    init(_ text: String) throws(TransportError) {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw TransportError(.badURL, "the URL holds blanks or characters that are not ASCII, or nothing at all")
        }
        guard let parser = curl_url() else { throw TransportError(.other, "curl_url: out of memory") }
        defer { curl_url_cleanup(parser) }
        let code = curl_url_set(parser, CURLUPART_URL, text, 0)
        guard code == CURLUE_OK else {
            throw TransportError(.badURL, "the URL is not valid: \(String(cString: curl_url_strerror(code)))")
        }
        guard let scheme = Self.part(CURLUPART_SCHEME, of: parser), ["http", "https"].contains(scheme),
            let host = Self.part(CURLUPART_HOST, of: parser),
            let port = Self.part(CURLUPART_PORT, of: parser, flags: CURLU_DEFAULT_PORT)
        else { throw TransportError(.badURL, "the URL is not one of http or https with a host") }
        self.text = text
        peer = "\(host):\(port)"
        self.scheme = scheme
        self.host = host.lowercased()
        hasCredentials =
            Self.part(CURLUPART_USER, of: parser) != nil || Self.part(CURLUPART_PASSWORD, of: parser) != nil
    }

    /// A reference relative to a URL, as an absolute one.
    static func resolve(_ reference: String, against base: String) throws(TransportError) -> String {
        guard let parser = curl_url() else { throw TransportError(.other, "curl_url: out of memory") }
        defer { curl_url_cleanup(parser) }
        guard curl_url_set(parser, CURLUPART_URL, base, 0) == CURLUE_OK,
            curl_url_set(parser, CURLUPART_URL, reference, 0) == CURLUE_OK,
            let url = part(CURLUPART_URL, of: parser)
        else { throw TransportError(.badURL, "the URL redirects to what is no URL") }
        return url
    }

    private static func part(_ part: CURLUPart, of parser: OpaquePointer, flags: Int32 = 0) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(parser, part, &text, UInt32(bitPattern: flags)) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}
