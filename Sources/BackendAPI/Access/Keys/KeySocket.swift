import Glibc
import JSONText
import Logging
import Loop

/// Takes `keys …` commands while the backend runs, since nobody else can open its database: a line of JSON each, over a
/// Unix socket in the data folder.
@LoopActor
final class KeySocket {
    nonisolated static let name = "keys.sock"

    private let folder: String
    private let ring: KeyRing
    private let logger: Logger
    private var listener: Int32 = -1
    private var watcher: SocketWatcher?

    /// Listens, unless the folder's file system knows no sockets: then keys can be made only while it does not run.
    init(folder: String, ring: KeyRing, logger: Logger) {
        self.folder = folder
        self.ring = ring
        self.logger = logger
        do {
            listener = try LocalSocket.listen(in: folder, name: Self.name)
            let watcher = try SocketWatcher(descriptor: listener) { [weak self] _, _, _ in self?.accept() }
            self.watcher = watcher
            listen()
        } catch {
            logger.warning(
                "Keys can be made and revoked only while the backend does not run",
                metadata: ["error": .string("\(error)")])
        }
    }

    func close() {
        watcher?.close()
        watcher = nil
        guard listener >= 0 else { return }
        Glibc.close(listener)
        listener = -1
        unlink("\(folder)/\(Self.name)")
    }

    private func listen() { watcher?.watch(readable: true, writable: false) }

    /// One after the other: a peer that says nothing takes one thread of the pool, and only for a while.
    private func accept() {
        guard listener >= 0, let peer = LocalSocket.accept(listener) else { return }
        watcher?.watch(readable: false, writable: false)
        loopTask {
            await self.talk(peer)
            self.listen()
        }
    }

    private func talk(_ peer: Int32) async {
        let line = try? await offLoop {
            LocalSocket.limit(peer, seconds: 2)
            return try LocalSocket.read(peer, atMost: LocalSocket.longestLine, until: UInt8(ascii: "\n"))
        }
        let answer = await answer(line ?? []).serialized() + [UInt8(ascii: "\n")]
        try? await offLoop {
            defer { Glibc.close(peer) }
            try LocalSocket.write(answer, to: peer)
        }
    }

    private func answer(_ line: [UInt8]) async -> JSON {
        do {
            guard let json = try? JSON(parsing: line) else { throw KeyFault("the command is no JSON") }
            let command = try KeyCommand(json: json)
            let reply = try await ring.perform(command)
            note(command, reply)
            return reply.json
        } catch {
            return ["error": .string("\(error)")]
        }
    }

    private func note(_ command: KeyCommand, _ reply: KeyReply) {
        guard let key = reply.keys.first else { return }
        let about: Logger.Metadata = ["key": .string(key.id), "name": .string(key.name)]
        switch command {
        case .create: logger.notice("A key was made", metadata: about)
        case .revoke: logger.notice("A key was revoked", metadata: about)
        case .list: break
        }
    }
}
