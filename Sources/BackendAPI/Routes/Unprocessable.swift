import HTTP
import HTTPTypes
import Workflows

/// A 422 in FastAPI's shape: every fault at once.
struct Unprocessable: HTTPResponseError {
    let faults: [Fault]

    var response: Response { .json(Fault.detail(faults), status: .unprocessableContent) }
}
