internal import CLibuv

/// Every handle of libuv is allocated on the heap, because libuv keeps its address, and ends here: closed once, and
/// freed when libuv has let go of it.
@LoopActor
func closeHandle<Kind>(_ handle: UnsafeMutablePointer<Kind>) {
    let base = asHandle(handle)
    guard uv_is_closing(base) == 0 else { return }
    base.pointee.data = nil
    uv_close(base) { UnsafeMutableRawPointer($0)?.deallocate() }
}

/// Every kind of handle begins with the fields of `uv_handle_t`: libuv's own cast, said once.
func asHandle<Kind>(_ handle: UnsafeMutablePointer<Kind>) -> UnsafeMutablePointer<uv_handle_t> {
    UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)
}

/// A TCP handle is a stream, as ``asHandle(_:)`` says of handles.
func asStream(_ handle: UnsafeMutablePointer<uv_tcp_t>) -> UnsafeMutablePointer<uv_stream_t> {
    UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_stream_t.self)
}

/// The Swift object behind a handle, or nil when it is being closed.
func owner<Owner: AnyObject>(of data: UnsafeMutableRawPointer?, as type: Owner.Type = Owner.self) -> Owner? {
    data.map { Unmanaged<Owner>.fromOpaque($0).takeUnretainedValue() }
}
