import HTTP
import JSONText
import Loop

/// Signs the addresses of pictures that go to where no key can be sent along with them: in webhooks, and as a portrait's
/// `image_url`.
struct AddressSigning: Sendable {
    let signer: ImageSigner
    let auth: AuthMode
    /// Zero: they go out as they are, unless the request asked for it.
    let lifetime: Duration
    /// Seconds since 1970.
    let time: @LoopActor @Sendable () -> Int64

    /// The address of a picture of a task.
    ///
    /// - Parameters:
    ///   - owner: the task's.
    ///   - seconds: for which the request wants it signed; nil: where it is needed.
    @LoopActor
    func address(of name: String, owner: String, for seconds: Int? = nil) -> String {
        let path = ImageSigner.folder + name
        return end(owner, seconds).map { signer.signed(path, until: $0) } ?? path
    }

    /// What a webhook says, signed anew at each try: a late one is as good as the first, and no address that opens
    /// something lies in the database.
    @LoopActor
    func body(of delivery: WebhookDelivery) -> String {
        guard let owner = delivery.owner, let end = end(owner, nil),
            var payload = try? JSON(parsing: Array(delivery.body.utf8)).object,
            let data = payload["data"], data["images"]?.array?.isEmpty == false
        else { return delivery.body }
        payload["data"] = signer.signed(data, until: end)
        return JSON.object(payload).text
    }

    /// - Returns: nil where whoever has no key may see the picture as well.
    @LoopActor
    private func end(_ owner: String, _ seconds: Int?) -> Int64? {
        if let seconds { return time() + Int64(seconds) }
        let isClosed = auth == .required || Tenant(owner: owner) != .anonymous
        return isClosed && lifetime > .zero ? time() + lifetime.components.seconds : nil
    }
}

extension Request {
    /// `?sign=N`: for how many seconds the addresses of pictures are to need no key.
    ///
    /// - Throws: ``Unprocessable``.
    func secondsToSign() throws -> Int? {
        try query("sign").map { _ in try number("sign", default: 0, in: 1...ImageSigner.longest) }
    }
}
