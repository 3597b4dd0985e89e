import Crypto
import HTTP
import HTTPTypes
import JSONText
import Loop
import Outbound
import Wire
import Workflows

/// Makes of the body of `POST /generate` a task, or tells every fault of it at once.
@LoopActor
struct Acceptance {
    let catalogue: Catalogue
    let pictures: PictureCheck
    let fetcher: PictureFetcher
    let webhooks: WebhookRules
    /// What a model's URL must be like.
    let modelURLs: OutsideURLRules
    let safety: SafetyPolicy

    /// - Throws: ``Unprocessable``; `HTTPProblem` 413; 503 when the workflow cannot run now; 507.
    /// - Parameter run: the workflow whose parameters stand in the body itself; nil for the body of `POST /generate`.
    func task(
        from reading: Reading, run: WorkflowSummary? = nil, owner: String, _ lease: FileLease
    ) async throws -> GenerationTask {
        do {
            let json = reading.json
            var sink = reading.sink

            var form = run.map { GenerateForm(run: json, of: $0) } ?? GenerateForm(json)
            form.isForm = reading.isForm
            sink.fetched = try await fetch(&form, run)
            form.options.webhook = webhooks.read(json, &form.faults)
            for place in form.faults.indices { form.faults[place].input = sink.shown(form.faults[place].input) }
            var task = try await task(&form, run, sink, lease)
            task.owner = owner
            return task
        } catch let failure as FileStore.Failure where failure.isFull {
            throw HTTPProblem.insufficientStorage("The disk is full.")
        }
    }

    private func task(
        _ form: inout GenerateForm, _ run: WorkflowSummary?, _ sink: PictureSink, _ lease: FileLease
    ) async throws -> GenerationTask {
        let (target, faces) = try await keepPictures(&form, sink, lease)
        let merged = catalogue.merged
        guard let mode = form.mode else { throw Unprocessable(faults: form.placedFaults) }
        let name = Catalogue.workflowName(ofMode: mode)
        guard let workflow = run ?? merged[name] else {
            if catalogue.isKnown { form.faults.append(unknownMode(mode)) }
            guard form.faults.isEmpty else { throw Unprocessable(faults: form.placedFaults) }
            throw HTTPProblem(
                .serviceUnavailable, "No GPU service has told yet what it can run.", headers: [.retryAfter: "5"])
        }
        let (values, warnings) = try await parameters(&form, workflow, merged, target, faces, sink, lease)
        guard form.faults.isEmpty else { throw Unprocessable(faults: form.placedFaults) }
        try await safety.check(values, of: workflow.parameters)
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

    // MARK: Pictures

    /// Fetches what the request names by URL where a picture may stand.
    private func fetch(
        _ form: inout GenerateForm, _ run: WorkflowSummary?
    ) async throws -> [String: PictureSink.Taken] {
        let schema = (run ?? form.mode.flatMap { catalogue[Catalogue.workflowName(ofMode: $0)] })?.parameters
        let extra = form.extra.filter { schema?[$0.key]?.isUpload == true }.flatMap { $0.value.array ?? [$0.value] }
        let faces = form.faceImages.prefix(pictures.maxFaceImages)
        let texts = (faces + [form.targetImage].compactMap(\.self) + extra).compactMap(\.string)
        let urls = Set(texts.filter(PictureFetcher.isURL))
        guard urls.count <= PictureFetcher.maxURLs else {
            let limit = "a request may name at most \(PictureFetcher.maxURLs) pictures by URL"
            throw Unprocessable(faults: form.placedFaults + [.valueError(["body"], limit, input: JSON(urls.count))])
        }
        return urls.isEmpty ? [:] : try await fetcher.fetch(urls)
    }

    /// Checks all of them, whatever the mode.
    private func keepPictures(
        _ form: inout GenerateForm, _ sink: PictureSink, _ lease: FileLease
    ) async throws -> (target: String?, faces: [String]) {
        var target: String?
        var faces: [String] = []
        if let tooMany = pictures.tooMany(form.faceImages.count) { form.faults.append(tooMany) }
        for (index, value) in form.faceImages.prefix(pictures.maxFaceImages).enumerated() {
            let loc: [JSONPathElement] = ["body", "face_images", .index(index)]
            if let hash = try await keep(value, loc, sink, &form, lease) { faces.append(hash) }
        }
        if let value = form.targetImage {
            target = try await keep(value, ["body", "target_image"], sink, &form, lease)
        }
        return (target, faces)
    }

    private func keep(
        _ value: JSON, _ loc: [JSONPathElement], _ sink: PictureSink, _ form: inout GenerateForm,
        _ lease: FileLease, as kind: ValueSchema.Format = .image
    ) async throws -> String? {
        switch try await pictures.keep(value, as: kind, at: loc, from: sink, lease) {
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
        _ faces: [String], _ sink: PictureSink, _ lease: FileLease
    ) async throws -> (JSONObject, [String]) {
        let schema = workflow.parameters
        if form.isForm { form.readTexts(schema) }
        var params = form.extra
        var warnings: [String] = []
        var references: [String: [String]] = [:]
        for (name, value) in form.extra where schema[name]?.isUpload == true && !value.isNull {
            guard let wanted = schema[name] else { continue }
            if let fault = wanted.tooManyPictures(value, at: ["body", "extra_params", .member(name)]) {
                form.faults.append(fault)
                references[name] = []
                let enough = Array(repeating: "faulty", count: max(1, wanted.minItems ?? 1))
                params[name] = placeholder(enough, isList: wanted.kind == .array)
                continue
            }
            let kept = try await extraPictures(name, value, wanted.upload ?? .image, sink, &form, lease)
            references[name] = kept
            let isFaulty = kept.isEmpty && value.array?.isEmpty != true
            params[name] = placeholder(isFaulty ? ["faulty"] : kept, isList: wanted.kind == .array)
        }
        readTexts(&params, schema, sink, &form)
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
        let isRun = form.isRun
        let given = Set(form.extra.filter { !$0.value.isNull }.map(\.key))
        let hasPrompt = form.prompt != nil
        let place = { (name: String) -> [JSONPathElement] in
            isRun || given.contains(name) && !(name == "prompt" && hasPrompt)
                ? ["body", "extra_params", .member(name)] : Self.place(of: name)
        }
        let outcome = ParameterValidator(randomSeed: randomUInt64)
            .validate(params, against: schema, locate: place)
        form.faults += outcome.faults + urlFaults(outcome.values, schema, place)
        var values = outcome.values
        for (name, hashes) in references {
            let list = hashes.map(InputReference.json(sha256:))
            values[name] = schema[name]?.kind == .array ? .array(list) : list.first
        }
        return (values, warnings)
    }

    private func urlFaults(
        _ values: JSONObject, _ schema: ParameterSchema, _ place: (String) -> [JSONPathElement]
    ) -> [Fault] {
        schema.modelURLs(in: values).compactMap { name, url in
            do throws(TransportError) { try modelURLs.check(url) } catch {
                return .valueError(place(name), error.message, input: .string(ModelReference(url).shown))
            }
            return nil
        }
    }

    private func extraPictures(
        _ name: String, _ value: JSON, _ kind: ValueSchema.Format, _ sink: PictureSink, _ form: inout GenerateForm,
        _ lease: FileLease
    ) async throws -> [String] {
        var kept: [String] = []
        for (index, element) in (value.array ?? [value]).enumerated() {
            let place: [JSONPathElement] = ["body", "extra_params", .member(name)]
            let loc = value.array == nil ? place : place + [.index(index)]
            if let hash = try await keep(element, loc, sink, &form, lease, as: kind) { kept.append(hash) }
        }
        return kept
    }

    /// Long strings that no picture was asked for are texts again.
    private func readTexts(
        _ params: inout JSONObject, _ schema: ParameterSchema, _ sink: PictureSink, _ form: inout GenerateForm
    ) {
        for (name, value) in form.extra where schema[name]?.isUpload != true {
            if let text = sink.text(value) {
                params[name] = text
            } else {
                params[name] = nil
                form.faults.append(
                    .valueError(
                        ["body", "extra_params", .member(name)],
                        "a text may have at most \(PictureSink.maxTextBytes >> 10) KB", input: sink.shown(value)))
            }
        }
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

    /// Where a request would give a parameter that it does not give among its `extra_params`.
    private static func place(of name: String) -> [JSONPathElement] {
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
