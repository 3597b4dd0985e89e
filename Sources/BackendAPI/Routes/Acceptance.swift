import Crypto
import HTTP
import HTTPTypes
import JSONText
import Loop
import Wire
import Workflows

/// Makes of the body of `POST /generate` a task, or tells every fault of it at once.
@LoopActor
struct Acceptance {
    let catalogue: Catalogue
    let pictures: PictureCheck

    /// - Throws: ``Unprocessable``; `HTTPProblem` 413, or 503 when the workflow cannot run now.
    func task(from body: RequestBody) async throws -> GenerationTask {
        let (json, sink) = try await read(body)
        var form = GenerateForm(json)
        let (target, faces) = try await keepPictures(&form, sink)
        let merged = catalogue.merged
        guard let mode = form.mode else { throw Unprocessable(faults: form.faults) }
        let name = Catalogue.workflowName(ofMode: mode)
        guard let workflow = merged[name] else {
            if catalogue.isKnown { form.faults.append(unknownMode(mode)) }
            guard form.faults.isEmpty else { throw Unprocessable(faults: form.faults) }
            throw HTTPProblem(
                .serviceUnavailable, "No GPU service has told yet what it can run.", headers: [.retryAfter: "5"])
        }
        let (values, warnings) = try await parameters(&form, workflow, merged, target, faces, sink)
        guard form.faults.isEmpty else { throw Unprocessable(faults: form.faults) }
        guard workflow.ready else {
            throw HTTPProblem(
                .serviceUnavailable, "The workflow \(name) cannot run: \(workflow.reasons.joined(separator: "; "))")
        }
        var task = GenerationTask(
            id: UUID4.make(), number: 0, workflow: name, version: workflow.version, params: values,
            options: form.options, createdAt: TaskBook.now())
        task.priority = form.priority
        task.warnings = warnings
        return task
    }

    private func read(_ body: RequestBody) async throws -> (JSON, PictureSink) {
        var scanner = JSONScanner(sink: PictureSink(maxBytes: pictures.maxImageBytes))
        do {
            while let bytes = try await body.next() { try scanner.feed(bytes) }
            return (try scanner.finish(), scanner.sink)
        } catch let error as JSONError {
            throw Unprocessable(faults: [.invalidJSON(error)])
        }
    }

    // MARK: Pictures

    /// Checks all of them, whatever the mode.
    private func keepPictures(
        _ form: inout GenerateForm, _ sink: PictureSink
    ) async throws -> (target: String?, faces: [String]) {
        var target: String?
        var faces: [String] = []
        if let tooMany = pictures.tooMany(form.faceImages.count) { form.faults.append(tooMany) }
        for (index, value) in form.faceImages.prefix(pictures.maxFaceImages).enumerated() {
            let loc: [JSONPathElement] = ["body", "face_images", .index(index)]
            if let hash = try await keep(value, loc, sink, &form) { faces.append(hash) }
        }
        if let value = form.targetImage { target = try await keep(value, ["body", "target_image"], sink, &form) }
        return (target, faces)
    }

    private func keep(
        _ value: JSON, _ loc: [JSONPathElement], _ sink: PictureSink, _ form: inout GenerateForm
    ) async throws -> String? {
        switch try await pictures.keep(value, at: loc, from: sink) {
        case .success(let kept): return kept.sha256
        case .failure(let error):
            form.faults.append(error.fault)
            return nil
        }
    }

    private func unknownMode(_ mode: String) -> Fault {
        .valueError(["body", "mode"], "there is no such workflow; GET /workflows lists them", input: .string(mode))
    }

    // MARK: Parameters

    private func parameters(
        _ form: inout GenerateForm, _ workflow: WorkflowSummary, _ merged: WorkflowCatalogue, _ target: String?,
        _ faces: [String], _ sink: PictureSink
    ) async throws -> (JSONObject, [String]) {
        let schema = workflow.parameters
        var params = form.extra
        var warnings: [String] = []
        var references: [String: [String]] = [:]
        for (name, value) in form.extra where schema[name]?.isImage == true && !value.isNull {
            let kept = try await extraPictures(name, value, sink, &form)
            references[name] = kept
            params[name] = placeholder(kept, isList: schema[name]?.kind == .array)
        }
        let wanted = schema.parameters.filter { $0.schema.isImage && references[$0.name] == nil }
        let assigned = PictureRules.assign(
            to: wanted.map { ($0.name, $0.schema.kind == .array) }, hasTarget: form.targetImage != nil,
            faces: form.faceImages.count)
        for (name, sources) in assigned.pictures {
            let kept = sources.compactMap { source in hash(of: source, target, faces) }
            references[name] = kept
            // A picture that has a fault of its own is not also missing.
            params[name] = placeholder(kept.isEmpty ? ["faulty"] : kept, isList: schema[name]?.kind == .array)
        }
        warnings += assigned.unused.isEmpty ? [] : [unusedWarning(assigned.unused, workflow.name)]
        apply(&form, schema, merged, &params, &warnings)
        let outcome = ParameterValidator(randomSeed: randomUInt64).validate(params, against: schema, locate: locate)
        form.faults += outcome.faults
        var values = outcome.values
        for (name, hashes) in references {
            let list = hashes.map(InputReference.json(sha256:))
            values[name] = schema[name]?.kind == .array ? .array(list) : list.first
        }
        return (values, warnings)
    }

    private func extraPictures(
        _ name: String, _ value: JSON, _ sink: PictureSink, _ form: inout GenerateForm
    ) async throws -> [String] {
        var kept: [String] = []
        for (index, element) in (value.array ?? [value]).enumerated() {
            let place: [JSONPathElement] = ["body", "extra_params", .member(name)]
            let loc = value.array == nil ? place : place + [.index(index)]
            if let hash = try await keep(element, loc, sink, &form) { kept.append(hash) }
        }
        return kept
    }

    private func placeholder(_ hashes: [String], isList: Bool) -> JSON {
        isList ? .array(hashes.map(JSON.string)) : .string(hashes.first ?? "faulty")
    }

    private func hash(of source: PictureRules.Source, _ target: String?, _ faces: [String]) -> String? {
        switch source {
        case .target: target
        case .face(let index): faces.indices.contains(index) ? faces[index] : nil
        }
    }

    /// The prompt and the style, where the workflow has a place for them.
    private func apply(
        _ form: inout GenerateForm, _ schema: ParameterSchema, _ merged: WorkflowCatalogue, _ params: inout JSONObject,
        _ warnings: inout [String]
    ) {
        if let prompt = form.prompt {
            if schema["prompt"] == nil {
                warnings.append("prompt was ignored: the workflow has no such parameter")
            } else {
                params["prompt"] = .string(prompt)
            }
        }
        guard let name = form.style else { return }
        guard let style = merged.style(name) else {
            return form.faults.append(
                .valueError(["body", "style"], "there is no such style; GET /styles lists them", input: .string(name)))
        }
        if let prompt = params["prompt"]?.string { params["prompt"] = .string(style.applied(to: prompt)) }
        if schema["negative_prompt"] != nil {
            params["negative_prompt"] = .string(style.appliedToNegative(params["negative_prompt"]?.string))
        }
    }

    private func locate(_ name: String) -> [JSONPathElement] {
        switch name {
        case "prompt", "target_image", "face_images", "face_image": ["body", .member(name)]
        case "image": ["body", "target_image"]
        default: ["body", "extra_params", .member(name)]
        }
    }

    private func unusedWarning(_ unused: [PictureRules.Source], _ workflow: String) -> String {
        let names = unused.map { source in
            switch source {
            case .target: "target_image"
            case .face(let index): "face_images[\(index)]"
            }
        }
        return "\(names.joined(separator: ", ")) was ignored: \(workflow) has no place for it"
    }
}
