import Workflows

/// Which of a request's pictures goes to which parameter of a workflow: the one rule for all.
///
/// A parameter named `target_image`, `face_images` or `face_image` takes its namesake. One named `image` takes the
/// target image, or the first face image where there is none.
enum PictureRules {
    /// A picture of the request.
    enum Source: Hashable, Sendable {
        case target
        case face(Int)
    }

    /// - Parameters:
    ///   - parameters: the workflow's image parameters, with whether each is a list.
    ///   - faces: how many face images there are.
    /// - Returns: the pictures of each parameter that gets one, and those that nobody takes.
    static func assign(
        to parameters: [(name: String, isList: Bool)], hasTarget: Bool, faces: Int
    ) -> (pictures: [String: [Source]], unused: [Source]) {
        var pictures: [String: [Source]] = [:]
        for (name, isList) in parameters {
            let found: [Source] =
                switch name {
                case "target_image": hasTarget ? [.target] : []
                case "face_images", "face_image": (0..<faces).map(Source.face)
                case "image": hasTarget ? [.target] : (0..<faces).map(Source.face)
                default: []
                }
            let taken = isList ? found : Array(found.prefix(1))
            if !taken.isEmpty { pictures[name] = taken }
        }
        let used = Set(pictures.values.joined())
        let all = (hasTarget ? [Source.target] : []) + (0..<faces).map(Source.face)
        return (pictures, all.filter { !used.contains($0) })
    }
}
