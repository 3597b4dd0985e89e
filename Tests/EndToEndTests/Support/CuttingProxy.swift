import Loop

/// Stands between a client and a server, and cuts their connections when told to; new ones are let through.
@LoopActor
final class CuttingProxy {
    private let listener: TCPListener
    private let host: String
    private let port: Int
    private var open: [TCPConnection] = []
    private var work: [Task<Void, Never>] = []

    init(to host: String, port: Int) throws {
        (self.host, self.port) = (host, port)
        listener = try TCPListener(host: "127.0.0.1", port: 0)
        work.append(Task { await self.accept() })
    }

    var url: String { "http://127.0.0.1:\(listener.port)" }

    func cut() {
        for connection in open { connection.close() }
        open = []
    }

    func close() {
        listener.close()
        cut()
        for task in work { task.cancel() }
    }

    private func accept() async {
        for await client in listener.connections { work.append(Task { await self.join(client) }) }
    }

    private func join(_ client: TCPConnection) async {
        guard let server = try? await TCPConnection.connect(host: host, port: port, timeout: .seconds(5)) else {
            return client.close()
        }
        open += [client, server]
        work.append(Task { await Self.pump(client, server) })
        await Self.pump(server, client)
    }

    private static func pump(_ source: TCPConnection, _ sink: TCPConnection) async {
        while let bytes = try? await source.read(), (try? await sink.write(bytes)) != nil {}
        source.close()
        sink.close()
    }
}
