import Glibc
import Logging
import Loop
import TestSupport
import Testing

@testable import Operations

@Suite struct ServiceTests {
    init() { startLoop() }

    @LoopActor
    private func service(grace: Duration = .seconds(600)) -> Service {
        let reader = SettingsReader(environment: ["KEY": "hunter2", "PORT": "9000"])
        _ = reader.secret("KEY", "")
        _ = reader.port("BACKEND_PORT", or: "PORT", default: 8000, "")
        _ = reader.string("NONE", "")
        return Service(
            Service.Facts(
                name: "backend", version: "0.1.0", logger: Logger(label: "backend") { _ in SwiftLogNoOpLogHandler() },
                grace: grace, settings: reader.asked))
    }

    @LoopActor
    @Test func `stopping calls each stop in turn and the body returns`() async throws {
        let service = service()
        var calls: [String] = []
        try await service.run { service in
            service.onStop { grace in calls.append("first \(grace > .seconds(60))") }
            service.onStop { _ in calls.append("second") }
            let done = LoopEvent()
            service.onStop { _ in done.signal() }
            service.started(host: "::1", port: 1)
            service.stop()
            service.stop()
            #expect(service.isStopping)
            try await done.wait()
        }
        #expect(calls == ["first true", "second"])
    }

    @LoopActor
    @Test func `a body that is still starting is cancelled by a stop`() async throws {
        let service = service()
        try await service.run { service in
            service.stop()
            try await LoopEvent().wait()
        }
        #expect(!service.hasStarted)
    }

    @LoopActor
    @Test func `what the body throws comes out`() async {
        await #expect(throws: CannotStart("no")) {
            try await service().run { _ in throw CannotStart("no") }
        }
    }

    @LoopActor
    @Test func `the body is cancelled when the grace is over`() async throws {
        try await service(grace: .milliseconds(1)).run { service in
            service.onStop { _ in }
            service.started(host: "127.0.0.1", port: 1)
            service.stop()
            try await LoopEvent().wait()
        }
    }

    @LoopActor
    @Test func `the start-up line shows settings in force and no secret`() {
        let metadata = Service.metadata(of: service().settings)
        #expect(metadata == ["KEY": "***", "BACKEND_PORT": "9000", "NONE": ""])
    }

    @LoopActor
    @Test func `a taken port is told in words`() async throws {
        let first = try TCPListener(host: "127.0.0.1", port: 0)
        defer { first.close() }
        let port = first.port
        let error = #expect(throws: CannotStart.self) {
            try listening(on: "127.0.0.1", port: port, portSetting: "BACKEND_PORT") {
                try TCPListener(host: "127.0.0.1", port: port)
            }
        }
        #expect(
            error?.description
                == "port \(port) on 127.0.0.1 is taken by another program; BACKEND_PORT chooses another port")
    }

    @Test(arguments: [
        (EACCES, "port 80 may not be used by this user; P chooses another port"),
        (EADDRNOTAVAIL, "10.9.9.9 is no address of this machine"),
    ])
    func `faults of an address are told in words`(code: Int32, text: String) {
        let error = LibuvError(code: -code, call: "uv_tcp_bind")
        #expect(bindFailure(error, host: "10.9.9.9", port: 80, portSetting: "P") == text)
    }
}
