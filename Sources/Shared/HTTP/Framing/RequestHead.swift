internal import HTTPTypes

/// How the octets of a request's body are told from what follows (RFC 9112 §6).
enum BodyFraming: Equatable, Sendable {
    case none
    case length(Int)
    case chunked
}

extension RequestHead {
    /// Judges the fields that decide where the request ends and whom it is for.
    init(_ collected: CollectedHead, method: String, isHTTP10: Bool) throws(HTTPViolation) {
        guard let method = HTTPRequest.Method(method) else { throw HTTPViolation(501, "an unknown method") }
        var fields = HTTPFields()
        fields.reserveCapacity(collected.names.count)
        var hosts: [String] = []
        for (name, value) in zip(collected.names, collected.values) {
            // HTTPTypes keeps it as the request's authority.
            if name.utf8.count == 4, name.lowercased() == "host" {
                hosts.append(Self.trimmed(value))
                continue
            }
            guard let name = HTTPField.Name(name) else { throw HTTPViolation(400, "a header name that is no token") }
            fields.append(HTTPField(name: name, value: Self.trimmed(value)))
        }
        let host = try Self.host(hosts, isRequired: !isHTTP10)
        framing = try Self.framing(fields, isHTTP10: isHTTP10)
        let path = try Self.originForm(of: collected.target, method: method)
        request = HTTPRequest(method: method, scheme: nil, authority: host, path: path, headerFields: fields)
        self.isHTTP10 = isHTTP10
        rules = ConnectionRules(fields, framing: framing, isHTTP10: isHTTP10)
    }

    private static func trimmed(_ value: String) -> String {
        var octets = value.utf8[...]
        while let last = octets.last, last == Octet.space || last == Octet.tab { octets.removeLast() }
        return octets.count == value.utf8.count ? value : String(Substring(octets))
    }

    /// Exactly one Host, which is a host and perhaps a port (RFC 9112 §3.2).
    private static func host(_ hosts: [String], isRequired: Bool) throws(HTTPViolation) -> String? {
        guard hosts.count <= 1 else { throw HTTPViolation(400, "more than one Host") }
        guard let host = hosts.first else {
            if isRequired { throw HTTPViolation(400, "no Host") }
            return nil
        }
        let isPlain = host.utf8.allSatisfy(Octet.isHost)
        guard isPlain else { throw HTTPViolation(400, "a Host that is none") }
        return host
    }

    private static func framing(_ fields: HTTPFields, isHTTP10: Bool) throws(HTTPViolation) -> BodyFraming {
        let lengths = fields[values: .contentLength]
        let codings = fields[values: .transferEncoding]
        if let coding = codings.first {
            guard lengths.isEmpty else { throw HTTPViolation(400, "both Content-Length and Transfer-Encoding") }
            guard codings.count == 1, !isHTTP10 else { throw HTTPViolation(400, "an ambiguous Transfer-Encoding") }
            guard coding.lowercased() == "chunked" else { throw HTTPViolation(501, "a transfer coding but chunked") }
            return .chunked
        }
        guard let length = lengths.first else { return .none }
        guard lengths.count == 1, !length.isEmpty, length.utf8.count <= 18, length.utf8.allSatisfy(Octet.isDigit),
            let count = Int(length)
        else { throw HTTPViolation(400, "a Content-Length that is not one number") }
        return count == 0 ? .none : .length(count)
    }

    /// The path and query of a target in origin-form or absolute-form, or `*` (RFC 9112 §3.2).
    private static func originForm(of target: String, method: HTTPRequest.Method) throws(HTTPViolation) -> String {
        if target.hasPrefix("/") || (target == "*" && method == .options) { return target }
        for scheme in ["http://", "https://"] where target.lowercased().hasPrefix(scheme) {
            let rest = target.dropFirst(scheme.count)
            guard let end = rest.firstIndex(where: { $0 == "/" || $0 == "?" }) else { return "/" }
            return rest[end] == "/" ? String(rest[end...]) : "/" + rest[end...]
        }
        throw HTTPViolation(400, "a request target that is no path")
    }
}
