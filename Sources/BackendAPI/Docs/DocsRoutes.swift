import HTTP
import HTTPTypes
import Loop

/// `GET /openapi.json` and `GET /docs`, made anew from the catalogue as it is.
@LoopActor
struct DocsRoutes {
    let catalogue: Catalogue
    let title: String
    let version: String
    let auth: AuthMode

    func add(to router: Router) {
        router.on(.get, "/openapi.json") { _ in
            .json(APIDocument.json(catalogue.merged, title: title, version: version, auth: auth))
        }
        router.on(.get, "/docs") { _ in
            Response(
                headers: [
                    .contentType: "text/html; charset=utf-8", .contentSecurityPolicy: Self.policy,
                    .xContentTypeOptions: "nosniff", .referrerPolicy: "no-referrer",
                    .crossOriginOpenerPolicy: "same-origin",
                ],
                body: .bytes(Array(APIPage.html(catalogue.merged, title: title, version: version).utf8)))
        }
    }

    /// The page brings its own style, and nothing else may run or be fetched.
    private static let policy =
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

extension HTTPField.Name {
    /// W3C Referrer Policy; HTML standard, "Cross-origin opener policies". The literals are tokens, so the names exist.
    static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
    static let crossOriginOpenerPolicy = HTTPField.Name("Cross-Origin-Opener-Policy")!
}
