import Operations

/// The backend, :8000: everything that lasts, and never a graph.
@main
enum Main {
    static func main() {
        Service.main(name: "backend", settings: Configuration.init(reading:)) { configuration, service in
            try await Wiring(configuration: configuration, service: service).run()
        }
    }
}
