/// A kind of sound or film that is known by its content. It is handed on as it is: nothing of it is decoded here.
public enum MediaFormat: String, Sendable, Hashable, CaseIterable {
    case wav, mp3, flac, ogg, m4a, mp4, mov, webm

    /// The media type, as in `Content-Type` (IANA's registry).
    public var mimeType: String {
        switch self {
        case .wav: "audio/wav"
        case .mp3: "audio/mpeg"
        case .flac: "audio/flac"
        case .ogg: "audio/ogg"
        case .m4a: "audio/mp4"
        case .mp4: "video/mp4"
        case .mov: "video/quicktime"
        case .webm: "video/webm"
        }
    }

    /// The usual end of a file's name, without the dot.
    public var fileExtension: String { rawValue }

    /// Whether it is a film; a film's sound will do where sound is wanted.
    public var isVideo: Bool { [.mp4, .mov, .webm].contains(self) }

    /// Tells the format by the first bytes of the content, as many as ``ImageFormat/sniffedBytes``; nil when it is none of
    /// those known. It says nothing about whether the rest is whole.
    public init?(sniffing content: some Collection<UInt8>) {
        let head = Array(content.prefix(ImageFormat.sniffedBytes))
        if let film = Self.film(head) {
            self = film
        } else if head.starts(with: "RIFF".utf8), head.dropFirst(8).starts(with: "WAVE".utf8) {
            self = .wav
        } else if head.starts(with: "fLaC".utf8) {
            self = .flac
        } else if head.starts(with: "OggS".utf8) {
            self = .ogg
        } else if head.starts(with: "ID3".utf8) || Self.isMPEGAudio(head) {
            self = .mp3
        } else {
            return nil
        }
    }

    /// The same for what lies in a file or in memory.
    ///
    /// - Throws: ``ImageError`` where it cannot be read, or is longer than the limits allow.
    public init?(of source: ImageSource, limits: ImageLimits = .standard) throws {
        self.init(sniffing: try source.head(limits))
    }

    private static func film(_ head: [UInt8]) -> MediaFormat? {
        switch ImageFormat(sniffing: head) {
        case .webm: return .webm
        case .mp4: return isAudioBrand(head) ? .m4a : .mp4
        case .none where head.count >= 12 && head[4..<8].elementsEqual("ftyp".utf8):
            if isAudioBrand(head) { return .m4a }
            return head[8..<12].elementsEqual("qt  ".utf8) ? .mov : nil
        default: return nil
        }
    }

    private static func isAudioBrand(_ head: [UInt8]) -> Bool {
        head.count >= 12 && (head[8..<12].elementsEqual("M4A ".utf8) || head[8..<12].elementsEqual("M4B ".utf8))
    }

    /// A frame of layer 3 (ISO/IEC 11172-3, 13818-3): twelve or eleven set bits, the layer, and no reserved bit rate or
    /// sampling frequency.
    private static func isMPEGAudio(_ head: [UInt8]) -> Bool {
        guard head.count >= 4, head[0] == 0xFF, head[1] & 0xE0 == 0xE0 else { return false }
        let (version, layer) = (head[1] >> 3 & 3, head[1] >> 1 & 3)
        return version != 1 && layer == 1 && head[2] >> 4 != 15 && head[2] >> 2 & 3 != 3
    }
}
