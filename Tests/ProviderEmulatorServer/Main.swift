import Foundation
import Loop
import ProviderEmulators

/// Serves the emulated providers for clients that are not ours, until SIGTERM: `ProviderEmulatorServer [fal replicate
/// huggingface]`, three ports, each 0 for a free one.
@main
enum Main {
    static func main() throws {
        prepareProcess()
        let ports = CommandLine.arguments.dropFirst().map { Int($0) ?? 0 } + [0, 0, 0]
        try EventLoop.shared.run { try await serve(Array(ports.prefix(3))) }
    }

    @LoopActor
    private static func serve(_ ports: [Int]) async throws {
        let fal = try FalEmulator(port: ports[0])
        let replicate = try ReplicateEmulator(port: ports[1])
        let huggingFace = try HuggingFaceEmulator(port: ports[2])
        let cores = [fal.core, replicate.core, huggingFace.core]
        let stop = LoopEvent()
        let signals = try [SIGTERM, SIGINT].map { try SignalSource($0) { stop.signal() } }
        // Not through `print`, which keeps the line back while stdout is a pipe.
        let line = cores.map { String($0.port) }.joined(separator: " ")
        FileHandle.standardOutput.write(Data("listening on \(line)\n".utf8))
        try await stop.wait()
        for core in cores { await core.stop() }
        for signal in signals { signal.close() }
    }
}
