import Foundation
import HTTPTypes
import JSONText
import Loop
import TestSupport
import Testing

@testable import BackendAPI

@Suite struct KeySocketTests {
    init() { startLoop() }

    @LoopActor @Test func `a key is shown once, and kept as its hash`() async throws {
        let folder = try TemporaryFolder()
        let pod = try ScriptedGPUService()
        let backend = try await RunningBackend(folder: folder.path, pods: [pod.url])
        let made = try await keys("create --name app --user u1 --tier pro --rate 5/min", in: folder)
        let text = try #require(made["key"]?.string)
        let listed = try await keys("list", in: folder)
        #expect(listed["keys"]?.array?.count == 1 && listed["key"] == nil)
        #expect(listed["keys"]?[0]?["name"] == "app" && listed["keys"]?[0]?["tier"] == "pro")
        #expect(listed["keys"]?[0]?["requests_per_minute"] == 5 && listed["keys"]?[0]?["tasks"] == .null)
        #expect(!listed.text.contains(text))
        await backend.stop()
        await pod.kill()
        for file in folder.files() {
            let bytes = try Data(contentsOf: URL(filePath: "\(folder.path)/\(file)"))
            #expect(bytes.range(of: Data(text.suffix(64).utf8)) == nil, "\(file)")
        }
    }

    @LoopActor @Test func `the socket is this user's alone, and gone with the backend`() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/" + KeySocket.name
        // One that a killed backend has left behind.
        try Data().write(to: URL(filePath: path))
        let backend = try await RunningBackend(folder: folder.path, pods: ["http://127.0.0.1:1"])
        let rights = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(rights == 0o600)
        await backend.stop()
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @LoopActor @Test func `without a backend the data folder is opened, also before there is one`() async throws {
        let folder = try TemporaryFolder()
        let data = folder.path + "/deep/data"
        let made = try await KeysProgram.perform(.create(KeyOrder(name: "app")), in: data)
        let text = try #require(made["key"]?.string)
        let pod = try ScriptedGPUService()
        let backend = try await RunningBackend(folder: data, pods: [pod.url], settings: ["AUTH": "required"])
        #expect(try await backend.call(.get, "/tasks", headers: [.authorization: "Bearer \(text)"]).status == 200)
        // And while there is one, not.
        await #expect(throws: (any Error).self) { try await KeysProgram.perform(.list, in: data) }
        await backend.stop()
        let revoked = try await KeysProgram.perform(.revoke("app"), in: data)
        #expect(revoked["keys"]?[0]?["revoked_at"]?.string != nil)
        await pod.kill()
    }

    @LoopActor @Test func `what cannot be done says why`() async throws {
        try await withBackend { _, _, folder in
            _ = try await keys("create --name twin", in: folder)
            let second = try await keys("create --name twin", in: folder)
            #expect(try await keys("revoke nobody", in: folder)["error"]?.string?.contains("no key") == true)
            let id = try #require(second["keys"]?[0]?["id"]?.string)
            #expect(try await keys("revoke twin", in: folder)["error"]?.string?.contains(id) == true)
            #expect(try await keys("revoke \(id)", in: folder)["keys"]?[0]?["id"]?.string == id)
            #expect(try await keys("revoke twin", in: folder)["error"] == nil)
            #expect(try await keys("revoke \(id)", in: folder)["error"] == nil)
        }
    }

    @LoopActor
    @Test(arguments: ["", "{", "[]", "{\"command\":\"drop\"}", "{\"command\":\"create\",\"name\":7}", "\u{0}"])
    func `what is no command is answered and harms nothing`(line: String) async throws {
        try await withBackend { _, _, folder in
            let path = folder.path
            let answer = try await onThread {
                let peer = try LocalSocket.connect(in: path, name: KeySocket.name)
                defer { close(peer) }
                LocalSocket.limit(peer, seconds: 30)
                try LocalSocket.write(Array("\(line)\n".utf8), to: peer)
                return try LocalSocket.read(peer, atMost: 65_536)
            }
            #expect(try JSON(parsing: answer)["error"]?.string != nil)
            #expect(try await keys("list", in: folder)["keys"] == [])
        }
    }
}
