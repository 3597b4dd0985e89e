internal import Glibc

/// The file that `startup.sh` keeps this process's number in. It goes with the process, unless it holds another's
/// number by then: that of one that was started in the meantime.
struct PIDFile {
    let path: String

    /// Removes the file when it holds `pid`.
    ///
    /// - Returns: whether it did.
    @discardableResult
    func remove(holding pid: Int32) -> Bool {
        guard number() == pid else { return false }
        return unlink(path) == 0
    }

    /// The number on the first line; nil when there is no file or no number in it.
    private func number() -> Int32? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 32)
        let count = read(file, &buffer, buffer.count)
        guard count > 0 else { return nil }
        let line = buffer[..<count].prefix { $0 != UInt8(ascii: "\n") }
        return Int32(SettingsReader.trimmed(String(decoding: line, as: UTF8.self)))
    }
}
