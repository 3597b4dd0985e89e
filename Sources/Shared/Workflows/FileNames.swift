/// Names of files that a client may give, which ComfyUI joins to a folder of its own without looking at them:
/// its `LoadImage` reads any file of the machine that a name with `..` leads to.
enum FileNames {
    /// Why the name could reach a file outside its folder, as the end of "a file name …"; nil when it cannot.
    static func fault(in name: String) -> String? {
        if name.isEmpty { return "must not be empty" }
        if name.utf8.count > 1024 { return "must be at most 1024 bytes" }
        if name.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
            return "must hold no control characters"
        }
        if name.utf8.contains(UInt8(ascii: "\\")) { return "must hold no backslash" }
        if name.utf8.first == UInt8(ascii: "/") || isDrive(name) { return "must not be absolute" }
        let steps = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        if steps.contains(where: { $0.elementsEqual("..".utf8) }) { return "must not hold '..'" }
        return nil
    }

    /// The same for a name that a client chose: it may not pick another folder with ComfyUI's ` [output]` either.
    static func faultInChosen(_ name: String) -> String? {
        if let fault = fault(in: name) { return fault }
        // folder_paths.annotated_filepath: the end of the name says which folder it is looked for in.
        let trimmed = name.lowercased()
        let annotated = ["[output]", "[input]", "[temp]"].contains { trimmed.hasSuffix($0) }
        return annotated ? "must not name another folder in brackets" : nil
    }

    private static func isDrive(_ name: String) -> Bool {
        let start = Array(name.utf8.prefix(2))
        return start.count == 2 && start[1] == UInt8(ascii: ":") && Character(Unicode.Scalar(start[0])).isLetter
    }
}
