internal import CCurl
internal import Glibc
internal import Loop

/// Lets a transfer connect to public addresses alone. libcurl asks before it opens a socket to an address, and again
/// before it sends a request over a connection, which may be one that it had kept.
///
/// Must live as long as the transfer is under way.
@LoopActor
final class AddressGuard {
    private(set) var refused: NetworkAddress?

    /// - Returns: nil where any address will do.
    /// - Throws: what the rules for the request's destination have against its URL.
    static func needed(for request: ClientRequest, _ url: RequestURL) throws(TransportError) -> AddressGuard? {
        guard case .outside(let rules) = request.destination else { return nil }
        try rules.check(request.url)
        return rules.judgesAddresses(of: url) ? AddressGuard() : nil
    }

    /// - Throws: `.other` when libcurl refuses an option.
    func install(on easy: UnsafeMutableRawPointer) throws(TransportError) {
        let this = Unmanaged.passUnretained(self).toOpaque()
        let code = ccurl_set_address_callbacks(easy, this, onOpenSocket, onRequest)
        guard code == CURLE_OK else { throw TransportError(.other, "curl_easy_setopt: \(code.rawValue)") }
    }

    fileprivate func allows(_ address: NetworkAddress?) -> Bool {
        guard let address else { return false }
        if address.isPublic { return true }
        refused = address
        return false
    }

    /// What became of the transfer, where the guard had a hand in it. Whoever gave the URL is told the same as of a name
    /// that does not exist: else our own name server could be asked through us what is in our network.
    func error(_ code: CURLcode, peer: String) -> TransportError? {
        guard let refused, code == CURLE_COULDNT_CONNECT || code == CURLE_ABORTED_BY_CALLBACK else { return nil }
        return TransportError(
            .notPublic, CurlFailure.noAddress(peer),
            detail: "it was not asked: its address \(refused) is not one of the public internet")
    }
}

private func allows(_ address: NetworkAddress?, _ owner: UnsafeMutableRawPointer?) -> Bool {
    guard let owner else { return false }
    let guardian = Unmanaged<AddressGuard>.fromOpaque(owner).takeUnretainedValue()
    return LoopActor.assumeIsolated { guardian.allows(address) }
}

/// <https://curl.se/libcurl/c/CURLOPT_OPENSOCKETFUNCTION.html>
private func onOpenSocket(
    owner: UnsafeMutableRawPointer?, _: curlsocktype, target: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
    guard let target, allows(networkAddress(target), owner) else { return CURL_SOCKET_BAD }
    let type = target.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue)
    return socket(target.pointee.family, type, target.pointee.protocol)
}

/// <https://curl.se/libcurl/c/CURLOPT_PREREQFUNCTION.html>
private func onRequest(
    owner: UnsafeMutableRawPointer?, remote: UnsafeMutablePointer<CChar>?, _: UnsafeMutablePointer<CChar>?, _: Int32,
    _: Int32
) -> Int32 {
    let address = remote.flatMap { NetworkAddress(String(cString: $0)) }
    return allows(address, owner) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
}

private func networkAddress(_ target: UnsafeMutablePointer<curl_sockaddr>) -> NetworkAddress? {
    let bytes = UnsafeRawPointer(target).advanced(by: MemoryLayout<curl_sockaddr>.offset(of: \.addr) ?? 0)
    let length = Int(target.pointee.addrlen)
    switch target.pointee.family {
    case AF_INET where length >= MemoryLayout<sockaddr_in>.size:
        let address = bytes.loadUnaligned(as: sockaddr_in.self).sin_addr
        return NetworkAddress(bytes: withUnsafeBytes(of: address) { Array($0) })
    case AF_INET6 where length >= MemoryLayout<sockaddr_in6>.size:
        let address = bytes.loadUnaligned(as: sockaddr_in6.self).sin6_addr
        return NetworkAddress(bytes: withUnsafeBytes(of: address) { Array($0) })
    default: return nil
    }
}
