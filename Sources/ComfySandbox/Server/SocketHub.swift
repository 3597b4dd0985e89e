import JSONText
import Loop

/// All sockets, by the id under which each was opened.
@LoopActor
final class SocketHub {
    private var clients: [String: SocketClient] = [:]
    private var open: [ObjectIdentifier: SocketClient] = [:]
    /// The node that runs now and the client of its prompt, for a socket that comes in the middle.
    var current: (client: String?, node: String)?

    /// Serves one socket until it closes. A newer socket of the same id takes the older one's place; when either of them
    /// closes, the id is gone, so that the newer one hears nothing any more: so does ComfyUI.
    func serve(_ client: SocketClient, remaining: Int) async {
        clients[client.sid] = client
        open[ObjectIdentifier(client)] = client
        send(.status(remaining: remaining, sid: client.sid))
        if let current, current.client == client.sid {
            send(Event(type: "executing", data: ["node": .string(current.node)], audience: .client(client.sid)))
        }
        await client.run()
        clients[client.sid] = nil
        open[ObjectIdentifier(client)] = nil
    }

    func send(_ event: Event) {
        let hearers = hearers(event.audience)
        guard !hearers.isEmpty else { return }
        let text = event.text
        for client in hearers { client.send(text) }
    }

    /// Sends a step and its picture. A plain picture comes behind the step; one with metadata before it.
    func send(_ step: Event, with frame: PreviewFrame?) {
        for client in hearers(step.audience) {
            if let frame, client.wantsMetadata { client.send(binary: frame.withMetadata) }
            client.send(step.text)
            if let frame, !client.wantsMetadata { client.send(binary: frame.plain) }
        }
    }

    /// Whether anybody would hear it: pictures that nobody sees need not be made.
    func isHeard(_ audience: Event.Audience) -> Bool { !hearers(audience).isEmpty }

    /// Closes every socket abruptly.
    func dropAll() {
        for client in open.values { client.drop() }
        clients = [:]
    }

    private func hearers(_ audience: Event.Audience) -> [SocketClient] {
        switch audience {
        case .everybody: Array(clients.values)
        case .client(let sid): clients[sid].map { [$0] } ?? []
        case .nobody: []
        }
    }
}
