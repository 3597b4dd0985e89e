import JSONText

/// How a provider does one kind of job: its name of the model, and what its parameters are called there.
struct ProviderModel: Sendable, Equatable {
    /// How it is asked.
    enum Way: String, Sendable {
        /// fal's queue.
        case queue
        /// Replicate, by a version's id.
        case prediction
        /// Replicate, by the model's name alone.
        case officialPrediction
        /// Hugging Face's router: a picture for a text.
        case inference
        /// Hugging Face's router: OpenAI's chat.
        case chat
        /// A Gradio Space.
        case space
    }

    /// One of Easel's parameters, as the provider has it.
    struct Parameter: Sendable, Equatable {
        let name: String
        /// A dot goes one object deeper: "image_size.width".
        let theirs: String
        /// What is outside is brought inside.
        var range: ClosedRange<Double>?
        /// What is none of these is left out.
        var values: [String]?

        init(_ name: String, _ theirs: String? = nil, in range: ClosedRange<Double>? = nil, of values: [String]? = nil)
        {
            (self.name, self.theirs, self.range, self.values) = (name, theirs ?? name, range, values)
        }
    }

    var provider: ProviderName
    var kind: ProviderJob.Kind
    var way: Way
    /// "fal-ai/flux-pulid", "tencentarc/gfpgan", "PKUWilliamYang/VToonify".
    var model: String
    /// Replicate's.
    var version: String?
    var parameters: [Parameter]
    /// Where the picture goes; nil when there is none.
    var picture: String?
    /// Sent with every request.
    var fixed: JSONObject = [:]
    /// In dollars.
    var price: Double
    /// Of a Space: the function, and its inputs in order, with "$image", "$scale" for what is filled in.
    var api = ""
    var inputs: [JSON] = []
}

extension ProviderModel {
    /// What is sent, without the picture.
    func input(_ parameters: JSONObject) -> JSONObject {
        var input = fixed
        for parameter in self.parameters {
            guard let value = parameters[parameter.name], !value.isNull, let fitted = parameter.fit(value) else {
                continue
            }
            input = Self.setting(parameter.theirs.split(separator: ".").map(String.init)[...], to: fitted, in: input)
        }
        return input
    }

    /// A Space's inputs in order; a place with no value is null.
    func inputs(_ parameters: JSONObject, picture: JSON) -> [JSON] {
        inputs.map { input in
            guard let name = input.string, name.hasPrefix("$") else { return input }
            return name == "$image" ? picture : parameters[String(name.dropFirst())] ?? .null
        }
    }

    /// What of a request it cannot honour, a sentence each.
    func warnings(_ given: JSONObject) -> [String] {
        given.compactMap { name, value -> String? in
            guard !value.isNull else { return nil }
            let who = provider.rawValue
            if name == "model", way == .inference || way == .chat { return nil }
            if way == .space, inputs.contains(.string("$\(name)")) { return nil }
            guard let parameter = parameters.first(where: { $0.name == name }) else {
                return "\(who) cannot honour \(name)"
            }
            guard let fitted = parameter.fit(value) else { return "\(who) does not know this \(name)" }
            return fitted == value ? nil : "\(who) limits \(name) to \(fitted)"
        }
    }

    private static func setting(_ path: ArraySlice<String>, to value: JSON, in object: JSONObject) -> JSONObject {
        guard let first = path.first else { return object }
        var object = object
        let rest = path.dropFirst()
        object[first] = rest.isEmpty ? value : .object(setting(rest, to: value, in: object[first]?.object ?? [:]))
        return object
    }
}

extension ProviderModel.Parameter {
    /// - Returns: nil for what the provider does not know.
    func fit(_ value: JSON) -> JSON? {
        if let values, !values.contains(value.string ?? "") { return nil }
        guard let range, let number = value.double, !range.contains(number) else { return value }
        let nearest = min(max(number, range.lowerBound), range.upperBound)
        return nearest == nearest.rounded() ? .integer(Int64(nearest)) : .double(nearest)
    }
}
