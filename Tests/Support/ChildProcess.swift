public import Glibc

/// A program that a test starts: with `/dev/null` as its input, a process group of its own, and signals as at login
/// (`posix_spawn(3)`). It inherits what is not closed at exec, so whoever makes a pipe for it marks that at once.
///
/// Foundation's `Process` is no choice here: to find what it has to close, it copies entries of `/proc/self/fd` beyond
/// their end, and crashes now and then once some 1,360 descriptors are open. One test has 10,000.
public struct ChildProcess: Sendable {
    public let pid: pid_t

    /// Why it could not be started.
    public struct NotStarted: Error {
        public let path: String
        public let code: Int32
    }

    /// - Parameters:
    ///   - path: of the program, from the root.
    ///   - output: a descriptor for what it says and complains; nil throws that away.
    public init(
        _ path: String, _ arguments: [String], environment: [String: String] = [:], output: Int32? = nil
    ) throws(NotStarted) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        if let output {
            posix_spawn_file_actions_adddup2(&actions, output, 1)
        } else {
            posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        }
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var attributes = Self.attributes()
        defer { posix_spawnattr_destroy(&attributes) }
        let words = Self.words([path] + arguments)
        let variables = Self.words(environment.map { "\($0.key)=\($0.value)" })
        defer { for word in words + variables { free(word) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, path, &actions, &attributes, words, variables)
        guard code == 0 else { throw NotStarted(path: path, code: code) }
        self.pid = pid
    }

    private static func attributes() -> posix_spawnattr_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        var (none, pipe) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigemptyset(&pipe)
        sigaddset(&pipe, SIGPIPE)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &pipe)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        return attributes
    }

    private static func words(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
        texts.map { strdup($0) } + [nil]
    }

    /// Blocks until it has ended.
    ///
    /// - Returns: its exit status; 128 and the number of the signal that ended it.
    public func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7f
        return signal == 0 ? status >> 8 & 0xff : 128 + signal
    }
}
