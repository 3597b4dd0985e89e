import JSONText
import Logging
import Loop
import Outbound
import TestSupport
import Testing
import Wire

@testable import GPUService

/// What is kept of a generation, and for how long.
@Suite struct GenerationTests {
    init() { startLoop() }

    @Test @LoopActor func `an ended generation keeps its result, and neither its run nor its preview`() {
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let http = HTTPClient()
        defer { http.close() }
        let comfyUI = ComfyUI(baseURL: "http://127.0.0.1:1", capacity: 1, http: http, logger: logger)
        weak var forgotten: Generation?
        weak var run: PromptRun?
        do {
            let generation = Generation(taskID: "t", attempt: 1, promptID: "p", workflow: "w", requestID: "r")
            let following = PromptRun(promptID: "p", graph: .null, limit: nil, on: comfyUI) { generation.report($0) }
            (forgotten, run) = (generation, following)
            generation.placed(on: comfyUI, run: following)
            generation.report(.preview(mime: "image/png", base64: "AAAA"))
            #expect(generation.preview != nil)
            generation.finished([])
            #expect(generation.preview == nil)
            #expect(generation.end == .result([]))
        }
        #expect(run == nil)
        #expect(forgotten == nil)
    }
}
