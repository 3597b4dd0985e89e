import Crypto
import JSONText
import Logging
import Loop
import WebSocket

/// The one socket to a ComfyUI: always read, connected again whenever it breaks, and never trusted alone.
///
/// Each connection has a fresh client id: of two sockets with one id the newer gets the events, and closing the older
/// one silences both. So a prompt is heard only on the connection that it was submitted under.
@LoopActor
final class ComfySocket {
    typealias Listener = @LoopActor (PromptWatch.Event) -> Void

    private let url: String
    private let logger: Logger
    private var listeners: [String: (clientID: String, hear: Listener)] = [:]
    private var connected: LoopEvent?

    /// Called when a connection has broken: ComfyUI may have been restarted.
    var onLoss: @LoopActor () -> Void = {}

    /// The id of the connection that stands now; nil while there is none.
    private(set) var clientID: String?

    /// ComfyUI sends no pings: a peer that is gone without a word is noticed by ours.
    private static let pingInterval: Duration = .seconds(10)
    private static let firstPause: Duration = .milliseconds(100)
    private static let longestPause: Duration = .seconds(5)

    /// - Parameter baseURL: as `ComfyUIClient.baseURL`.
    init(baseURL: String, logger: Logger) {
        let scheme = baseURL.hasPrefix("https://") ? "wss" : "ws"
        url = scheme + baseURL.drop { $0 != ":" } + "/ws"
        self.logger = logger
    }

    /// Keeps a connection until the task is cancelled.
    func run() async {
        var pause = Self.firstPause
        while !Task.isCancelled {
            do {
                try await listen { pause = Self.firstPause }
            } catch {
                logger.debug("ComfyUI's socket ended", metadata: ["error": .string("\(error)")])
            }
            disconnected()
            try? await sleep(for: pause)
            pause = min(pause * 2, Self.longestPause)
        }
    }

    /// Hears what is said of a prompt, until ``forget(_:)``.
    func listen(to promptID: String, submittedUnder clientID: String, _ hear: @escaping Listener) {
        listeners[promptID] = (clientID, hear)
    }

    func forget(_ promptID: String) { listeners[promptID] = nil }

    /// The id of a connection that stands, waiting for one at most `limit`.
    func clientID(within limit: Duration) async -> String? {
        if clientID == nil {
            let event = connected ?? LoopEvent()
            connected = event
            _ = try? await event.wait(within: limit)
        }
        return clientID
    }

    private func listen(onConnect: () -> Void) async throws {
        let id = UUID4.make()
        let socket = try await WebSocketClient.connect(
            url: "\(url)?clientId=\(id)", pingInterval: Self.pingInterval)
        let isNew = clientID == nil
        do {
            try await socket.send(.text(Self.features))
            clientID = id
            onConnect()
            connected?.signal()
            connected = nil
            if isNew { logger.debug("Listening to ComfyUI", metadata: ["client_id": .string(id)]) }
            while let message = try await socket.receive() { hear(message) }
        } catch {
            await socket.close()
            throw error
        }
        await socket.close()
    }

    /// Asks for previews that say whose they are (binary type 4). It must be the first message of a connection.
    private static let features = #"{"type":"feature_flags","data":{"supports_preview_metadata":true}}"#

    private func hear(_ message: WebSocketMessage) {
        let heard: ComfyMessage? =
            switch message {
            case .text(let text): ComfyMessage(text: Array(text.utf8))
            case .binary(let bytes): ComfyMessage(binary: bytes)
            }
        guard let heard, let promptID = heard.promptID else { return }
        listeners[promptID]?.hear(.message(heard))
    }

    private func disconnected() {
        guard let lost = clientID else { return }
        clientID = nil
        onLoss()
        for listener in listeners.values where listener.clientID == lost { listener.hear(.socketDown) }
    }
}
