internal import JSONText

/// Finds the inputs that name a picture, a sound or a film in ComfyUI's input folder.
struct PictureSearch {
    let images: [Manifest.Target]
    let masks: [Manifest.Target]
    let sounds: [Manifest.Target]
    let films: [Manifest.Target]

    init(_ map: GraphMap) {
        var images: [Manifest.Target] = []
        var masks: [Manifest.Target] = []
        var sounds: [Manifest.Target] = []
        var films: [Manifest.Target] = []
        for id in map.ids {
            for (name, _) in map.literals(of: id) {
                let target = Manifest.Target(node: id, input: name)
                switch Self.upload(name, of: id, map) {
                case .image where map.classType(of: id) == "LoadImageMask": masks.append(target)
                case .image: images.append(target)
                case .audio: sounds.append(target)
                case .video: films.append(target)
                default: break
                }
            }
        }
        (self.sounds, self.films) = (sounds, films)
        self.images = images
        self.masks = masks
    }

    /// What a request uploads for an input; nil for one that names no file, or a result.
    static func upload(_ input: String, of id: String, _ map: GraphMap) -> ValueSchema.Format? {
        guard map.literal(input, of: id)?.string != nil else { return nil }
        let type = map.classType(of: id)
        switch map.known(input, of: id)?.kind {
        // `LoadImageOutput` chooses among results.
        case .choice(_, upload: .image): return type == "LoadImageOutput" ? nil : .image
        case .choice(_, upload: .audio): return .audio
        case .choice(_, upload: .video): return .video
        default: return usual["\(type).\(input)"]
        }
    }

    /// ComfyUI's own loaders, for while its nodes are not known.
    private static let usual: [String: ValueSchema.Format] = [
        "LoadImage.image": .image, "LoadImageMask.image": .image, "LoadAudio.audio": .audio, "LoadVideo.file": .video,
    ]
}
