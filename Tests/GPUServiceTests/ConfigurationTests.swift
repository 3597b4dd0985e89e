import Operations
import TestSupport
import Testing

@testable import GPUService

@Suite struct ConfigurationTests {
    @Test func `the defaults are the contract's`() throws {
        let reader = SettingsReader(environment: [:])
        let configuration = Configuration(reading: reader)
        try reader.finish()
        #expect(configuration.host == "127.0.0.1")
        #expect(configuration.port == 8001)
        #expect(configuration.comfyUIURLs == ["http://localhost:8188"])
        #expect(configuration.capacityOfEach == 3)
    }

    @Test(arguments: ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
    func `an address of this machine alone is taken`(host: String) throws {
        let reader = SettingsReader(environment: ["GPU_SERVER_HOST": host])
        _ = Configuration(reading: reader)
        try reader.finish()
    }

    @Test(arguments: ["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.example", "128.0.0.1"])
    func `any other is refused by name`(host: String) {
        let reader = SettingsReader(environment: ["GPU_SERVER_HOST": host])
        _ = Configuration(reading: reader)
        let error = #expect(throws: ConfigurationError.self) { try reader.finish() }
        #expect(error?.faults.map(\.key) == ["GPU_SERVER_HOST"])
    }

    @Test func `with a secret other machines may come`() throws {
        let secret = ["GPU_SERVICE_SECRET": "s"]
        for (host, expected) in [(nil, "0.0.0.0"), ("10.0.0.1", "10.0.0.1"), ("127.0.0.1", "127.0.0.1")] {
            let reader = SettingsReader(environment: secret.merging(host.map { ["GPU_SERVER_HOST": $0] } ?? [:]) { $1 })
            let configuration = Configuration(reading: reader)
            try reader.finish()
            #expect(configuration.host == expected)
        }
    }

    @Test func `the template explains every setting that is read, and no other`() throws {
        let reader = SettingsReader(environment: [:])
        _ = Configuration(reading: reader)
        let others: Set<String> = ["SHUTDOWN_GRACE", "LOG_LEVEL", "LOG_FORMAT", "WORKSPACE"]
        #expect(try templateKeys("gpu_server.env") == Set(reader.asked.map(\.key)).union(others))
    }
}
