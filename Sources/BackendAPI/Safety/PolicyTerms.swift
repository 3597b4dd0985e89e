/// The built-in safety policy, as data: sections of terms, a line each, in a file a language.
///
/// - `harmless`: phrases that are taken out before anything is judged.
/// - `always`: refused in any request.
/// - `photo`: nudity and undressing; refused where a photo is part of the request.
/// - `sexual`: sexual content; refused as `photo` is.
/// - `minors`: words for those under age; refused together with a term of `photo` or `sexual`, photo or not. An age below
///   18 ("16 years old", "15 yaşında", "12 tuổi") counts as one.
///
/// Accents and case do not matter (``FoldedText``); ``PolicyTerm`` tells of `*` and `~`.
enum PolicyTerms {
    static let builtIn = [english, turkish, vietnamese].joined(separator: "\n")
}
