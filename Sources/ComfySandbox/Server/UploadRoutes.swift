import Crypto
import Foundation
import HTTP
import HTTPTypes
import Images
import JSONText
import Loop

/// `POST /upload/image` and `/upload/mask`.
@LoopActor
struct UploadRoutes {
    let files: FileStore

    init(files: FileStore) { self.files = files }

    func image(_ request: Request) async throws -> Response { try await upload(request, isMask: false) }

    func mask(_ request: Request) async throws -> Response { try await upload(request, isMask: true) }

    private func upload(_ request: Request, isMask: Bool) async throws -> Response {
        let body = try await request.body.collect(upTo: Routes.bodyLimit)
        let type = request.headerFields[.contentType]
        return try await offLoop { [files] in
            guard let form = MultipartBody(body, contentType: type) else { return Answers.empty(.badRequest) }
            return try Upload(files: files, form: form, isMask: isMask).save()
        }
    }
}

/// One upload, put where its form says. Blocks.
struct Upload {
    let files: FileStore
    let form: MultipartBody
    let isMask: Bool

    /// - Throws: ``Crash`` where ComfyUI stumbles.
    func save() throws -> Response {
        guard let image = form.part("image") else { return Answers.empty(.badRequest) }
        guard let fileName = image.fileName, !fileName.isEmpty else { throw Crash() }
        guard let folder = FileStore.Folder(rawValue: form.part("type")?.text ?? "input") else { throw Crash() }
        let subfolder = form.part("subfolder")?.text ?? ""
        guard let directory = try? files.directory(folder, subfolder: subfolder) else {
            return Answers.empty(.badRequest)
        }
        // A name with folders in it works only where those are there, and ComfyUI makes none.
        guard !fileName.split(separator: "/").contains("..") else { return Answers.empty(.badRequest) }
        guard !fileName.contains("/") else { throw Crash() }
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let name = try isMask ? saveMask(image, fileName, directory) : saveImage(image, fileName, directory)
        return Answers.json([
            "name": .string(name), "subfolder": .string(subfolder), "type": .string(folder.rawValue),
        ])
    }

    /// A file of the same name with the same bytes is used again; with other bytes, the new one gets a number.
    private func saveImage(_ image: MultipartBody.Part, _ fileName: String, _ directory: String) throws -> String {
        let name = freeName(fileName, content: image.content, directory)
        try write(image.content, directory + "/" + name)
        return name
    }

    private func freeName(_ fileName: String, content: [UInt8], _ directory: String) -> String {
        if ["true", "1"].contains(form.part("overwrite")?.text ?? "") { return fileName }
        let dot = fileName.dropFirst().lastIndex(of: ".") ?? fileName.endIndex
        let (stem, ending) = (fileName[..<dot], fileName[dot...])
        var name = fileName
        for number in 1...10_000 {
            guard let there = FileStore.read(directory + "/" + name), there != content else { break }
            name = "\(stem) (\(number))\(ending)"
        }
        return name
    }

    private func write(_ bytes: [UInt8], _ path: String) throws {
        guard FileStore.write(bytes, to: path) else { throw Crash() }
    }

    /// The colours of the original under the alpha of the mask; nothing when the original is not there.
    private func saveMask(_ image: MultipartBody.Part, _ fileName: String, _ directory: String) throws -> String {
        guard let reference = form.part("original_ref"), let json = try? JSON(parsing: reference.content),
            let original = json["filename"]?.string,
            let folder = FileStore.Folder(rawValue: json["type"]?.string ?? "output")
        else { throw Crash() }
        let place = try? files.directory(folder, subfolder: json["subfolder"]?.string ?? "")
        guard let place, let bytes = FileStore.read(place + "/" + original) else { return fileName }
        try write(masked(bytes, image.content), directory + "/" + fileName)
        return fileName
    }

    private func masked(_ original: [UInt8], _ mask: [UInt8]) throws -> [UInt8] {
        let colours = try Raster.decode(original).converted(toChannels: 4)
        let alpha = try Raster.decode(mask).converted(toChannels: 4)
        guard colours.width == alpha.width, colours.height == alpha.height else { throw Crash() }
        var pixels = colours.pixels
        for at in stride(from: 3, to: pixels.count, by: 4) { pixels[at] = alpha.pixels[at] }
        return try Raster(width: colours.width, height: colours.height, channels: 4, pixels: pixels).encodePNG()
    }
}
