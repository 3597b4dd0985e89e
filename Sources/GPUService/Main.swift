import Operations

/// The GPU service, :8001: everything about ComfyUI, and nothing that lasts. With `check-workflows` it only checks the
/// workflow folder.
@main
enum Main {
    static func main() {
        let arguments = CommandLine.arguments.dropFirst()
        if arguments.first == CheckCommand.name { CheckCommand.main(Array(arguments.dropFirst())) }
        Service.main(name: "gpu_server", settings: Configuration.init(reading:)) { configuration, service in
            try await Wiring(configuration: configuration, service: service).run()
        }
    }
}
