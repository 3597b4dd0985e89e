import HTTP
import HTTPTypes
import JSONText
import Loop
import Operations
import Workflows

extension SafetyPolicy {
    /// The code of a request that the policy refuses (contract 2).
    static let refusalCode = 3001

    /// Reads the built-in policy, and the file that adds to it.
    ///
    /// - Throws: `CannotStart` for a file that cannot be read, or says what is no policy.
    init(file path: String?) throws {
        var more = ""
        if let path {
            guard let file = try? FileStore.contents(of: path) else {
                throw CannotStart("SAFETY_POLICY_FILE: \(path) cannot be read")
            }
            more = String(decoding: file, as: UTF8.self)
        }
        do { try self.init(adding: more) } catch {
            throw CannotStart("SAFETY_POLICY_FILE: \(path ?? ""):\(error.line): \(error.reason)")
        }
    }

    /// Judges a request by the values that would go into its graph, defaults included.
    ///
    /// - Throws: `HTTPProblem` 422 with code 3001, which repeats nothing of the request.
    @LoopActor
    func check(_ values: JSONObject, of schema: ParameterSchema) async throws {
        var texts: [String] = []
        var hasPhoto = false
        for (name, value) in values {
            guard let parameter = schema[name] else { continue }
            if parameter.isImage {
                hasPhoto = true
            } else if !name.hasPrefix("negative"), parameter.choices == nil, parameter.format == nil {
                texts += value.array?.compactMap(\.string) ?? [value.string].compactMap(\.self)
            }
        }
        try await check(texts, hasPhoto: hasPhoto)
    }

    /// Judges what a product's job says beyond its workflow's parameters: every text in it, however deep, but those that
    /// say what to keep out.
    @LoopActor
    func check(_ parameters: JSONObject, hasPhoto: Bool) async throws {
        try await check(Self.texts(in: .object(parameters)), hasPhoto: hasPhoto)
    }

    private static func texts(in value: JSON) -> [String] {
        switch value {
        case .string(let text): [text]
        case .array(let elements): elements.flatMap(texts)
        case .object(let members):
            // A member's name may be a word of the prompt as well as its value.
            members.filter { !$0.key.hasPrefix("negative") }.flatMap { [$0.key] + texts(in: $0.value) }
        default: []
        }
    }

    /// More text than this, in bytes, is not judged on the loop.
    private static let longText = 16_384

    @LoopActor
    private func check(_ texts: [String], hasPhoto: Bool) async throws {
        let judge: @Sendable () -> Reason? = { refusal(of: texts, hasPhoto: hasPhoto) }
        let isLong = texts.reduce(0) { $0 + $1.utf8.count } > Self.longText
        let reason = isLong ? try await offLoop(judge) : judge()
        guard reason != nil else { return }
        throw HTTPProblem(
            .unprocessableContent, "The request is refused by the safety policy.", title: "Content refused",
            code: Self.refusalCode)
    }
}
