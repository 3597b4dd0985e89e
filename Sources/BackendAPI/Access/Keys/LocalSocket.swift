import Glibc

/// A Unix socket in a folder: for programs of the same user on the same machine.
enum LocalSocket {
    /// One line, and the time that a peer may take for it.
    static let longestLine = 65_536
    static let longestAnswer = 16 << 20

    struct Failure: Error, CustomStringConvertible {
        let call: String
        let code: Int32
        var description: String { "\(call): \(String(cString: strerror(code)))" }
        /// Whether nobody listens there.
        var isAbsence: Bool { [ENOENT, ECONNREFUSED, ENOTDIR].contains(code) }
    }

    private static func check(_ result: Int32, _ call: String) throws(Failure) -> Int32 {
        guard result >= 0 else { throw Failure(call: call, code: errno) }
        return result
    }

    /// Listens at `name` in `folder`, for this user alone. A socket that an earlier process has left is replaced.
    ///
    /// - Returns: a descriptor that does not block.
    static func listen(in folder: String, name: String) throws(Failure) -> Int32 {
        unlink("\(folder)/\(name)")
        let descriptor = try make()
        do {
            _ = try withAddress(folder, name) { bind(descriptor, $0, $1) }
            // Before `listen`: until then nobody can connect.
            _ = try check(chmod("\(folder)/\(name)", 0o600), "chmod")
            _ = try check(Glibc.listen(descriptor, 8), "listen")
            _ = try check(fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK), "fcntl")
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    /// The next peer; nil when none waits.
    static func accept(_ listener: Int32) -> Int32? {
        let peer = Glibc.accept(listener, nil, nil)
        guard peer >= 0 else { return nil }
        _ = fcntl(peer, F_SETFD, FD_CLOEXEC)
        return peer
    }

    static func connect(in folder: String, name: String) throws(Failure) -> Int32 {
        let descriptor = try make()
        do {
            _ = try withAddress(folder, name) { Glibc.connect(descriptor, $0, $1) }
        } catch {
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private static func make() throws(Failure) -> Int32 {
        try check(socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0), "socket")
    }

    /// The path that the kernel takes has 107 bytes at most, and a data folder's can be longer: its descriptor stands
    /// for it.
    private static func withAddress(
        _ folder: String, _ name: String, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws(Failure) -> Int32 {
        let place = try check(open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), folder)
        defer { close(place) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array("/proc/self/fd/\(place)/\(name)".utf8)
        guard path.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw Failure(call: name, code: ENAMETOOLONG)
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        let result = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                call($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return try check(result, "\(folder)/\(name)")
    }

    // MARK: Talking. These block.

    static func limit(_ descriptor: Int32, seconds: Int) {
        var time = timeval(tv_sec: seconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    /// All that comes until the peer has finished, or `end` has come.
    static func read(_ descriptor: Int32, atMost limit: Int, until end: UInt8? = nil) throws(Failure) -> [UInt8] {
        var all: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while all.count <= limit {
            let count = recv(descriptor, &piece, piece.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Failure(call: "recv", code: errno) }
            all += piece[..<count]
            if count == 0 || end.map(piece[..<count].contains) == true { return all }
        }
        throw Failure(call: "recv", code: EMSGSIZE)
    }

    static func write(_ bytes: [UInt8], to descriptor: Int32) throws(Failure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Failure(call: "send", code: errno) }
            rest = rest.dropFirst(count)
        }
    }
}
