/// Classes of octets in HTTP/1.1's grammar (RFC 9110 §5.6.2, RFC 9112 §2.2).
enum Octet {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let slash: UInt8 = 0x2F
    static let colon: UInt8 = 0x3A

    /// `tchar`: what a method or field name is made of.
    static func isToken(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E, 0x5F, 0x60, 0x7C, 0x7E: true
        default: false
        }
    }

    /// What a request target may hold: visible ASCII.
    static func isVisible(_ octet: UInt8) -> Bool { octet > 0x20 && octet < 0x7F }

    /// What a host and port may hold: visible ASCII but for what ends or splits an authority.
    static func isHost(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "/"), UInt8(ascii: "\\"), UInt8(ascii: "@"), UInt8(ascii: ","), UInt8(ascii: "?"),
            UInt8(ascii: "#"), UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "{"),
            UInt8(ascii: "}"), UInt8(ascii: "|"), UInt8(ascii: "^"), UInt8(ascii: "`"):
            false
        default: isVisible(octet)
        }
    }

    /// What a field value may hold: visible ASCII, blanks, and obs-text.
    static func isFieldValue(_ octet: UInt8) -> Bool { octet == tab || (octet >= 0x20 && octet != 0x7F) }

    static func isDigit(_ octet: UInt8) -> Bool { octet >= 0x30 && octet <= 0x39 }

    /// The value of a hexadecimal digit, or nil.
    static func hexValue(_ octet: UInt8) -> UInt8? {
        switch octet {
        case 0x30...0x39: octet - 0x30
        case 0x41...0x46: octet - 0x41 + 10
        case 0x61...0x66: octet - 0x61 + 10
        default: nil
        }
    }
}
