import Crypto
import Glibc
import Loop

/// A model on its way: a file that grows as its bytes come, and is gone with its last owner unless ``move(to:)`` has put
/// it in its place. ComfyUI does not list it: its name does not end as a model's does.
///
/// Its calls block: for `offLoop`.
final class ModelDraft: Sendable {
    static let prefix = ".easel-"
    static let suffix = ".part"

    private let folder: String
    private let path: String
    private let state: Lock<State>

    private struct State: Sendable {
        /// Negative when it is closed.
        var descriptor: Int32
        var size = 0
    }

    init(folder: String) throws(FileBytes.Failure) {
        self.folder = folder
        path = "\(folder)/\(Self.prefix)\(UUID4.make())\(Self.suffix)"
        // ComfyUI may run as another user.
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileBytes.Failure("open") }
        state = Lock(State(descriptor: descriptor))
    }

    deinit { discard() }

    /// Lets go of the file, as its end does: to give back the room of gigabytes takes its time.
    func discard() {
        state.withLock { state in
            guard state.descriptor >= 0 else { return }
            unlink(path)
            close(state.descriptor)
            state.descriptor = -1
        }
    }

    /// - Returns: how large it is now.
    func append(_ bytes: [UInt8]) throws -> Int {
        try state.withLock { state in
            var written = 0
            while written < bytes.count {
                let count = bytes[written...].withUnsafeBytes { write(state.descriptor, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw FileBytes.Failure("write") }
                written += count
            }
            state.size += written
            return state.size
        }
    }

    /// Its begin, or all of it when it is shorter.
    func begin(_ count: Int) throws -> [UInt8] { try read(count, from: 0) }

    /// Why it is no safetensors file; nil when it is one.
    func faultAsSafetensors() throws -> String? {
        guard let length = Safetensors.headerLength(try begin(Safetensors.firstBytes)) else {
            return "it does not begin as one"
        }
        let header = try read(length, from: 8)
        guard header.count == length else { return "it ends within its header" }
        return Safetensors.fault(inHeader: header, dataBytes: state.withLock(\.size) - 8 - length)
    }

    private func read(_ count: Int, from offset: Int) throws -> [UInt8] {
        try state.withLock { state in
            var bytes = [UInt8](repeating: 0, count: min(count, max(0, state.size - offset)))
            var done = 0
            while done < bytes.count {
                let more = bytes[done...].withUnsafeMutableBytes {
                    pread(state.descriptor, $0.baseAddress, $0.count, off_t(offset + done))
                }
                if more < 0, errno == EINTR { continue }
                guard more > 0 else { throw FileBytes.Failure("read") }
                done += more
            }
            return bytes
        }
    }

    /// Returns when the file lies at `path`, in the same folder, whatever happens to the machine.
    func move(to path: String) throws {
        try state.withLock { state in
            guard fsync(state.descriptor) == 0 else { throw FileBytes.Failure("fsync") }
        }
        guard rename(self.path, path) == 0 else { throw FileBytes.Failure("rename") }
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw FileBytes.Failure("open") }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw FileBytes.Failure("fsync") }
    }
}
