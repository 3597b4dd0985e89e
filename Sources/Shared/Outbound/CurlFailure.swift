internal import CCurl
internal import Glibc

/// Puts libcurl's outcome of a transfer into the words of ``TransportError``.
enum CurlFailure {
    /// - Parameters:
    ///   - easy: the transfer's handle, for the `errno` behind the failure.
    ///   - peer: host and port.
    ///   - connect: the limit for connecting, the only timeout that libcurl is given.
    static func error(
        _ code: CURLcode, of easy: UnsafeMutableRawPointer, peer: String, connect: Duration
    ) -> TransportError {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST:
            TransportError(.cannotConnect, noAddress(peer))
        case CURLE_COULDNT_CONNECT:
            TransportError(.cannotConnect, "cannot connect to \(peer): \(reason(of: easy) ?? words(code))")
        case CURLE_OPERATION_TIMEDOUT:
            TransportError(.cannotConnect, "cannot connect to \(peer) within \(connect.inWords)")
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM:
            TransportError(.cannotConnect, "cannot connect to \(peer): \(words(code))")
        case CURLE_PARTIAL_FILE:
            TransportError(.interrupted, "\(peer) closed the connection in the middle of its answer")
        case CURLE_GOT_NOTHING, CURLE_SEND_FAIL_REWIND:
            TransportError(.interrupted, "\(peer) closed the connection before it answered")
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR:
            TransportError(.interrupted, "the connection to \(peer) broke: \(reason(of: easy) ?? words(code))")
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY:
            TransportError(.other, "\(peer) answered with something that is not HTTP")
        case CURLE_TOO_MANY_REDIRECTS:
            TransportError(.other, "\(peer) redirected too often")
        default:
            TransportError(.other, "the exchange with \(peer) failed: \(words(code))")
        }
    }

    static func noAddress(_ peer: String) -> String { "cannot connect to \(peer): the name has no address" }

    private static func words(_ code: CURLcode) -> String { String(cString: curl_easy_strerror(code)) }

    private static func reason(of easy: UnsafeMutableRawPointer) -> String? {
        let number = ccurl_get_long(easy, CURLINFO_OS_ERRNO)
        return number == 0 ? nil : String(cString: strerror(Int32(truncatingIfNeeded: number)))
    }
}
