import HTTPTypes
import JSONText
import Testing
import Workflows

@testable import BackendAPI

@Suite struct ByteRangeTests {
    @Test(arguments: [
        (nil, ByteRange.Asked.whole), ("bytes=0-0", .part(0..<1)), ("bytes=2-4", .part(2..<5)),
        ("bytes=7-", .part(7..<10)), ("bytes=-3", .part(7..<10)), ("bytes=-30", .part(0..<10)),
        ("bytes=8-99", .part(8..<10)), ("bytes=10-", .unsatisfiable), ("bytes=10-12", .unsatisfiable),
        ("bytes=-0", .unsatisfiable), ("bytes=5-2", .whole), ("bytes=0-1,3-4", .whole), ("bytes=-", .whole),
        ("bytes=a-b", .whole), ("items=0-1", .whole), ("bytes=0-99999999999999999999999", .whole),
    ])
    func `one range of a file of ten bytes`(_ field: String?, _ asked: ByteRange.Asked) {
        #expect(ByteRange.read(field, size: 10) == asked)
    }

    @Test func `an empty file has no range`() {
        #expect(ByteRange.read("bytes=0-", size: 0) == .unsatisfiable)
        #expect(ByteRange.read("bytes=-1", size: 0) == .unsatisfiable)
    }
}

@Suite struct PictureRulesTests {
    private func assign(_ parameters: [(String, Bool)], target: Bool, faces: Int) -> (
        [String: [PictureRules.Source]], Int
    ) {
        let given = PictureRules.assign(to: parameters.map { ($0.0, $0.1) }, hasTarget: target, faces: faces)
        return (given.pictures, given.unused.count)
    }

    @Test func `namesakes take their pictures`() {
        let (pictures, unused) = assign([("face_images", true), ("target_image", false)], target: true, faces: 2)
        #expect(pictures == ["face_images": [.face(0), .face(1)], "target_image": [.target]])
        #expect(unused == 0)
    }

    @Test func `a parameter named image takes the target, else the first face`() {
        #expect(assign([("image", false)], target: true, faces: 1).0 == ["image": [.target]])
        #expect(assign([("image", false)], target: true, faces: 1).1 == 1)
        #expect(assign([("image", false)], target: false, faces: 2).0 == ["image": [.face(0)]])
        #expect(assign([("image", false)], target: false, faces: 2).1 == 1)
    }

    @Test func `a picture that nobody takes is told`() {
        #expect(assign([], target: true, faces: 3).1 == 4)
        #expect(assign([("mask", false)], target: true, faces: 0).0.isEmpty)
    }
}

@Suite struct GenerateFormTests {
    @Test func `null is as good as absent, and unknown fields are passed over`() {
        let form = GenerateForm([
            "mode": "paint", "prompt": .null, "style": .null, "face_images": .null, "target_image": .null,
            "extra_params": .null,
            "priority": .null, "output_format": .null, "quality": .null, "previews": .null, "keep_metadata": .null,
            "colour": 7,
        ])
        #expect(form.faults.isEmpty)
        #expect(form.mode == "paint")
        #expect(form.options == GenerationTask.Options())
    }

    @Test func `every field of the wrong type is told`() {
        let form = GenerateForm([
            "mode": 1, "prompt": [], "style": 2.5, "face_images": "x", "extra_params": [], "priority": "urgent",
            "output_format": "bmp", "quality": 101, "previews": "yes", "keep_metadata": 1,
        ])
        #expect(
            Set(form.faults.map { $0.loc.map(\.json) })
                == Set(
                    [
                        "mode", "prompt", "style", "face_images", "extra_params", "priority", "output_format",
                        "quality",
                        "previews", "keep_metadata",
                    ].map { ["body", .string($0)] }))
    }

    @Test(arguments: [JSON.null, [], "x", 1])
    func `a body that is no object is one fault`(_ body: JSON) {
        #expect(GenerateForm(body).faults.map(\.type) == ["model_attributes_type"])
    }
}

@Suite struct WaitRulesTests {
    private let rules = WaitRules(longest: .seconds(90))

    @Test func `the wish is capped`() {
        #expect(rules.preferred([.prefer: "wait=5"]) == .seconds(5))
        #expect(rules.preferred([.prefer: "respond-async, wait=600"]) == .seconds(90))
        #expect(rules.preferred([.prefer: "wait=\"7\""]) == .seconds(7))
    }

    @Test(arguments: ["wait", "wait=", "wait=x", "wait=-1", "wait=nan", "wait=inf", "handling=strict"])
    func `what is no number of seconds is no wish`(_ text: String) {
        #expect(rules.preferred([.prefer: text]) == nil)
    }
}
