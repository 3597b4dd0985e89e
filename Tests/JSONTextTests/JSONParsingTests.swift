import JSONText
import Testing

@Suite struct JSONParsingTests {
    @Test(arguments: validTexts)
    func `a valid text gives its value`(text: String, value: JSON) throws {
        #expect(try JSON(parsing: text) == value)
    }

    @Test(arguments: invalidTexts)
    func `an invalid text is refused with the byte and the reason`(text: [UInt8], offset: Int, reason: String) {
        #expect(throws: JSONError(offset: offset, reason: reason)) { try JSON(parsing: text) }
    }

    @Test(arguments: validTexts)
    func `a value survives being written and read`(text: String, value: JSON) throws {
        #expect(try JSON(parsing: value.serialized()) == value)
        #expect(try JSON(parsing: value.serialized(pretty: true, sortedKeys: true)) == value)
    }

    @Test func `a seed comes back to the digit`() throws {
        for seed in ["0", "9223372036854775807", "9223372036854775808", "18446744073709551615"] {
            #expect(try JSON(parsing: seed).text == seed)
            #expect(try JSON(parsing: seed).uint64 == UInt64(seed))
        }
    }

    @Test func `members keep their order and a repeated one its first place and last value`() throws {
        let value = try JSON(parsing: #"{"z":1,"a":2,"m":3,"z":4}"#)
        #expect(value.text == #"{"z":4,"a":2,"m":3}"#)
    }

    @Test func `names are compared by their bytes`() throws {
        let value = try JSON(parsing: "{\"\u{e9}\":1,\"e\u{301}\":2}")
        #expect(value["\u{e9}"] == 1)
        #expect(value["e\u{301}"] == 2)
    }

    @Test func `a large object finds every member`() throws {
        let members = (0..<5000).map { "\"k\($0 % 4000)\":\($0)" }.joined(separator: ",")
        let object = try #require(JSON(parsing: "{\(members)}").object)
        #expect(object.count == 4000)
        #expect(object["k0"] == 4000)
        #expect(object["k3999"] == 3999)
        #expect(object["k4000"] == nil)
    }

    @Test func `nesting ends at the limit and not with the stack`() throws {
        let deepest = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
        #expect(throws: Never.self) { try JSON(parsing: deepest) }
        let tooDeep = String(repeating: "[", count: 100_000)
        #expect(throws: JSONError(offset: 128, reason: "more than 128 levels deep")) { try JSON(parsing: tooDeep) }
        let objects = String(repeating: #"{"a":"#, count: 129)
        #expect(throws: JSONError(offset: 640, reason: "more than 128 levels deep")) { try JSON(parsing: objects) }
    }

    @Test func `each limit refuses what is over it and lets pass what reaches it`() throws {
        let limits = JSONLimits(depth: 2, values: 4, stringBytes: 3, nameBytes: 2, numberBytes: 5)
        for text in ["[[1]]", "[1,2,3]", #""abc""#, #""\u0041\u0042\u0043""#, #"{"ab":1}"#, "12345"] {
            #expect(throws: Never.self) { try JSON(parsing: text, limits: limits) }
        }
        for text in ["[[[1]]]", "[1,2,3,4]", #""abcd""#, #""\u0041\u0042\u0043\u0044""#, #"{"abc":1}"#, "123456"] {
            #expect(throws: JSONError.self) { try JSON(parsing: text, limits: limits) }
        }
    }

    @Test func `a long string is one value`() throws {
        let long = String(repeating: "0123456789abcdeé", count: 20_000)
        #expect(try JSON(parsing: "[\"\(long)\"]") == [.string(long)])
    }

    @Test func `an error names its line`() {
        let text = Array("{\n  \"a\": 1,\n  oops\n}".utf8)
        #expect(throws: JSONError(offset: 14, reason: "expected a member name in quotes")) { try JSON(parsing: text) }
        #expect(JSONError(offset: 14, reason: "").line(in: text) == 3)
    }

    @Test func `a path leads to its line`() {
        let text = Array("{\n \"a\": [1,\n  {\"b\\n\": \"]}\\\"\",\n   \"c\": 2}],\n \"d\": 3\n}".utf8)
        #expect(JSON.line(of: ["a"], in: text) == 2)
        #expect(JSON.line(of: ["a", 1, "b\n"], in: text) == 3)
        #expect(JSON.line(of: ["a", 1, "c"], in: text) == 4)
        #expect(JSON.line(of: ["d"], in: text) == 5)
        #expect(JSON.line(of: ["a", 1, "nothing"], in: text) == 3)
        #expect(JSON.line(of: ["nothing"], in: text) == 1)
        #expect(JSON.line(of: ["a"], in: Array("{\"a".utf8)) == 1)
    }
}
