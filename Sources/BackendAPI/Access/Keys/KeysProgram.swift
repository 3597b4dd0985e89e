import Glibc
import JSONText
import Loop
import Operations

/// `BackendAPI keys …`: asks the backend that runs on the data folder, or opens that itself when none does.
enum KeysProgram {
    /// - Parameter arguments: what follows `keys`.
    /// - Returns: the exit code: 0, 1 when it could not be done, 2 for a wrong call.
    static func run(_ arguments: [String]) -> Int32 {
        if ["-h", "--help", "help"].contains(arguments.first ?? "") {
            say(KeyArguments.usage, to: STDOUT_FILENO)
            return 0
        }
        let asked: KeyArguments
        do { asked = try KeyArguments(arguments) } catch {
            say("\(error)\n\n\(KeyArguments.usage)", to: STDERR_FILENO)
            return 2
        }
        do {
            let folder = Configuration(reading: try SettingsReader.ofProcess()).dataPath
            let reply = try ask(asked.command, in: folder) ?? open(folder, asked.command)
            if let fault = reply["error"]?.string { throw KeyFault(fault) }
            say(KeyReport(reply, of: asked))
            return 0
        } catch {
            say("keys: \(error)\n", to: STDERR_FILENO)
            return 1
        }
    }

    /// - Returns: nil when no backend runs there.
    static func ask(_ command: KeyCommand, in folder: String) throws -> JSON? {
        let peer: Int32
        do { peer = try LocalSocket.connect(in: folder, name: KeySocket.name) } catch let failure
            where failure.isAbsence
        {
            return nil
        }
        defer { close(peer) }
        LocalSocket.limit(peer, seconds: 30)
        try LocalSocket.write(command.json.serialized() + [UInt8(ascii: "\n")], to: peer)
        let answer = try LocalSocket.read(peer, atMost: LocalSocket.longestAnswer)
        guard let json = try? JSON(parsing: answer) else { throw KeyFault("the backend gave no answer") }
        return json
    }

    private static func open(_ folder: String, _ command: KeyCommand) throws -> JSON {
        prepareProcess()
        let outcome = Lock<Result<JSON, any Error>>(.failure(KeyFault("nothing was done")))
        try EventLoop.shared.run {
            let result: Result<JSON, any Error>
            do { result = .success(try await perform(command, in: folder)) } catch { result = .failure(error) }
            outcome.withLock { $0 = result }
        }
        return try outcome.withLock { $0 }.get()
    }

    /// Does a command on a data folder that no backend has.
    @LoopActor
    static func perform(_ command: KeyCommand, in folder: String) async throws -> JSON {
        try Backend.makeFolders(folder)
        let database = try TaskDatabase(path: folder + "/easel.db")
        let ring = KeyRing(database: database)
        let result: Result<JSON, any Error>
        do {
            try await ring.load()
            result = .success(try await ring.perform(command).json)
        } catch { result = .failure(error) }
        await database.close()
        return try result.get()
    }

    private static func say(_ report: KeyReport) {
        say(report.notes, to: STDERR_FILENO)
        say(report.text, to: STDOUT_FILENO)
    }

    private static func say(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
