import Crypto
import JSONText
import Loop
import Outbound
import Wire
import Workflows

/// Checks a request's parameters against its workflow, pictures given by hand (base64) turned into stored ones.
@LoopActor
struct ParameterReader {
    let inputs: InputStore
    let workflow: Workflow
    /// What a model's URL must be like.
    let modelURLs: OutsideURLRules

    /// The parameters, checked, with defaults filled in and each picture a reference.
    ///
    /// - Returns: with the hashes of the pictures that are referred to and not here.
    /// - Throws: ``Unprocessable`` with every fault.
    func read(_ params: JSONObject) async throws -> (values: JSONObject, missing: [String]) {
        var texts = params
        var references: [String: JSON] = [:]
        var missing: [String] = []
        var faults: [Fault] = []
        for (name, schema) in workflow.parameters.parameters where schema.isUpload {
            guard let value = params[name], !value.isNull else { continue }
            if let fault = schema.tooManyPictures(value, at: ["body", "params", .member(name)]) {
                throw Unprocessable(faults: faults + [fault])
            }
            let elements = value.array ?? [value]
            var stored: [JSON] = []
            for (index, element) in elements.enumerated() {
                let loc: [JSONPathElement] =
                    ["body", "params", .member(name)] + (value.array == nil ? [] : [.index(index)])
                do {
                    let hash = try await reference(element)
                    if inputs[hash] == nil { missing.append(hash) }
                    stored.append(.string(hash))
                } catch let fault as BadPicture {
                    faults.append(.valueError(loc, fault.reason, input: element))
                }
            }
            texts[name] = value.array == nil ? stored.first ?? .string("") : .array(stored)
            let asReference = stored.map { InputReference.json(sha256: $0.string ?? "") }
            references[name] = value.array == nil ? asReference.first : .array(asReference)
        }
        let outcome = ParameterValidator(randomSeed: randomUInt64)
            .validate(texts, against: workflow.parameters) { ["body", "params", .member($0)] }
        faults += outcome.faults + urlFaults(outcome.values)
        guard faults.isEmpty else { throw Unprocessable(faults: faults) }
        var values = outcome.values
        for (name, reference) in references { values[name] = reference }
        return (values, missing)
    }

    private func urlFaults(_ values: JSONObject) -> [Fault] {
        workflow.parameters.modelURLs(in: values).compactMap { name, url in
            do throws(TransportError) { try modelURLs.check(url) } catch {
                return .valueError(
                    ["body", "params", .member(name)], error.message, input: .string(ModelReference(url).shown))
            }
            return nil
        }
    }

    private struct BadPicture: Error { let reason: String }

    /// The hash of a picture, stored if it came along.
    private func reference(_ value: JSON) async throws -> String {
        if let hash = InputReference.sha256(in: value) { return hash }
        guard let text = value.string else { throw BadPicture(reason: "a picture is base64 text or an input's hash") }
        do {
            let bytes = try await offLoop { try Self.decode(text) }
            return try await inputs.put(bytes).sha256
        } catch is Base64Error {
            throw BadPicture(reason: "it is not base64")
        } catch is InputStore.NotAPicture {
            throw BadPicture(reason: "it is no picture, sound or film of a kind that is read here")
        }
    }

    /// Base64, bare or as a `data:` URI (RFC 2397).
    private nonisolated static func decode(_ text: String) throws -> [UInt8] {
        guard text.hasPrefix("data:") else { return try Base64.decode(utf8: text.utf8) }
        guard let comma = text.utf8.firstIndex(of: UInt8(ascii: ",")) else {
            throw BadPicture(reason: "a data: URI with no data")
        }
        return try Base64.decode(utf8: text.utf8[text.utf8.index(after: comma)...])
    }
}
