import Images
import JSONText

/// The nodes that give something out.
enum SaveNodes {
    /// What goes into a picture's PNG besides its pixels.
    struct Metadata: Sendable {
        /// The graph as submitted.
        let prompt: JSON
        /// `extra_data.extra_pnginfo`: each member becomes a text of its own.
        let extra: JSONObject
    }

    /// What the node gives out; nil when it is no output node.
    static func run(_ call: NodeCall, files: FileStore, metadata: Metadata) throws -> NodeResult? {
        guard call.definition.isOutput else { return nil }
        guard call.definition.isUnchecked == false || call.anyPictures != nil || call.value("images") != nil else {
            return NodeResult(ui: ["text": [.string(call.text("source") ?? call.name)]])
        }
        let pictures = try call.value("images") != nil ? call.pictures("images") : call.anyPictures ?? []
        if call.name == "SaveImageWebsocket" {
            return NodeResult(frames: try pictures.map { try png($0, prefix: "", metadata: nil) })
        }
        let isTemporary = call.name.hasPrefix("Preview")
        let prefix = isTemporary ? "ComfyUI_temp_\(files.temporaryTag)" : call.text("filename_prefix") ?? "ComfyUI"
        let saved = try save(pictures, prefix: prefix, to: isTemporary ? .temp : .output, files: files, metadata)
        let isAnimated = ["Animated", "Video", "WEBM"].contains { call.name.contains($0) }
        return NodeResult(ui: isAnimated ? saved.merging(["animated": [true]]) : saved)
    }

    private static func save(
        _ pictures: [Picture], prefix: String, to folder: FileStore.Folder, files: FileStore, _ metadata: Metadata
    ) throws -> JSONObject {
        let place = try files.place(prefix: prefix, in: folder)
        var names: [JSON] = []
        for (offset, picture) in pictures.enumerated() {
            let name = place.name(offset)
            let bytes = try png(picture, prefix: prefix, metadata: metadata)
            guard FileStore.write(bytes, to: place.directory + "/" + name) else {
                throw NodeFailure("OSError", "[Errno 28] No space left on device: '\(place.directory)/\(name)'")
            }
            names.append([
                "filename": .string(name), "subfolder": .string(place.subfolder), "type": .string(folder.rawValue),
            ])
        }
        return ["images": .array(names)]
    }

    /// The picture's file, its caption drawn, with ComfyUI's texts and one of the sandbox's own.
    private static func png(_ picture: Picture, prefix: String, metadata: Metadata?) throws -> [UInt8] {
        let raster = try picture.caption?.drawn(on: picture.raster, prefix: prefix) ?? picture.raster
        guard let metadata else { return try raster.encodePNG() }
        var texts = [PNGText(keyword: "prompt", text: metadata.prompt.text)]
        for (name, value) in metadata.extra
        where (1...79).contains(name.utf8.count) && name.utf8.allSatisfy({ $0 < 128 }) {
            texts.append(PNGText(keyword: name, text: value.text))
        }
        if let caption = picture.caption {
            let seed = caption.seed.map { JSON($0) } ?? .null
            let sandbox: JSON = ["prefix": .string(prefix), "prompt": .string(caption.prompt), "seed": seed]
            texts.append(PNGText(keyword: "sandbox", text: sandbox.text))
        }
        return try raster.encodePNG(texts: texts)
    }
}
