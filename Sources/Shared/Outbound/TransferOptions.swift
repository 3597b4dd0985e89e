internal import CCurl
internal import HTTPTypes
internal import Loop

/// Turns a request into the options of an easy handle.
struct TransferOptions {
    let easy: UnsafeMutableRawPointer
    let configuration: HTTPClient.Configuration

    /// Only where the request can be made anew with no body to think of.
    static func followsRedirects(_ request: ClientRequest) -> Bool {
        request.followRedirects > 0 && [.get, .head].contains(request.method) && request.destination == .anywhere
    }

    /// Whether the request may be sent twice (RFC 9110, section 9.2.2) and can be.
    static func isRepeatable(_ request: ClientRequest) -> Bool {
        if case .stream = request.body { return false }
        return [.get, .head, .put, .delete, .options, .trace].contains(request.method)
    }

    /// - Returns: the list of fields, which must live as long as the transfer.
    func set(
        _ request: ClientRequest, url: String
    ) throws(TransportError) -> UnsafeMutablePointer<curl_slist>? {
        try set(CURLOPT_URL, url)
        try set(CURLOPT_USERAGENT, configuration.userAgent)
        try set(CURLOPT_PROXY, "")  // else libcurl takes the environment's
        let authorities = configuration.trustedAuthorities
        if !authorities.isEmpty { try set(CURLOPT_CAINFO, authorities) }
        try check(ccurl_allow_http_only(easy), "CURLOPT_PROTOCOLS")
        try check(ccurl_leave_resolver_behind(easy), "CURLOPT_QUICK_EXIT")
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        try set(CURLOPT_TCP_NODELAY, 1)
        try set(CURLOPT_TCP_KEEPALIVE, 1)
        try set(CURLOPT_BUFFERSIZE, 65_536)
        try set(CURLOPT_CONNECTTIMEOUT_MS, Int(clamping: max(1, request.timeouts.connect.milliseconds)))
        if Self.followsRedirects(request) {
            try set(CURLOPT_FOLLOWLOCATION, 1)
            try set(CURLOPT_MAXREDIRS, request.followRedirects)
        }
        try setMethodAndBody(request)
        return try setFields(request)
    }

    private func setMethodAndBody(_ request: ClientRequest) throws(TransportError) {
        let length: Int?
        switch request.body {
        case .none where ![.post, .put, .patch].contains(request.method):
            switch request.method {
            case .get: break
            case .head: try set(CURLOPT_NOBODY, 1)
            default: try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
            }
            return
        case .none:
            length = 0
            // libcurl would repeat it on its own, having no body to rewind: a fresh connection is never taken for stale.
            if !Self.isRepeatable(request) { try set(CURLOPT_FRESH_CONNECT, 1) }
        case .bytes(let bytes):
            length = bytes.count
            if bytes.isEmpty, !Self.isRepeatable(request) { try set(CURLOPT_FRESH_CONNECT, 1) }
        case .stream(let known, _):
            guard known ?? 0 >= 0 else { throw TransportError(.other, "a body cannot be shorter than nothing") }
            length = known
            if known == 0, !Self.isRepeatable(request) { try set(CURLOPT_FRESH_CONNECT, 1) }
        }
        try set(CURLOPT_UPLOAD, 1)
        try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        let size = curl_off_t(length ?? -1)
        try check(ccurl_set_offset(easy, CURLOPT_INFILESIZE_LARGE, size), "CURLOPT_INFILESIZE_LARGE")
    }

    private func setFields(_ request: ClientRequest) throws(TransportError) -> UnsafeMutablePointer<curl_slist>? {
        // Without "Expect:" libcurl asks for leave (100-continue) and waits a second where nobody answers that.
        var list = curl_slist_append(nil, "Expect:")
        for field in request.headers where ![.contentLength, .transferEncoding, .expect].contains(field.name) {
            guard !field.value.utf8.contains(where: { $0 == 0 || $0 == 0x0A || $0 == 0x0D }) else {
                curl_slist_free_all(list)
                throw TransportError(.other, "the field \(field.name) holds a line end")
            }
            // libcurl's way to send a field with no value; "Name:" would remove the field.
            let isBlank = field.value.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 }
            list = curl_slist_append(list, isBlank ? "\(field.name);" : "\(field.name): \(field.value)")
        }
        let code = ccurl_set_headers(easy, list)
        guard code == CURLE_OK else {
            curl_slist_free_all(list)
            throw TransportError(.other, "curl_easy_setopt CURLOPT_HTTPHEADER: \(code.rawValue)")
        }
        return list
    }

    private func set(_ option: CURLoption, _ value: Int) throws(TransportError) {
        try check(ccurl_set_long(easy, option, value), "option \(option.rawValue)")
    }

    private func set(_ option: CURLoption, _ value: String) throws(TransportError) {
        try check(ccurl_set_string(easy, option, value), "option \(option.rawValue)")
    }

    private func check(_ code: CURLcode, _ option: String) throws(TransportError) {
        guard code == CURLE_OK else {
            throw TransportError(.other, "curl_easy_setopt \(option): \(String(cString: curl_easy_strerror(code)))")
        }
    }
}
