import JSONText
import Testing

private let writtenForms: [(value: JSON, text: String)] = [
    (.double(1), "1.0"), (0.1, "0.1"), (1e23, "1e+23"), (.double(.leastNonzeroMagnitude), "5e-324"),
    (.double(-0.0), "-0.0"),
    (.double(.nan), "null"), (.double(-.infinity), "null"), (.unsigned(.max), "18446744073709551615"),
    ("a\"\\\n\u{1}\u{1f}\u{7f}é/", "\"a\\\"\\\\\\n\\u0001\\u001f\u{7f}é/\""), ([], "[]"), ([:], "{}"),
    (["b": 1, "a": [.null, true]], #"{"b":1,"a":[null,true]}"#),
]

@Suite struct JSONValueTests {
    @Test(arguments: writtenForms)
    func `a value is written as the shortest text`(value: JSON, text: String) {
        #expect(value.text == text)
        #expect("\(value)" == text)
    }

    @Test func `pretty text has a member a line and sorted members are in the order of their bytes`() {
        let value: JSON = ["b": [1, 2], "a": [:], "c": []]
        let text = String(decoding: value.serialized(pretty: true, sortedKeys: true), as: UTF8.self)
        #expect(text == "{\n  \"a\": {},\n  \"b\": [\n    1,\n    2\n  ],\n  \"c\": []\n}")
    }

    @Test func `a number that JSON cannot say is found by its path`() {
        #expect(JSON.array([1, 2.5]).firstNonFinite == nil)
        let value: JSON = ["a": [1, ["b": .double(.nan)]]]
        #expect(value.firstNonFinite == ["a", 1, "b"])
    }

    @Test func `an integer is held in the case that its size asks for`() {
        #expect(JSON(UInt64(5)) == .integer(5))
        #expect(JSON(UInt64.max) == .unsigned(.max))
        #expect(JSON.integer(-1).uint64 == nil)
        #expect(JSON.unsigned(.max).int == nil)
        #expect(JSON.double(4).int == nil)
        #expect(JSON.unsigned(.max).double == 18_446_744_073_709_551_616)
    }

    @Test func `members and elements that are not there are nil`() {
        let value: JSON = ["a": [1]]
        #expect(value["a"]?[0] == 1)
        #expect(value["a"]?[1] == nil)
        #expect(value["a"]?[-1] == nil)
        #expect(value["b"] == nil)
        #expect(value[0] == nil)
        #expect(JSON.null["a"] == nil)
    }

    @Test func `objects are equal in any order and their hashes too`() {
        let one: JSONObject = ["a": 1, "b": 2]
        let other: JSONObject = ["b": 2, "a": 1]
        #expect(one == other)
        #expect(one.hashValue == other.hashValue)
        #expect(one != ["a": 1, "b": 3])
        #expect(one != ["a": 1])
    }

    @Test(arguments: [3, 40]) func `members are set, replaced and removed`(count: Int) {
        var object = JSONObject((0..<count).map { ("k\($0)", JSON($0)) })
        object["k1"] = "new"
        object["k0"] = nil
        object["last"] = .null
        #expect(object.count == count)
        #expect(object["k1"] == "new")
        #expect(object["k0"] == nil)
        #expect(object["last"] == .null)
        #expect(object.keys.first == "k1")
        #expect(object.removeValue(forKey: "k2") == 2)
        #expect(object.removeValue(forKey: "k2") == nil)
        #expect(object["last"] == .null)
        #expect(object.merging(["k1": 1, "x": 2]).values.suffix(1) == [2])
    }
}
