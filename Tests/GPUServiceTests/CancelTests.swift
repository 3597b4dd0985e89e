import HTTPTypes
import JSONText
import Loop
import TestSupport
import Testing
import Wire

@testable import GPUService

/// A cancel reaches its prompt, whenever it comes.
@Suite struct CancelTests {
    init() { startLoop() }

    private static let workflows = ["w.json": #"{"9": {"class_type": "Show", "inputs": {"value": 1}}}"#]

    @LoopActor private func withService(
        _ newPlace: ScriptedComfyUI.Place, _ body: @LoopActor (RunningGPUService, ScriptedComfyUI) async throws -> Void
    ) async throws {
        let comfyUI = try ScriptedComfyUI(nodes: nil)
        comfyUI.newPlace = newPlace
        try await withGPUService(comfyUIs: [comfyUI.url], workflows: Self.workflows) { service in
            try await until { service.comfyUIs[0].isAvailable }
            try await body(service, comfyUI)
        }
        await comfyUI.kill()
    }

    @Test @LoopActor func `before its prompt is submitted, none is`() async throws {
        try await withService(.running) { service, comfyUI in
            let answer = service.generate("t")
            try await until { service.dispatcher["t"]?.run != nil }
            #expect(service.dispatcher["t"]?.stop() == true)
            #expect(try await answer.value.text.contains(#""kind":"cancelled""#))
            #expect(comfyUI.prompts == [])
        }
    }

    @Test(arguments: [ScriptedComfyUI.Place.running, .pending])
    @LoopActor func `while its prompt is submitted, it is repeated`(place: ScriptedComfyUI.Place) async throws {
        try await withService(place) { service, comfyUI in
            let (arrived, goOn) = (LoopEvent(), LoopEvent())
            comfyUI.onPrompt = { _ in
                arrived.signal()
                try await goOn.wait()
                return nil
            }
            let answer = service.generate("t")
            try await arrived.wait()
            #expect(try await service.call(.delete, "/generate/t").json["cancelled"] == true)
            try await until { comfyUI.stops == 1 }
            goOn.signal()
            #expect(try await answer.value.text.contains(#""kind":"cancelled""#))
            #expect(comfyUI.places == [:])
            #expect(service.comfyUIs[0].isAvailable, "it is not taken for wedged")
        }
    }

    @Test(arguments: [true, false])
    @LoopActor func `that ComfyUI does not hear is repeated, and by whoever asks again`(again: Bool) async throws {
        try await withService(.running) { service, comfyUI in
            comfyUI.deafTo = 1
            let answer = service.generate("t")
            try await until { service.dispatcher["t"]?.hasStarted == true }
            _ = try await service.call(.delete, "/generate/t")
            try await until { comfyUI.stops == 1 }
            if again { _ = try await service.call(.delete, "/generate/t") }
            #expect(try await answer.value.text.contains(#""kind":"cancelled""#))
            #expect(comfyUI.places == [:])
            #expect(service.comfyUIs[0].isAvailable)
        }
    }

    // MARK: Wedged

    @Test @LoopActor func `a prompt that is submitted while its ComfyUI wedges moves on`() async throws {
        try await withService(.pending) { service, comfyUI in
            comfyUI.places["stuck"] = .running
            let (arrived, goOn) = (LoopEvent(), LoopEvent())
            comfyUI.onPrompt = { _ in
                arrived.signal()
                try await goOn.wait()
                return nil
            }
            let answer = service.generate("t")
            try await arrived.wait()
            service.comfyUIs[0].didNotStop("stuck")
            goOn.signal()
            #expect(try await answer.value.text.contains(#""kind":"unavailable""#))
            try await until { comfyUI.places.count == 1 }
        }
    }

    @Test @LoopActor func `no prompt is submitted to a ComfyUI that has wedged`() async throws {
        try await withService(.pending) { service, comfyUI in
            comfyUI.places["stuck"] = .running
            let answer = service.generate("t")
            try await until { service.dispatcher["t"]?.run != nil }
            service.comfyUIs[0].didNotStop("stuck")
            #expect(try await answer.value.text.contains(#""kind":"unavailable""#))
            #expect(comfyUI.prompts == [])
        }
    }

    @Test @LoopActor func `a ComfyUI that wedges while it is away lets its prompts go all the same`() async throws {
        let comfyUI = try ScriptedComfyUI(nodes: nil)
        comfyUI.newPlace = .pending
        comfyUI.places["stuck"] = .running
        try await withGPUService(comfyUIs: [comfyUI.url], workflows: Self.workflows) { service in
            try await until { service.comfyUIs[0].isAvailable }
            let answer = service.generate("t")
            try await until { service.dispatcher["t"]?.accepted != nil }
            comfyUI.isAway = true
            try await until { !service.comfyUIs[0].isAvailable }
            service.comfyUIs[0].didNotStop("stuck")
            #expect(try await answer.value.text.contains(#""kind":"unavailable""#))
        }
        await comfyUI.kill()
    }
}
