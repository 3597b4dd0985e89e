import Foundation
import HTTPTypes
import JSONText
import Loop

@testable import BackendAPI

/// Clocks that a test turns.
@LoopActor
final class TurnedClock {
    private var passed: Duration = .zero
    private let start = ContinuousClock.now
    private let wall = TaskBook.now() / 1000

    func turn(_ time: Duration) { passed += time }

    nonisolated var clock: AccessClock {
        AccessClock(now: { self.start + self.passed }, time: { self.wall + self.passed.components.seconds })
    }
}

/// Has the backend that runs on `folder` do a command, over its socket as `keys …` does.
@LoopActor
func keys(_ words: String, in folder: TemporaryFolder) async throws -> JSON {
    let command = try KeyArguments(words.split(separator: " ").map(String.init)).command
    let path = folder.path
    let answer = try await onThread { try KeysProgram.ask(command, in: path) }
    guard let answer else { throw KeyFault("nobody listens") }
    return answer
}

/// Does what blocks on a thread of its own: those of the loop's pool are the backend's, which is to answer.
func onThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
    }
}

/// A key's fields for a request.
@LoopActor
func makeKey(_ name: String, _ options: String = "", in folder: TemporaryFolder) async throws -> HTTPFields {
    let made = try await keys("create --name \(name) \(options)", in: folder)
    guard let text = made["key"]?.string else { throw KeyFault("\(made)") }
    return [.authorization: "Bearer \(text)"]
}

extension HTTPFields {
    /// These and others.
    func with(_ name: HTTPField.Name, _ value: String) -> HTTPFields {
        var fields = self
        fields[name] = value
        return fields
    }
}
