import HTTP
import HTTPTypes
import Loop

/// `GET /openapi.json` and `GET /docs`, made anew from the catalogue as it is.
@LoopActor
struct DocsRoutes {
    let catalogue: Catalogue
    let title: String
    let version: String

    func add(to router: Router) {
        router.on(.get, "/openapi.json") { _ in
            .json(APIDocument.json(catalogue.merged, title: title, version: version))
        }
        router.on(.get, "/docs") { _ in
            Response(
                headers: [
                    .contentType: "text/html; charset=utf-8", .contentSecurityPolicy: Self.policy,
                    .xContentTypeOptions: "nosniff",
                ],
                body: .bytes(Array(APIPage.html(catalogue.merged, title: title, version: version).utf8)))
        }
    }

    /// The page brings its own style, and nothing else may run or be fetched.
    private static let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
}
