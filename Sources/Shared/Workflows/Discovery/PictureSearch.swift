internal import JSONText

/// Finds the inputs that name a picture in ComfyUI's input folder.
struct PictureSearch {
    let images: [Manifest.Target]
    let masks: [Manifest.Target]

    init(_ map: GraphMap) {
        var images: [Manifest.Target] = []
        var masks: [Manifest.Target] = []
        for id in map.ids {
            for (name, _) in map.literals(of: id) where Self.isPicture(name, of: id, map) {
                let target = Manifest.Target(node: id, input: name)
                if map.classType(of: id) == "LoadImageMask" { masks.append(target) } else { images.append(target) }
            }
        }
        self.images = images
        self.masks = masks
    }

    static func isPicture(_ input: String, of id: String, _ map: GraphMap) -> Bool {
        guard map.literal(input, of: id)?.string != nil else { return false }
        if case .choice(_, upload: .image) = map.known(input, of: id)?.kind {
            // `LoadImageOutput` chooses among results.
            return map.classType(of: id) != "LoadImageOutput"
        }
        return input == "image" && ["LoadImage", "LoadImageMask"].contains(map.classType(of: id))
    }
}
