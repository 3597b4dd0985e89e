// streams: opens event streams, says when all of them have had their first event, and holds them.
//
//   streams COUNT PORT PATH
//
// Prints "open COUNT", then waits until its standard input ends. Exits with 1 when a stream breaks before that.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { AT_ONCE = 100 };

static uv_loop_t *loop;
static int wanted, opened, ready, port;
static char request[1024], input[65536];
static uv_pipe_t standard_input;

struct stream {
    uv_tcp_t socket;
    uv_connect_t connecting;
    uv_write_t writing;
    int has_event;
};

static void open_next(void);

static void broken(const char *why) {
    fprintf(stderr, "streams: after %d of %d: %s\n", ready, wanted, why);
    exit(1);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
    (void)handle, (void)suggested;
    *buffer = uv_buf_init(input, sizeof input - 1);
}

static void on_bytes(uv_stream_t *socket, ssize_t count, const uv_buf_t *buffer) {
    struct stream *stream = socket->data;
    if (count < 0) broken(uv_strerror((int)count));
    if (stream->has_event || count == 0) return;
    buffer->base[count] = 0;
    if (strncmp(buffer->base, "HTTP/1.1 200", 12) != 0 && !strstr(buffer->base, "event:")) broken(buffer->base);
    // The head alone is not yet an event.
    if (!strstr(buffer->base, "event:")) return;
    stream->has_event = 1;
    if (++ready == wanted) printf("open %d\n", ready), fflush(stdout);
    open_next();
}

static void on_connected(uv_connect_t *connecting, int status) {
    struct stream *stream = connecting->data;
    if (status < 0) broken(uv_strerror(status));
    uv_read_start((uv_stream_t *)&stream->socket, on_room, on_bytes);
    uv_buf_t buffer = uv_buf_init(request, (unsigned)strlen(request));
    uv_write(&stream->writing, (uv_stream_t *)&stream->socket, &buffer, 1, NULL);
}

static void open_next(void) {
    if (opened == wanted) return;
    opened++;
    struct stream *stream = calloc(1, sizeof *stream);
    struct sockaddr_in address;
    uv_ip4_addr("127.0.0.1", port, &address);
    if (!stream) abort();
    uv_tcp_init(loop, &stream->socket);
    stream->socket.data = stream->connecting.data = stream;
    int problem = uv_tcp_connect(
        &stream->connecting, &stream->socket, (const struct sockaddr *)&address, on_connected);
    if (problem) broken(uv_strerror(problem));
}

static void on_input(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
    (void)stream, (void)buffer;
    if (count < 0) exit(0);
}

int main(int count, char **arguments) {
    if (count != 4) return fprintf(stderr, "usage: streams COUNT PORT PATH\n"), 2;
    wanted = atoi(arguments[1]);
    port = atoi(arguments[2]);
    snprintf(
        request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: text/event-stream\r\n\r\n",
        arguments[3], port);
    loop = uv_default_loop();
    uv_pipe_init(loop, &standard_input, 0);
    uv_pipe_open(&standard_input, 0);
    uv_read_start((uv_stream_t *)&standard_input, on_room, on_input);
    for (int i = 0; i < AT_ONCE; i++) open_next();
    return uv_run(loop, UV_RUN_DEFAULT);
}
