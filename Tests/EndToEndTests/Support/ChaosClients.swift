import Crypto
import HTTPTypes
import Images
import JSONText
import Loop
import TestSupport
import Testing

/// Clients that submit, come what may: a request whose answer was lost is sent again under its `Idempotency-Key`.
@LoopActor
final class ChaosClients {
    private struct Order {
        let key: String
        let body: JSON
        let seed: UInt64?
        let photo: Raster?
    }

    private let easel: Installation
    private let seed: UInt64
    private var orders: [String: Order] = [:]
    private var isStopping = false

    init(easel: Installation, seed: UInt64) {
        self.easel = easel
        self.seed = seed
    }

    /// Tasks that were accepted, as far as the clients know.
    var accepted: Int { orders.count }

    func stop() { isStopping = true }

    func run(_ client: Int) async throws {
        var random = Dice(seed: seed &+ UInt64(client) &* 7919)
        var number = 0
        while !isStopping {
            number += 1
            let order = try order("\(client)-\(number)", &random)
            let id = try await submit(order)
            #expect(orders[id] == nil, "two orders are one task")
            orders[id] = order
            // At most so many are under way for each, as with an app that shows a few pictures.
            if number % 3 == 0 { _ = try await easel.end(of: id) }
        }
    }

    private func order(_ key: String, _ random: inout Dice) throws -> Order {
        if random.below(3) == 0 {
            let photo = try photo(width: 8 + random.below(40), height: 8 + random.below(40))
            return Order(
                key: key, body: ["mode": "image_transform", "target_image": .string(photo.base64)], seed: nil,
                photo: photo.raster)
        }
        let seed = UInt64(random.below(.max)) &* 2 &+ 1
        return Order(
            key: key,
            body: [
                "mode": "free", "prompt": .string("chaos \(key)"), "keep_metadata": true,
                "priority": .string(["low", "normal", "high"][random.below(3)]),
                "extra_params": [
                    "seed": JSON(seed), "steps": JSON(1 + random.below(20)), "width": 64, "height": 64,
                ],
            ], seed: seed, photo: nil)
    }

    private func submit(_ order: Order) async throws -> String {
        var id = ""
        try await until("order \(order.key) is accepted") {
            guard let key = try? await easel.call(.post, "/generate", order.body, headers: [.idempotencyKey: order.key])
            else { return false }
            guard key.status == 200 else {
                // A backend that has just started, or one that is going.
                #expect(key.status == 503, "\(key.text)")
                return false
            }
            id = key.json["task_id"]?.string ?? ""
            return true
        }
        return id
    }

    /// Every task is done, and its picture is the one that was ordered.
    func checkEnds() async throws {
        for (id, order) in orders {
            let task = try await easel.end(of: id)
            guard task["status"] == "done" else {
                // So many deaths in a row can use up the attempts: then the client is told of them.
                #expect(task["error"]?.string?.contains("lost") == true, "\(task.text)")
                continue
            }
            if let photo = order.photo {
                #expect(isInverted(try await easel.picture(of: task), of: photo))
            } else {
                try await checkDrawn(task, order, id)
            }
        }
    }

    /// ComfyUI writes the graph into its pictures.
    private func checkDrawn(_ task: JSON, _ order: Order, _ id: String) async throws {
        #expect(task["seed"]?.uint64 == order.seed)
        let path = try #require(task["images"]?[0]?.string)
        let bytes = try await easel.call(.get, path).bytes
        #expect(try await offLoop { try Raster.decode(bytes) }.width == 64)
        let graph = try #require(try PNGChunks(bytes).texts.first { $0.keyword == "prompt" }?.text)
        for part in ["chaos \(order.key)\"", "easel/\(id)/", String(order.seed ?? 0)] {
            #expect(graph.contains(part), "\(part) is not in \(graph)")
        }
    }
}

extension HTTPField.Name {
    /// The literal is a token, so the name exists.
    static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
}
