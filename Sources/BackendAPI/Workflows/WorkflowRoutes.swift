import HTTP
import HTTPTypes
import JSONText
import Loop
import Workflows

/// `GET /workflows`, `GET /workflows/{name}`, `GET /styles`.
@LoopActor
struct WorkflowRoutes {
    let catalogue: Catalogue

    func add(to router: Router) {
        router.on(.get, "/workflows") { _ in
            .json(["workflows": .array(catalogue.merged.workflows.map(\.json))])
        }
        router.on(.get, "/workflows/{name}") { request in
            let name = Catalogue.workflowName(ofMode: request.parameters["name"] ?? "")
            guard let workflow = catalogue[name] else {
                throw HTTPProblem(.notFound, "There is no workflow \"\(name.prefix(100))\".")
            }
            return .json(workflow.json)
        }
        router.on(.get, "/styles") { _ in .json(["styles": .array(catalogue.merged.styles.map(\.json))]) }
    }
}
