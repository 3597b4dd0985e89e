// bare: the least that a server on libuv and http-parser can do, and so the limit that Easel is held against.
// GET /health and POST /generate are answered with fixed JSON; connections are kept, bodies are read and dropped.
//
//   bare PORT
#include <http_parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define JSON_ANSWER(length, body) \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " length "\r\n\r\n" body

static const char health[] =
    JSON_ANSWER("59", "{\"status\":\"healthy\",\"gpu_available\":true,\"version\":\"1.0.0\"}");
static const char accepted[] = JSON_ANSWER(
    "94",
    "{\"task_id\":\"7f1f2a56-31f7-4d1c-9c0b-0d1a4d1f6f0e\",\"status\":\"queued\",\"image\":null,\"error\":null}");
static const char missing[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";

static uv_loop_t *loop;
static http_parser_settings events;

struct client {
    uv_tcp_t socket;
    http_parser parser;
    const char *answer;
    char input[65536];
};

static void on_closed(uv_handle_t *handle) { free(handle->data); }

static void end(struct client *client) {
    uv_handle_t *handle = (uv_handle_t *)&client->socket;
    if (!uv_is_closing(handle)) uv_close(handle, on_closed);
}

static int on_url(http_parser *parser, const char *at, size_t length) {
    struct client *client = parser->data;
    if (length == 7 && memcmp(at, "/health", 7) == 0) client->answer = health;
    if (length == 9 && memcmp(at, "/generate", 9) == 0) client->answer = accepted;
    return 0;
}

static int on_begin(http_parser *parser) {
    ((struct client *)parser->data)->answer = missing;
    return 0;
}

// An answer fits into the socket's buffer; one that did not would be a client that does not read.
static int on_complete(http_parser *parser) {
    struct client *client = parser->data;
    uv_buf_t buffer = uv_buf_init((char *)client->answer, (unsigned)strlen(client->answer));
    return uv_try_write((uv_stream_t *)&client->socket, &buffer, 1) == (int)buffer.len ? 0 : -1;
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
    (void)suggested;
    struct client *client = handle->data;
    *buffer = uv_buf_init(client->input, sizeof client->input);
}

static void on_bytes(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
    struct client *client = stream->data;
    if (count == 0) return;
    if (count < 0) return end(client);
    size_t parsed = http_parser_execute(&client->parser, &events, buffer->base, (size_t)count);
    if (parsed != (size_t)count || HTTP_PARSER_ERRNO(&client->parser) != HPE_OK) end(client);
}

static void on_connection(uv_stream_t *server, int status) {
    if (status < 0) return;
    struct client *client = malloc(sizeof *client);
    if (!client) return;
    uv_tcp_init(loop, &client->socket);
    client->socket.data = client;
    client->answer = missing;
    http_parser_init(&client->parser, HTTP_REQUEST);
    client->parser.data = client;
    if (uv_accept(server, (uv_stream_t *)&client->socket) != 0) return end(client);
    uv_tcp_nodelay(&client->socket, 1);
    uv_read_start((uv_stream_t *)&client->socket, on_room, on_bytes);
}

int main(int count, char **arguments) {
    if (count != 2) return fprintf(stderr, "usage: bare PORT\n"), 2;
    loop = uv_default_loop();
    http_parser_settings_init(&events);
    events.on_message_begin = on_begin;
    events.on_url = on_url;
    events.on_message_complete = on_complete;
    struct sockaddr_in address;
    uv_ip4_addr("127.0.0.1", atoi(arguments[1]), &address);
    uv_tcp_t server;
    uv_tcp_init(loop, &server);
    uv_tcp_bind(&server, (const struct sockaddr *)&address, 0);
    int problem = uv_listen((uv_stream_t *)&server, 1024, on_connection);
    if (problem) return fprintf(stderr, "bare: %s\n", uv_strerror(problem)), 1;
    return uv_run(loop, UV_RUN_DEFAULT);
}
