public import JSONText

extension ParameterSchema {
    /// The parameters of the format `model` that have a URL for a value.
    public func modelURLs(in values: JSONObject) -> [(name: String, url: String)] {
        parameters.compactMap { name, schema in
            guard schema.format == .model, let text = values[name]?.string, case .url(let url) = ModelReference(text)
            else { return nil }
            return (name, url)
        }
    }

    /// The same parameters where no model can be fetched: file names are all that such a parameter takes.
    func withoutModelURLs() -> ParameterSchema {
        var schema = self
        for (name, parameter) in parameters where parameter.format == .model {
            schema.replace(name) { $0.takeFileNamesOnly() }
        }
        return schema
    }
}

extension Workflow {
    /// The model files that have to be fetched before a request with these values can run.
    public func wantedModels(in values: JSONObject) -> [WantedModel] {
        parameters.modelURLs(in: values).compactMap { name, url in
            manifest.modelFolders[name].map { WantedModel(parameter: name, folder: $0, url: url) }
        }
    }

    /// The workflow as it is where no model can be fetched by URL. Its version stays.
    public func withoutModelURLs() -> Workflow {
        var workflow = self
        workflow.manifest.parameters = parameters.withoutModelURLs()
        return workflow
    }
}
