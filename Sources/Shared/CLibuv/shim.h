#pragma once
#include <uv.h>

// uv_loop_configure is variadic, which Swift does not import.
static inline int cuv_loop_measure_idle_time(uv_loop_t *loop) {
    return uv_loop_configure(loop, UV_METRICS_IDLE_TIME);
}
