import Glibc
import Operations

/// The backend, :8000: everything that lasts, and never a graph. `BackendAPI keys …` makes and revokes its API keys.
@main
enum Main {
    static func main() {
        let arguments = CommandLine.arguments.dropFirst()
        if arguments.first == "keys" { exit(KeysProgram.run(Array(arguments.dropFirst()))) }
        Service.main(name: "backend", settings: Configuration.init(reading:)) { configuration, service in
            let backend = try await Backend(configuration, logger: service.logger)
            service.started(
                host: backend.host, port: backend.port,
                dependencies: configuration.gpuServiceURLs.map { ("GPU service", $0) })
            service.onStop { await backend.stop(grace: $0) }
            await backend.run()
        }
    }
}
