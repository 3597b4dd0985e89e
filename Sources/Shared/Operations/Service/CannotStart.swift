internal import Glibc
internal import Loop

/// Why a program could not start, as one sentence for whoever started it.
public struct CannotStart: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String

    public init(_ message: String) { description = message }
}

/// Binds an address, and says it in plain words where that fails.
///
/// - Parameters:
///   - portSetting: the variable that chooses the port.
///   - bind: makes the server.
/// - Throws: ``CannotStart`` for the faults of an address; else what `bind` throws.
@LoopActor
public func listening<Server>(
    on host: String, port: Int, portSetting: String, _ bind: @LoopActor () throws -> Server
) throws -> Server {
    do {
        return try bind()
    } catch let error as LibuvError {
        throw CannotStart(bindFailure(error, host: host, port: port, portSetting: portSetting))
    }
}

func bindFailure(_ error: LibuvError, host: String, port: Int, portSetting: String) -> String {
    switch -error.code {
    case EADDRINUSE:
        "port \(port) on \(host) is taken by another program; \(portSetting) chooses another port"
    case EACCES: "port \(port) may not be used by this user; \(portSetting) chooses another port"
    case EADDRNOTAVAIL: "\(host) is no address of this machine"
    default: "cannot listen on \(host), port \(port): \(error)"
    }
}
