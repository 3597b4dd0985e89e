import Loop
import Operations
import TestSupport
import Testing

@testable import BackendAPI

@Suite struct ConfigurationTests {
    @Test func `the defaults are the contract's`() throws {
        let reader = SettingsReader(environment: ["WORKSPACE": "/tmp/ws"])
        let configuration = Configuration(reading: reader)
        try reader.finish()
        #expect(configuration.host == "0.0.0.0")
        #expect(configuration.port == 8000)
        #expect(configuration.gpuServiceURLs == ["http://localhost:8001"])
        #expect(configuration.requestTimeout == .seconds(180))
        #expect(configuration.dataPath == "/tmp/ws/data")
        #expect(configuration.maxBodyBytes == 96 << 20)
        #expect(configuration.maxWait == .seconds(90))
        #expect(configuration.maxQueuedTasks == 20_000)
        #expect(configuration.maxFaceImages == 5)
        #expect(configuration.maxImageBytes == 10 << 20)
        #expect(configuration.apiTitle == "AI Image Generation API")
        #expect(configuration.apiVersion == "1.0.0")
    }

    @Test func `PORT stands in, and BACKEND_PORT wins`() {
        #expect(Configuration(reading: SettingsReader(environment: ["PORT": "9001"])).port == 9001)
        #expect(
            Configuration(reading: SettingsReader(environment: ["PORT": "9001", "BACKEND_PORT": "9002"])).port == 9002)
    }

    @Test func `wrong values are refused, each by its name`() {
        let reader = SettingsReader(environment: ["MAX_WAIT": "soon", "GPU_SERVICE_URL": "gpu", "MAX_BODY_MB": "0"])
        _ = Configuration(reading: reader)
        let error = #expect(throws: ConfigurationError.self) { try reader.finish() }
        #expect(Set(error?.faults.map(\.key) ?? []) == ["MAX_WAIT", "GPU_SERVICE_URL", "MAX_BODY_MB"])
    }

    @Test func `the template explains every setting that is read, and no other`() throws {
        let reader = SettingsReader(environment: [:])
        _ = Configuration(reading: reader)
        // What every service reads, and what startup.sh does.
        let others: Set<String> = ["SHUTDOWN_GRACE", "LOG_LEVEL", "LOG_FORMAT", "TELEGRAM_BOT_COMMAND", "PORT"]
        #expect(try templateKeys("backend.env") == Set(reader.asked.map(\.key)).union(others))
    }
}
