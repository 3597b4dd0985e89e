import JSONText
import Testing
import Workflows

private let schemaText = #"""
    {"type":"object","required":["text","list"],"additionalProperties":false,"properties":{
      "text":{"type":"string","minLength":1,"maxLength":3},
      "whole":{"type":"integer","minimum":1,"maximum":150,"default":4},
      "seed":{"type":"integer","minimum":0,"maximum":18446744073709551615},
      "stepped":{"type":"integer","multipleOf":8},
      "number":{"type":"number","exclusiveMinimum":0.5,"exclusiveMaximum":2.0,"multipleOf":0.1},
      "flag":{"type":"boolean"},
      "choice":{"type":"string","enum":["a","b","c"]},
      "size":{"type":"number","enum":[2,4.5]},
      "list":{"type":"array","items":{"type":"integer","maximum":9},"minItems":1,"maxItems":2},
      "file":{"type":"string","format":"filename"},
      "model":{"type":"string","format":"model","maxLength":3000}
    }}
    """#

/// A parameter, what is given for it, and the fault: type, loc behind "body", message.
private let faults: [(name: String, given: String, type: String, inside: [JSONPathElement], msg: String)] = [
    ("text", "1", "string_type", [], "Input should be a valid string"),
    ("text", #""""#, "string_too_short", [], "String should have at least 1 character"),
    ("text", #""abcd""#, "string_too_long", [], "String should have at most 3 characters"),
    ("whole", #""4""#, "int_type", [], "Input should be a valid integer"),
    ("whole", "true", "int_type", [], "Input should be a valid integer"),
    ("whole", "4.5", "int_from_float", [], "Input should be a valid integer, got a number with a fractional part"),
    ("whole", "0", "greater_than_equal", [], "Input should be greater than or equal to 1"),
    ("whole", "151", "less_than_equal", [], "Input should be less than or equal to 150"),
    ("seed", "-1", "greater_than_equal", [], "Input should be greater than or equal to 0"),
    (
        "seed", "18446744073709551616", "less_than_equal", [],
        "Input should be less than or equal to 18446744073709551615"
    ),
    ("stepped", "12", "multiple_of", [], "Input should be a multiple of 8"),
    ("stepped", "1e30", "int_parsing_size", [], "Unable to parse input string as an integer, exceeded maximum size"),
    ("number", #""x""#, "float_type", [], "Input should be a valid number"),
    ("number", "0.5", "greater_than", [], "Input should be greater than 0.5"),
    ("number", "2", "less_than", [], "Input should be less than 2"),
    ("number", "0.75", "multiple_of", [], "Input should be a multiple of 0.1"),
    ("flag", "1", "bool_type", [], "Input should be a valid boolean"),
    ("choice", #""d""#, "enum", [], "Input should be 'a', 'b' or 'c'"),
    ("size", "3", "enum", [], "Input should be 2 or 4.5"),
    ("list", "3", "list_type", [], "Input should be a valid list"),
    ("list", "[]", "too_short", [], "List should have at least 1 item after validation, not 0"),
    ("list", "[1,2,3]", "too_long", [], "List should have at most 2 items after validation, not 3"),
    ("list", #"[1,"x"]"#, "int_type", [1], "Input should be a valid integer"),
    ("list", "[10]", "less_than_equal", [0], "Input should be less than or equal to 9"),
    ("list", "[null]", "int_type", [0], "Input should be a valid integer"),
    ("file", #""../a""#, "value_error", [], "Value error, a file name must not hold '..'"),
    ("file", #""a/../../b""#, "value_error", [], "Value error, a file name must not hold '..'"),
    ("file", #""/etc/passwd""#, "value_error", [], "Value error, a file name must not be absolute"),
    ("file", #""c:x""#, "value_error", [], "Value error, a file name must not be absolute"),
    ("file", #""a\\b""#, "value_error", [], "Value error, a file name must hold no backslash"),
    ("file", #""a\u0000b""#, "value_error", [], "Value error, a file name must hold no control characters"),
    ("file", #""""#, "value_error", [], "Value error, a file name must not be empty"),
    (
        "file", #""a.png [output]""#, "value_error", [],
        "Value error, a file name must not name another folder in brackets"
    ),
    ("file", #""https://x/a""#, "value_error", [], "Value error, a file name is wanted here, not a URL"),
    ("model", #""../a""#, "value_error", [], "Value error, a file name must not hold '..'"),
    ("model", #""ftp://x/a""#, "value_error", [], "Value error, a URL must begin with https://"),
    ("model", #""://x""#, "value_error", [], "Value error, a URL must begin with https://"),
    (
        "model", #""https://x/a b""#, "value_error", [],
        "Value error, a URL must be visible ASCII, with anything else percent-encoded"
    ),
    (
        "model", #""https://x/\#(String(repeating: "a", count: 2040))""#, "value_error", [],
        "Value error, a URL must be at most 2048 bytes"
    ),
    ("nobody", "1", "extra_forbidden", [], "Extra inputs are not permitted"),
]

/// A parameter, what is given for it, and what the graph gets.
private let fine: [(name: String, given: String, value: JSON)] = [
    ("text", #""äöü""#, "äöü"), ("whole", "4.0", 4), ("whole", "150", 150), ("whole", "null", 4),
    ("seed", "18446744073709551615", .unsigned(.max)), ("seed", "9007199254740993", 9_007_199_254_740_993),
    ("seed", "1e19", .unsigned(10_000_000_000_000_000_000)), ("stepped", "-16", -16), ("number", "1", 1),
    ("number", "0.7", 0.7), ("flag", "false", false), ("choice", #""b""#, "b"), ("size", "2.0", 2.0),
    ("list", "[9,-1.0]", [9, -1]), ("file", #""sub/a..b.safetensors""#, "sub/a..b.safetensors"),
    ("model", #""sub/a.safetensors""#, "sub/a.safetensors"),
    ("model", #""HTTPS://example.com/a?b=c""#, "HTTPS://example.com/a?b=c"),
]

@Suite struct ParameterValidatorTests {
    let schema: ParameterSchema
    let validator = ParameterValidator(randomSeed: { .max })

    init() throws {
        schema = try ParameterSchema(json: JSON(parsing: schemaText))
    }

    private func params(_ name: String, _ given: String) throws -> JSONObject {
        var params: JSONObject = ["text": "abc", "list": [1]]
        params[name] = try JSON(parsing: given)
        return params
    }

    @Test(arguments: faults)
    func `a wrong value is one fault in FastAPI's words`(
        name: String, given: String, type: String, inside: [JSONPathElement], msg: String
    ) throws {
        let outcome = validator.validate(try params(name, given), against: schema)
        #expect(outcome.faults.map(\.type) == [type])
        #expect(outcome.faults.map(\.loc) == [["body", .member(name)] + inside])
        #expect(outcome.faults.map(\.msg) == [msg])
    }

    @Test(arguments: fine)
    func `a right value goes through exactly`(name: String, given: String, value: JSON) throws {
        let outcome = validator.validate(try params(name, given), against: schema)
        #expect(outcome.faults == [])
        #expect(outcome.values[name] == value)
    }

    @Test func `defaults are filled in and an absent seed is random, below 2^53`() {
        let outcome = validator.validate(["text": "abc", "list": [1], "flag": .null], against: schema)
        #expect(outcome.values == ["text": "abc", "list": [1], "whole": 4, "seed": 9_007_199_254_740_991])
        #expect(outcome.values.keys == ["text", "whole", "seed", "list"])
    }

    @Test(arguments: [("\"minimum\":5,\"maximum\":7", 5...7), ("\"maximum\":3", 0...3), ("\"default\":11", 11...11)])
    func `a random seed stays in its bounds and a default goes before it`(bounds: String, range: ClosedRange<Int>)
        throws
    {
        let text = #"{"properties":{"seed":{"type":"integer",\#(bounds)}}}"#
        let schema = try ParameterSchema(json: JSON(parsing: text))
        for random: UInt64 in [0, 1, 2, 3, 12345, .max] {
            let values = ParameterValidator(randomSeed: { random }).validate([:], against: schema).values
            #expect(range.contains(try #require(values["seed"]?.int)))
        }
    }

    @Test func `all faults come at once, where the request has them`() throws {
        let params: JSONObject = ["whole": "x", "flag": 1, "more": [1]]
        let outcome = validator.validate(params, against: schema) { ["body", "extra_params", .member($0)] }
        #expect(outcome.faults.map(\.type) == ["missing", "int_type", "bool_type", "missing", "extra_forbidden"])
        #expect(
            outcome.faults[0].json.text == """
                {"type":"missing","loc":["body","extra_params","text"],"msg":"Field required",\
                "input":{"whole":"x","flag":1,"more":[1]}}
                """)
        #expect(Fault.detail([outcome.faults[4]])["detail"]?[0]?["input"] == [1])
    }

    @Test func `a request cannot ask for an endless answer`() {
        let params = JSONObject((0..<5000).map { ("p\($0)", 1) })
        #expect(validator.validate(params, against: schema).faults.count == ParameterValidator.faultLimit)
        let list: JSONObject = ["text": "a", "list": .array(Array(repeating: "x", count: 5000))]
        #expect(validator.validate(list, against: schema).faults.count == ParameterValidator.faultLimit)
    }

    @Test(
        arguments: [
            (JSON.string(String(repeating: "x", count: 101)), JSON.string(String(repeating: "x", count: 100))),
            ("short", "short"), (12, 12), (["a": [1]], ["a": [1]]),
            (.array(Array(repeating: 1, count: 60)), .string("[" + String(repeating: "1,", count: 49) + "1")),
            (
                ["a": .string(String(repeating: "é", count: 5000))],
                .string(#"{"a":""# + String(repeating: "é", count: 94))
            ),
        ] as [(JSON, JSON)])
    func `what was sent is cut to a hundred characters`(input: JSON, cut: JSON) {
        #expect(Fault(type: "", loc: [], msg: "", input: input).input == cut)
    }

    @Test func `a body that is no JSON is a fault too`() {
        let fault = Fault.invalidJSON(JSONError(offset: 7, reason: "expected a value"))
        #expect(
            fault.json.text == """
                {"type":"json_invalid","loc":["body",7],"msg":"JSON decode error: expected a value","input":{}}
                """)
    }
}
