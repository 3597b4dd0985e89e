internal import CLibuv
internal import Glibc

/// An address and port that a socket can be bound or connected to.
struct SocketAddress {
    private var storage: sockaddr_storage

    init(_ address: UnsafePointer<sockaddr>, length: Int) {
        storage = sockaddr_storage()
        withUnsafeMutableBytes(of: &storage) { target in
            target.copyMemory(from: UnsafeRawBufferPointer(start: address, count: min(length, target.count)))
        }
    }

    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>) -> Result) -> Result {
        withUnsafePointer(to: storage) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1, body) }
    }

    /// The address without the port: "127.0.0.1", "::1".
    var host: String {
        withPointer { address in
            var text = [CChar](repeating: 0, count: 64)
            guard uv_ip_name(address, &text, text.count) == 0 else { return "?" }
            return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
    }

    var port: Int {
        withPointer { address in
            UnsafeRawPointer(address).loadUnaligned(fromByteOffset: 2, as: UInt16.self).bigEndian
        }.toInt
    }

    /// Every address that `host` has, in the resolver's order (RFC 6724). Blocks: a name may ask a DNS server.
    static func resolve(host: String, port: Int, forListening: Bool = false) throws(LibuvError) -> [SocketAddress] {
        // glibc would take the last sixteen bits of any other number.
        guard (0...65_535).contains(port) else { throw LibuvError(code: UV_EINVAL.rawValue, call: "port \(port)") }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV | (forListening ? AI_PASSIVE : 0)
        let bare = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(bare, String(port), &hints, &list)
        guard status == 0 else { throw LibuvError(code: libuvCode(ofResolver: status), call: "getaddrinfo \(host)") }
        defer { freeaddrinfo(list) }
        var found: [SocketAddress] = []
        var next = list
        while let entry = next?.pointee {
            if let address = entry.ai_addr { found.append(SocketAddress(address, length: Int(entry.ai_addrlen))) }
            next = entry.ai_next
        }
        return found
    }

    private static func libuvCode(ofResolver status: Int32) -> Int32 {
        switch status {
        case EAI_AGAIN: UV_EAI_AGAIN.rawValue
        case EAI_MEMORY: UV_EAI_MEMORY.rawValue
        default: UV_EAI_NONAME.rawValue
        }
    }
}

extension UInt16 {
    fileprivate var toInt: Int { Int(self) }
}
