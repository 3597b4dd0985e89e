import Logging
import Loop
import Operations
import Testing

@testable import BackendAPI

@Suite struct AccessWarningTests {
    /// What is said at start with these settings.
    private func warnings(_ environment: [String: String], hasKeys: Bool = true) throws -> [String] {
        let reader = SettingsReader(environment: environment)
        let configuration = Configuration(reading: reader)
        try reader.finish()
        let lines = Lock<[String]>([])
        configuration.access.warn(Logger(label: "test") { _ in Noting(lines: lines) }, hasKeys: hasKeys)
        return lines.withLock { $0 }
    }

    private struct Noting: LogHandler {
        let lines: Lock<[String]>
        var logLevel = Logger.Level.warning
        var metadata = Logger.Metadata()

        func log(event: LogEvent) { lines.withLock { $0.append("\(event.message)") } }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
    }

    @Test func `a door that stands open to other machines is said`() throws {
        #expect(try warnings([:]).first?.hasPrefix("AUTH=optional") == true)
        #expect(try warnings(["BACKEND_HOST": "192.0.2.7"]).first?.hasPrefix("AUTH=optional") == true)
        #expect(try warnings(["AUTH": "off", "ALLOW_INSECURE": "1"]).first?.hasPrefix("AUTH=off") == true)
        #expect(try warnings(["AUTH": "required"]).isEmpty)
        #expect(try warnings(["AUTH": "required"], hasKeys: false).first?.contains("no key yet") == true)
        for host in ["127.0.0.1", "::1", "localhost", "127.0.0.9"] {
            for auth in ["off", "optional"] {
                #expect(try warnings(["AUTH": auth, "BACKEND_HOST": host]).isEmpty)
            }
        }
    }
}
