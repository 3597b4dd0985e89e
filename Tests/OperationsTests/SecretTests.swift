import Operations
import Testing

@Suite struct SecretTests {
    private struct Holder {
        let name = "backend"
        let key = Secret("hunter2")
    }

    @Test func `a secret prints as stars wherever it is`() {
        let secret = Secret("hunter2")
        var dumped = ""
        dump(Holder(), to: &dumped)
        let texts = ["\(secret)", String(reflecting: secret), "\(Holder())", "\([secret])", "\(secret as Any)", dumped]
        for text in texts {
            #expect(text.contains("***"))
            #expect(!text.contains("hunter2"))
        }
        #expect(Mirror(reflecting: secret).children.isEmpty)
    }

    @Test func `a secret gives itself only when asked`() {
        #expect(Secret("hunter2").reveal() == "hunter2")
    }
}
