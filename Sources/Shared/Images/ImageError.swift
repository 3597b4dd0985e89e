/// Why a picture was refused or could not be made.
public struct ImageError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What went wrong, for a program to decide by.
    public enum Reason: Sendable, Hashable {
        /// The content is of no known format.
        case unrecognised
        /// A known format that is not accepted, or that this libvips cannot read.
        case unsupported(ImageFormat)
        /// More pixels than allowed, in all or on a side.
        case tooLarge(width: Int, height: Int)
        /// The content is damaged or ends too soon.
        case damaged(ImageFormat)
        /// The file is not there, is no regular file, is too long, or reading it failed.
        case unreadable
        /// The caller asked for what cannot be: a size, a quality, a keyword.
        case invalidRequest
        /// libvips failed at something that the content is not to blame for.
        case failed
    }

    /// What went wrong.
    public let reason: Reason
    /// Whole sentences for the end user. No path, no name of a library.
    public let message: String
    /// What the library said, for the log, with paths taken out; empty when it said nothing.
    public let detail: String

    public var description: String { detail.isEmpty ? message : "\(message) (\(detail))" }

    init(_ reason: Reason, _ message: String, detail: String = "") {
        self.reason = reason
        self.message = message
        self.detail = detail
    }

    static let formatsToSend = "Send a PNG, JPEG, WebP, GIF, AVIF or HEIC picture."

    static let unrecognised = ImageError(.unrecognised, "The file is not a picture that can be used. \(formatsToSend)")

    static func unsupported(_ format: ImageFormat) -> ImageError {
        let what = format.isVideo ? "The file is a film (\(format.name))." : "\(format.name) pictures cannot be used."
        return ImageError(.unsupported(format), "\(what) \(formatsToSend)")
    }

    static func tooLarge(_ width: Int, _ height: Int, _ limits: ImageLimits) -> ImageError {
        ImageError(
            .tooLarge(width: width, height: height),
            """
            The picture is \(width) × \(height) pixels; at most \(limits.maximumSide) a side and \
            \(limits.maximumPixels) in all can be used.
            """)
    }

    static func damaged(_ format: ImageFormat, _ detail: String) -> ImageError {
        ImageError(.damaged(format), "The \(format.name) picture is damaged or incomplete.", detail: detail)
    }

    static func unreadable(_ detail: String) -> ImageError {
        ImageError(.unreadable, "The picture could not be read.", detail: detail)
    }

    static func invalid(_ message: String) -> ImageError { ImageError(.invalidRequest, message) }

    static func failed(_ call: String, _ detail: String) -> ImageError {
        ImageError(.failed, "The picture could not be processed.", detail: "\(call): \(detail)")
    }
}
