#pragma once
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <uv.h>

// uv_loop_configure is variadic, which Swift does not import.
static inline int cuv_loop_measure_idle_time(uv_loop_t *loop) {
    return uv_loop_configure(loop, UV_METRICS_IDLE_TIME);
}

// What the peer has not acknowledged yet, in bytes: in the kernel (SIOCOUTQ, tcp(7)) and in libuv. ioctl is variadic too.
static inline long cuv_unacknowledged(const uv_tcp_t *socket) {
    uv_os_fd_t descriptor;
    int queued = 0;
    if (uv_fileno((const uv_handle_t *)socket, &descriptor) != 0) return 0;
    if (ioctl(descriptor, SIOCOUTQ, &queued) != 0) queued = 0;
    return queued + (long)uv_stream_get_write_queue_size((const uv_stream_t *)socket);
}
