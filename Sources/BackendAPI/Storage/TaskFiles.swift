/// Where tasks' files lie.
struct TaskFiles: Sendable {
    /// Pictures of requests.
    var inputs: FileStore
    /// Results.
    var images: FileStore
    /// The folder for what is being received.
    var spool: String
    var keeper: FileKeeper
}
