import Testing
import Wire

@testable import BackendAPI

/// What comes of a task when a process dies at each step of it, as `TaskLife` decides: how often its prompt runs, on
/// which attempt it ends. ComfyUI is modelled by what it remembers: a prompt by its name, until it dies itself.
@Suite struct DeathTests {
    enum Process: CaseIterable, Sendable { case backend, gpuService, comfyUI }
    enum Step: Int, CaseIterable, Sendable { case beforeSubmit, submitted, running, finished, fetching, stored }

    struct World {
        var life = TaskLife(state: .running, attempt: 1)
        /// What ComfyUI has of each attempt.
        var prompts: [Int: Step] = [:]
        var promptsRun = 0

        /// Does one step of the attempt; what is there already is found, not made again.
        mutating func perform(_ step: Step) -> TaskLife.Event? {
            switch step {
            case .beforeSubmit: return nil
            case .submitted: if prompts[life.attempt] == nil { prompts[life.attempt] = .submitted }
            case .running, .finished:
                guard let known = prompts[life.attempt] else { return .failure(GenerationFailure(.lost, "lost")) }
                if step == .finished, known.rawValue < Step.finished.rawValue { promptsRun += 1 }
                prompts[life.attempt] = Step(rawValue: max(known.rawValue, step.rawValue))
            case .fetching: if prompts[life.attempt] == nil { return .fileGone }
            case .stored: return .result
            }
            return nil
        }

        /// - Returns: what the backend, or the one after it, observes.
        mutating func die(_ process: Process, at step: Step) -> TaskLife.Event? {
            switch process {
            case .backend: return .restart
            case .gpuService: return .connectionLost
            case .comfyUI:
                prompts = [:]
                return step == .beforeSubmit ? .failure(GenerationFailure(.unavailable, "away")) : nil
            }
        }
    }

    /// Follows a task to its end, with one death after one step.
    private func live(_ process: Process, at deathStep: Step) -> World {
        var world = World()
        var hasDied = false
        var step = Step.beforeSubmit
        for _ in 0..<50 {
            var event = world.perform(step)
            if event == .result {
                world.life.state = .done
                return world
            }
            if step == deathStep, !hasDied {
                hasDied = true
                event = world.die(process, at: step) ?? event
            }
            guard let event else {
                step = Step(rawValue: step.rawValue + 1) ?? .stored
                continue
            }
            switch world.life.observe(event) {
            case .sameAttempt: break
            case .nextAttempt: world.life.attempt += 1
            default: return world
            }
            step = .beforeSubmit
        }
        return world
    }

    @Test(arguments: Process.allCases, Step.allCases)
    func `a death costs what ComfyUI forgot, and nothing more`(process: Process, step: Step) {
        let world = live(process, at: step)
        #expect(world.life.state == .done)
        // ComfyUI keeps nothing over its own death; what is fetched already is not needed again.
        let isForgotten = process == .comfyUI && [.submitted, .running, .finished, .fetching].contains(step)
        let isLost = isForgotten && step != .fetching
        #expect(world.life.attempt == (isLost ? 2 : 1))
        #expect(world.promptsRun == (isLost && step == .finished ? 2 : 1))
    }
}
