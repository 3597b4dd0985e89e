import JSONText
import Workflows

/// The body of `POST /api/generate` (contract 2) as the checks of any request see it: flat, with Easel's names.
struct PortraitRequest: Sendable {
    enum Mode: String, Sendable, CaseIterable { case speed, quality }

    /// For the checks: a body of ``summary(maxFaces:denoise:)``'s parameters.
    var flat: JSONObject = [:]
    var mode = Mode.speed
    var lighting: Lighting
    var isHarmonised = true
    /// Members of the packet that are not Easel's: passed on to who knows them, as far as they are short.
    var others: JSONObject = [:]
    var faults: [Fault] = []

    /// - Parameter sink: has the body's long strings.
    init(_ body: JSON, sink: PictureSink, defaultMode: Mode) {
        var faults: [Fault] = []
        lighting = Lighting(body["lighting_params"], &faults)
        mode = defaultMode
        let packet = body["identity_packet"]
        if let packet, !packet.isNull, packet.object == nil {
            faults.append(
                Fault(
                    type: "dict_type", loc: ["body", "identity_packet"], msg: "Input should be a valid dictionary",
                    input: packet))
        } else if packet?.isNull ?? true, body.object != nil {
            faults.append(.missing(["body", "identity_packet"], in: body))
        }
        for (theirs, ours) in Self.names { flat[ours] = body[theirs] }
        for (name, value) in packet?.object ?? [:] {
            switch name {
            case "face_images", "fidelity_weight": flat[name] = value
            case "face_image": if flat["face_images"] == nil, !value.isNull { flat["face_images"] = .array([value]) }
            default: others[name] = value
            }
        }
        if !sink.isText(.object(others), within: Self.maxOtherBytes) {
            others = [:]
            let limit = "members of it that are not Easel's may have at most \(Self.maxOtherBytes >> 10) KB together"
            faults.append(.valueError(["body", "identity_packet"], limit, input: [:]))
        }
        // Without a packet that can be read its missing faces are no fault of their own.
        if packet?.object == nil { flat["face_images"] = flat["face_images"] ?? [] }
        readMode(body["mode"], &faults)
        if let flag = body["enable_harmonization"], !flag.isNull {
            isHarmonised = flag.bool ?? true
            if flag.bool == nil { faults.append(.wrongType(.boolean, ["body", "enable_harmonization"], input: flag)) }
        }
        self.faults = faults
    }

    /// They are kept with the task, judged, and sent to the providers.
    private static let maxOtherBytes = 16_384

    private mutating func readMode(_ given: JSON?, _ faults: inout [Fault]) {
        guard let given, !given.isNull else { return }
        if let known = given.string.flatMap(Mode.init(rawValue:)) { return mode = known }
        faults.append(
            Fault(
                type: "literal_error", loc: ["body", "mode"], msg: "Input should be 'speed' or 'quality'", input: given)
        )
    }

    /// The contract's names, and Easel's.
    private static let names = [
        ("master_prompt", "prompt"), ("negative_prompt", "negative_prompt"), ("seed", "seed"),
        ("denoising_strength", "denoising_strength"),
    ]

    /// Where the client finds a fault of the flat body.
    static func placed(_ fault: Fault) -> Fault {
        var fault = fault
        guard fault.loc.count > 1 else { return fault }
        switch fault.loc[1] {
        case "face_images", "fidelity_weight": fault.loc.insert("identity_packet", at: 1)
        case "prompt": fault.loc[1] = "master_prompt"
        default: break
        }
        return fault
    }

    /// The flat body's parameters.
    static func summary(maxFaces: Int, denoise: Double) -> WorkflowSummary {
        let schema: JSON = [
            "type": "object", "required": ["face_images", "prompt"], "additionalProperties": false,
            "properties": [
                "face_images": [
                    "type": "array", "items": ["type": "string", "format": "image"], "minItems": 1,
                    "maxItems": JSON(maxFaces),
                ],
                "fidelity_weight": ["type": "number", "minimum": 0.7, "maximum": 0.95, "default": 0.85],
                "prompt": ["type": "string", "minLength": 1, "maxLength": 10_000],
                "negative_prompt": ["type": "string", "maxLength": 10_000],
                "denoising_strength": [
                    "type": "number", "minimum": 0.35, "maximum": 0.45, "default": .double(denoise),
                ],
                "seed": ["type": "integer", "minimum": 0, "maximum": .unsigned(.max)],
            ],
        ]
        return WorkflowSummary(
            name: "identity", title: "Portrait", description: nil, version: "1", ready: true, reasons: [],
            parameters: (try? ParameterSchema(json: schema)) ?? ParameterSchema())
    }
}

extension PortraitRequest.Mode {
    var kind: ProviderJob.Kind { self == .speed ? .identityPortrait(.speed) : .identityPortrait(.quality) }
    var model: String { self == .speed ? "flux-schnell" : "flux-dev" }
    var steps: JSON { self == .speed ? 4 : 30 }
    var guidance: JSON { self == .speed ? 3.5 : 7.5 }
}
