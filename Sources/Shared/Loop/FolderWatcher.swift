internal import CLibuv

/// Calls back on the loop when a file of a folder is added, changed or removed, as the file system tells of it (inotify).
///
/// A folder on a network volume tells nothing of writes from other machines. Who depends on a change looks now and then
/// besides. A watch follows the folder, not its name: once the folder is gone, or another one has its name, nothing comes
/// any more but the event that tells of it.
@LoopActor
public final class FolderWatcher {
    private let handle: UnsafeMutablePointer<uv_fs_event_t>
    private let onChange: @LoopActor () -> Void
    private var isOpen = true

    /// - Parameters:
    ///   - path: of a folder that is there.
    ///   - onChange: called for each event, of which one change can bring several.
    public init(_ path: String, onChange: @escaping @LoopActor () -> Void) throws(LibuvError) {
        self.onChange = onChange
        handle = .allocate(capacity: 1)
        uv_fs_event_init(EventLoop.shared.loop, handle)  // never fails: it only fills in the struct
        handle.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        try LibuvError.check(uv_fs_event_start(handle, onEvent, path, 0), "uv_fs_event_start")
    }

    isolated deinit { close() }

    /// Ends the watch for good; safe to call twice.
    public func close() {
        guard isOpen else { return }
        isOpen = false
        closeHandle(handle)
    }

    fileprivate func changed() { onChange() }
}

private func onEvent(
    _ handle: UnsafeMutablePointer<uv_fs_event_t>?, _: UnsafePointer<CChar>?, _: Int32, _: Int32
) {
    guard let watcher = owner(of: handle?.pointee.data, as: FolderWatcher.self) else { return }
    LoopActor.assumeIsolated { watcher.changed() }
}
