import HTTPTypes

/// What can go wrong with a portrait (contract 2), and what the end user is told of it: the one catalogue of all
/// languages.
enum PortraitError: Int, Sendable, CaseIterable {
    case noFace = 1001
    case poorImage = 1002
    case timeout = 2001
    case rateLimited = 2002
    case refused = 3001
    case provider = 4001

    /// Whether the same request may do better.
    var mayRetry: Bool { self != .noFace && self != .refused }

    var status: HTTPResponse.Status {
        switch self {
        case .noFace, .poorImage, .refused: .unprocessableContent
        case .timeout: .gatewayTimeout
        case .rateLimited: .tooManyRequests
        case .provider: .badGateway
        }
    }

    enum Language: String, Sendable, CaseIterable {
        case english = "en"
        case turkish = "tr"
        case vietnamese = "vi"

        /// The one that a client likes best of those that there are (RFC 9110, section 12.5.4); English otherwise.
        init(accepting header: String?) {
            var best: (language: Language, weight: Double)?
            for item in (header ?? "").split(separator: ",") {
                let parts = item.split(separator: ";").map { $0.filter { $0 != " " } }
                guard let tag = parts.first?.split(separator: "-").first,
                    let language = Language(rawValue: tag.lowercased())
                else { continue }
                let quality = parts.dropFirst().first { $0.hasPrefix("q=") }
                let weight = quality.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
                if weight > 0, weight > best?.weight ?? 0 { best = (language, weight) }
            }
            self = best?.language ?? .english
        }
    }

    struct Words: Sendable, Equatable {
        /// What happened.
        let message: String
        /// What to do about it.
        let action: String
    }

    func words(in language: Language) -> Words {
        // Each code has its words in each language, as a test sees to.
        Self.catalogue[self]?[language] ?? Words(message: "The picture could not be made.", action: "Try again later.")
    }

    static let catalogue: [PortraitError: [Language: Words]] = [
        .noFace: [
            .english: Words(
                message: "No face was found in the reference photo.",
                action: "Choose a photo that shows the face from the front, with nothing covering it."),
            .turkish: Words(
                message: "Referans fotoğrafta yüz bulunamadı.",
                action: "Yüzün önden göründüğü ve hiçbir şeyle örtülmediği bir fotoğraf seçin."),
            .vietnamese: Words(
                message: "Không tìm thấy khuôn mặt trong ảnh tham chiếu.",
                action: "Hãy chọn ảnh chụp chính diện, khuôn mặt không bị che."),
        ],
        .poorImage: [
            .english: Words(
                message: "The reference photo is too small, too dark or too blurred.",
                action: "Choose a sharp, well lit photo in which the face is larger."),
            .turkish: Words(
                message: "Referans fotoğraf çok küçük, çok karanlık ya da çok bulanık.",
                action: "Yüzün daha büyük göründüğü, net ve iyi aydınlatılmış bir fotoğraf seçin."),
            .vietnamese: Words(
                message: "Ảnh tham chiếu quá nhỏ, quá tối hoặc quá mờ.",
                action: "Hãy chọn ảnh rõ nét, đủ sáng và có khuôn mặt lớn hơn."),
        ],
        .timeout: [
            .english: Words(message: "Making the picture took too long.", action: "Try again in a moment."),
            .turkish: Words(message: "Resmin oluşturulması çok uzun sürdü.", action: "Birazdan tekrar deneyin."),
            .vietnamese: Words(message: "Tạo ảnh mất quá nhiều thời gian.", action: "Vui lòng thử lại sau giây lát."),
        ],
        .rateLimited: [
            .english: Words(message: "There are too many requests now.", action: "Wait a little and try again."),
            .turkish: Words(message: "Şu anda çok fazla istek var.", action: "Biraz bekleyip tekrar deneyin."),
            .vietnamese: Words(message: "Hiện có quá nhiều yêu cầu.", action: "Vui lòng đợi một chút rồi thử lại."),
        ],
        .refused: [
            .english: Words(
                message: "The request is refused by the safety policy.", action: "Describe another picture."),
            .turkish: Words(message: "İstek güvenlik kurallarınca reddedildi.", action: "Başka bir resim tarif edin."),
            .vietnamese: Words(
                message: "Yêu cầu bị từ chối theo chính sách an toàn.", action: "Hãy mô tả một bức ảnh khác."),
        ],
        .provider: [
            .english: Words(message: "The picture could not be made.", action: "Try again later."),
            .turkish: Words(message: "Resim oluşturulamadı.", action: "Daha sonra tekrar deneyin."),
            .vietnamese: Words(message: "Không thể tạo ảnh.", action: "Vui lòng thử lại sau."),
        ],
    ]
}
