import Glibc

/// What libFuzzer calls with each input (<https://llvm.org/docs/LibFuzzer.html>): the parser that `FUZZ_TARGET` names
/// gets it, whole and in pieces, and must neither crash nor contradict itself.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    target(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}

/// libFuzzer's own entry, for a program that has a `main`: SwiftPM makes this one the program's.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

@_cdecl("Fuzz_main")
public func fuzzMain(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> CInt {
    var (count, arguments) = (count, arguments)
    return runDriver(&count, &arguments) { fuzzOneInput($0, $1) }
}

private let target: @Sendable ([UInt8]) -> Void = {
    let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let target = targets[name] else {
        print("FUZZ_TARGET is one of \(targets.keys.sorted().joined(separator: ", ")).")
        exit(2)
    }
    return target
}()

private let targets: [String: @Sendable ([UInt8]) -> Void] = [
    "http": fuzzHTTP, "json": fuzzJSON, "multipart": fuzzMultipart, "pictures": fuzzPictures,
    "websocket": fuzzWebSocket,
    "workflow": fuzzWorkflow,
]

extension [UInt8] {
    /// The input in pieces whose sizes its own octets choose, so that the fuzzer finds cuts that matter.
    var pieces: [[UInt8]] {
        var pieces: [[UInt8]] = []
        var rest = self[...]
        while let first = rest.first {
            let size = Swift.min(rest.count, 1 + Int(first % 13))
            pieces.append(Array(rest.prefix(size)))
            rest = rest.dropFirst(size)
        }
        return pieces
    }

    /// The two halves of an input that is two files: what lies before the first zero, and what after it.
    var halves: ([UInt8], [UInt8]) {
        let cut = firstIndex(of: 0) ?? count
        return (Array(self[..<cut]), Array(self[Swift.min(count, cut + 1)...]))
    }
}
