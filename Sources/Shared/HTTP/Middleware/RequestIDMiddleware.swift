public import HTTPTypes
internal import Loop

/// Gives each request an id and says it in the answer. One that the client sent (`X-Request-ID`, up to 64 visible
/// characters) is kept, so that a request can be followed through several services.
public struct RequestIDMiddleware: Middleware {
    public init() {}

    public func receive(_ request: inout Request) -> Response? {
        request.id = Self.id(from: request.headerFields[.requestID])
        return nil
    }

    public func reply(_ response: inout Response, to request: Request) { response.headers[.requestID] = request.id }

    @LoopActor private static func id(from given: String?) -> String {
        if let given, (1...64).contains(given.utf8.count), given.utf8.allSatisfy({ Octet.isToken($0) || $0 == 0x3A }) {
            return given
        }
        return made()
    }

    /// Where the ids of this process begin.
    @LoopActor private static var last = UInt64.random(in: .min ... .max)

    /// Each another, spread over all 64 bits (SplitMix64): an id names a request and need not be hard to guess.
    @LoopActor private static func made() -> String {
        last &+= 0x9E37_79B9_7F4A_7C15
        var mixed = last
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        mixed ^= mixed >> 31
        let digits: StaticString = "0123456789abcdef"
        return String(unsafeUninitializedCapacity: 16) { text in
            for place in 0..<16 { text[place] = digits.utf8Start[Int(mixed >> (60 - 4 * place) & 15)] }
            return 16
        }
    }
}

extension HTTPField.Name {
    /// `X-Request-ID`, as proxies and other services spell it.
    // The literal is a token, so the name exists.
    public static let requestID = HTTPField.Name("X-Request-ID")!
}
