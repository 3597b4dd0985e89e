import JSONText

/// Texts and the values that they stand for.
let validTexts: [(text: String, value: JSON)] = [
    ("null", .null), ("true", true), ("false", false), (" \t\r\n null \n", .null),
    ("0", 0), ("-0", 0), ("7", 7), ("-1", -1), ("1234567890", 1_234_567_890),
    ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
    ("9223372036854775808", .unsigned(9_223_372_036_854_775_808)), ("18446744073709551615", .unsigned(.max)),
    ("18446744073709551616", .double(18_446_744_073_709_551_616)),
    ("-9223372036854775809", -9223372036854775808.0),
    ("123456789012345678901234567890", 1.2345678901234568e29),
    ("1.0", 1.0), ("-0.0", .double(-0.0)), ("0.1", 0.1), ("1e2", 100.0), ("1E+2", 100.0), ("25e-1", 2.5),
    ("1.5e300", 1.5e300),
    ("1e22", 1e22), ("1e23", 1e23), ("4.9e-324", .double(.leastNonzeroMagnitude)), ("1e-999", 0.0),
    ("1.7976931348623157e308", .double(.greatestFiniteMagnitude)),
    ("0.30000000000000004", 0.30000000000000004), ("9007199254740993.0", 9007199254740992.0), ("0e99999", 0.0),
    (#""""#, ""), (#""abc""#, "abc"), (#""a\"b\\c\/d\b\f\n\r\t""#, "a\"b\\c/d\u{8}\u{c}\n\r\t"),
    (#""\u0041\u00e9\u4e2d""#, "A\u{e9}中"), (#""\uD83D\uDE00!""#, "😀!"), (#""\u0000""#, "\u{0}"),
    (#""\udbff\udfff""#, "\u{10FFFF}"), ("\"é中😀\u{7f}\u{2028}\"", "é中😀\u{7f}\u{2028}"),
    ("\"0123456789abcdef0123456789é0123456789\"", "0123456789abcdef0123456789é0123456789"),
    ("[]", []), ("[ ]", []), ("{}", [:]), ("{ }", [:]), ("[1,2,3]", [1, 2, 3]), ("[[],[[]],{}]", [[], [[]], [:]]),
    (#"{"a":1,"b":[true,null],"c":{"d":"e"}}"#, ["a": 1, "b": [true, .null], "c": ["d": "e"]]),
    (#"{"a":1,"a":2}"#, ["a": 2]), (#"{"":{"":""}}"#, ["": ["": ""]]), (#"{"\u0061\n":"x"}"#, ["a\n": "x"]),
    ("[1.5,-2,\"x\"]\n", [1.5, -2, "x"]), ("[0]", [0]), ("{\"a\" : 0 , \"b\":-0.5e+1}", ["a": 0, "b": -5.0]),
]

/// Texts that are refused, with the byte and the reason.
let invalidTexts: [(text: [UInt8], offset: Int, reason: String)] =
    invalidASCII.map { (Array($0.text.utf8), $0.offset, $0.reason) } + invalidUTF8

private let invalidASCII: [(text: String, offset: Int, reason: String)] = [
    ("", 0, "unexpected end of text"), ("  ", 2, "unexpected end of text"), ("[", 1, "unexpected end of text"),
    ("[1", 2, "unexpected end of text"), ("[1,", 3, "unexpected end of text"),
    (#"{"a""#, 4, "unexpected end of text"),
    (#"{"a":"#, 5, "unexpected end of text"), (#""abc"#, 4, "unexpected end of text"),
    (#""a\"#, 3, "unexpected end of text"),
    (#""\u12"#, 5, "unexpected end of text"), ("tru", 3, "unexpected end of text"),
    ("nul ", 3, "expected 'null'"), ("nulll", 4, "unexpected text after the value"),
    ("True", 0, "expected a value"),
    ("fals3", 4, "expected 'false'"), ("NaN", 0, "expected a value"), ("Infinity", 0, "expected a value"),
    ("-Infinity", 1, "expected a digit"), ("-", 1, "expected a digit"), ("+1", 0, "expected a value"),
    ("01", 1, "a number with a leading zero"), ("-012", 2, "a number with a leading zero"),
    ("1.", 2, "expected a digit"),
    (".5", 0, "expected a value"), ("1.e3", 2, "expected a digit"), ("1e", 2, "expected a digit"),
    ("1e+", 3, "expected a digit"),
    ("1e1.5", 3, "unexpected character in a number"), ("1-2", 1, "unexpected character in a number"),
    ("[1 2]", 3, "expected ',' or ']'"), ("1e999", 0, "a number too large for a double"),
    ("[-1e400]", 1, "a number too large for a double"), ("0x10", 1, "unexpected text after the value"),
    ("1 2", 2, "unexpected text after the value"), ("{}}", 2, "unexpected text after the value"),
    ("[,1]", 1, "expected a value"), ("[1,]", 3, "expected a value"), ("[1,,2]", 3, "expected a value"),
    ("]", 0, "expected a value"),
    ("[}", 1, "expected a value"), ("{]", 1, "expected a member name in quotes"),
    ("{,}", 1, "expected a member name in quotes"),
    (#"{"a":1,}"#, 7, "expected a member name in quotes"), ("{a:1}", 1, "expected a member name in quotes"),
    (#"{"a" 1}"#, 5, "expected ':'"), (#"{"a":}"#, 5, "expected a value"),
    (#"{"a":1 "b":2}"#, 7, "expected ',' or '}'"),
    (#"{"a":1]"#, 6, "expected ',' or '}'"), ("[1}", 2, "expected ',' or ']'"), ("'a'", 0, "expected a value"),
    (#""\x""#, 2, "an unknown escape"), (#""\u12G4""#, 5, "expected four hexadecimal digits"),
    (#""\uD83D""#, 1, "half a surrogate pair"), (#""\uDE00""#, 1, "half a surrogate pair"),
    (#""\uD83Dx""#, 1, "half a surrogate pair"), (#""\uD83D\n""#, 1, "half a surrogate pair"),
    (#""a\uD83D\u0041""#, 2, "half a surrogate pair"), (#""\uD83D\uD83D""#, 1, "half a surrogate pair"),
    ("\"a\nb\"", 2, "a control character in a string"), ("\"\u{0}\"", 1, "a control character in a string"),
    ("\"01234567890123456789\u{1f}\"", 21, "a control character in a string"),
    ("\u{FEFF}1", 0, "unexpected byte order mark"),
    ("[1]\u{FEFF}", 3, "unexpected text after the value"), ("/* a */ 1", 0, "expected a value"),
    ("\u{0}", 0, "expected a value"), ("{\"a\":1}{", 7, "unexpected text after the value"),
]

private let invalidUTF8: [(text: [UInt8], offset: Int, reason: String)] = [
    ([0x22, 0x80, 0x22], 1, "invalid UTF-8"), ([0x22, 0xC0, 0xAF, 0x22], 1, "invalid UTF-8"),
    ([0x22, 0xC3, 0x22], 2, "invalid UTF-8"), ([0x22, 0xE0, 0x80, 0x80, 0x22], 2, "invalid UTF-8"),
    ([0x22, 0xED, 0xA0, 0x80, 0x22], 2, "invalid UTF-8"), ([0x22, 0xE4, 0xB8, 0x22], 3, "invalid UTF-8"),
    ([0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], 2, "invalid UTF-8"),
    ([0x22, 0xF5, 0x80, 0x80, 0x80, 0x22], 1, "invalid UTF-8"),
    ([0x22, 0xF0, 0x9F, 0x98, 0x41, 0x22], 4, "invalid UTF-8"), ([0x22, 0x61, 0xFF, 0x22], 2, "invalid UTF-8"),
    ([0x7B, 0x22, 0xFF, 0x22], 2, "invalid UTF-8"), ([0xFF], 0, "expected a value"),
    ([0x22, 0xE4], 2, "unexpected end of text"),
]
