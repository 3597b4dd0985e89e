internal import HTTP
internal import HTTPTypes
internal import Loop

/// Notes who is sent a token, and how often something is read.
struct HostWatch: Middleware {
    weak let core: EmulatorCore?

    func receive(_ request: inout Request) -> Response? {
        if request.headerFields[.authorization] != nil, let host = request.head.authority {
            core?.authorizedHosts.insert(host)
        }
        if request.method == .get { core?.reads += 1 }
        return nil
    }
}
