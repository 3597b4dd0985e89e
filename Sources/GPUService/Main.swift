import Operations

/// The GPU service, :8001: everything about ComfyUI, and nothing that lasts.
@main
enum Main {
    static func main() {
        Service.main(name: "gpu_server", settings: Configuration.init(reading:)) { configuration, service in
            try await Wiring(configuration: configuration, service: service).run()
        }
    }
}
