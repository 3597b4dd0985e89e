// instant_comfyui: says what ComfyUI says, and draws nothing: each prompt ends at once with a picture that was there
// before. What is measured through it is the way, not the work. It knows the two graphs of Benchmarks/graphs: one with a
// LoadImage ends with PICTURE at node 4, another with BLANK at node 2.
//
//   instant_comfyui PORT BLANK PICTURE
#include <http_parser.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdarg.h>
#include <strings.h>
#include <uv.h>

#include "../load/samples.h"

enum { INPUT = 262144, KEPT = 16384, TABLE = 1 << 18, SOCKETS = 1024 };

static uv_loop_t *loop;
static http_parser_settings events;
static struct { char *bytes; size_t length; } pictures[2];  // blank, picture
static struct { char id[40]; int kind; } prompts[TABLE];    // by hash; an old one makes way

struct client {
    uv_tcp_t socket;
    http_parser parser;
    char url[1024], key[64], id[64], field[32];  // id: the WebSocket's clientId
    size_t url_length, body_length;
    char body[KEPT + 1];  // its beginning; of an upload the rest is dropped
    int is_socket, expects;
    char input[INPUT];
};

static struct client *sockets[SOCKETS];

struct output {
    uv_write_t writing;
    char head[];
};

static void on_written(uv_write_t *writing, int status) {
    (void)status;
    free(writing->data);
}

// Sends text, and bytes that stay where they are behind it.
static void put(struct client *client, const char *text, size_t text_length, const char *bytes, size_t length) {
    struct output *output = malloc(sizeof *output + text_length);
    if (!output || uv_is_closing((uv_handle_t *)&client->socket)) return free(output);
    memcpy(output->head, text, text_length);
    output->writing.data = output;
    uv_buf_t buffers[] = {
        uv_buf_init(output->head, (unsigned)text_length), uv_buf_init((char *)bytes, (unsigned)length)};
    if (uv_write(&output->writing, (uv_stream_t *)&client->socket, buffers, length ? 2 : 1, on_written)) free(output);
}

static void answer(struct client *client, const char *type, const char *bytes, size_t length, int copies) {
    char text[8192];
    int head = snprintf(
        text, sizeof text, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s", type, length,
        copies ? bytes : "");
    put(client, text, (size_t)head, bytes, copies ? 0 : length);
}

__attribute__((format(printf, 2, 3))) static void answer_json(struct client *client, const char *format, ...) {
    char json[4096];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(json, sizeof json, format, arguments);
    va_end(arguments);
    answer(client, "application/json", json, (size_t)length, 1);
}

// MARK: Prompts

static size_t place_of(const char *id) {
    uint64_t hash = 14695981039346656037ull;  // FNV-1a
    for (; *id; id++) hash = (hash ^ (unsigned char)*id) * 1099511628211ull;
    return hash % TABLE;
}

// A text frame from a server (RFC 6455, 5.2), to the socket of the client that submitted.
__attribute__((format(printf, 2, 3))) static void tell(struct client *socket, const char *format, ...) {
    char frame[2048];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(frame + 4, sizeof frame - 4, format, arguments);
    va_end(arguments);
    char *start = length < 126 ? frame + 2 : frame;
    start[0] = (char)0x81;
    start[1] = (char)(length < 126 ? length : 126);
    if (length >= 126) frame[2] = (char)(length >> 8), frame[3] = (char)length;
    put(socket, start, (size_t)(frame + 4 + length - start), NULL, 0);
}

static void run(struct client *socket, const char *id, int kind) {
    const char *node = kind ? "4" : "2";
    tell(socket, "{\"type\":\"execution_start\",\"data\":{\"prompt_id\":\"%s\",\"timestamp\":0}}", id);
    tell(socket, "{\"type\":\"executing\",\"data\":{\"node\":\"%s\",\"display_node\":\"%s\",\"prompt_id\":\"%s\"}}", node, node, id);
    tell(
        socket,
        "{\"type\":\"executed\",\"data\":{\"node\":\"%s\",\"display_node\":\"%s\",\"output\":{\"images\":[{\"filename\":"
        "\"%d.png\",\"subfolder\":\"bench\",\"type\":\"output\"}]},\"prompt_id\":\"%s\"}}", node, node, kind, id);
    tell(socket, "{\"type\":\"execution_success\",\"data\":{\"prompt_id\":\"%s\",\"timestamp\":0}}", id);
    tell(socket, "{\"type\":\"executing\",\"data\":{\"node\":null,\"prompt_id\":\"%s\"}}", id);
}

// The text of "KEY": "…" in a body; empty without.
static void text_of(const char *json, const char *key, char *out, size_t room) {
    const char *at = strstr(json, key);
    out[0] = 0;
    if (!at || !(at = strchr(at + strlen(key), ':')) || !(at = strchr(at, '"'))) return;
    size_t length = strcspn(++at, "\"");
    if (length >= room) return;
    memcpy(out, at, length);
    out[length] = 0;
}

static void on_prompt(struct client *client) {
    static unsigned long long count;
    char id[40], submitter[64];
    text_of(client->body, "\"prompt_id\"", id, sizeof id);
    text_of(client->body, "\"client_id\"", submitter, sizeof submitter);
    if (!id[0]) snprintf(id, sizeof id, "00000000-0000-4000-8000-%012llu", ++count);
    int kind = strstr(client->body, "\"LoadImage\"") != NULL;
    size_t place = place_of(id);
    strcpy(prompts[place].id, id);
    prompts[place].kind = kind;
    answer_json(client, "{\"prompt_id\":\"%s\",\"number\":1,\"node_errors\":{}}", id);
    for (int i = 0; i < SOCKETS; i++)
        if (sockets[i] && strcmp(sockets[i]->id, submitter) == 0) run(sockets[i], id, kind);
}

static void on_history(struct client *client, const char *id) {
    size_t place = place_of(id);
    if (strcmp(prompts[place].id, id) != 0) return answer_json(client, "{}");
    answer_json(
        client,
        "{\"%s\":{\"prompt\":[1,\"%s\",{},{},[\"%s\"]],\"outputs\":{\"%s\":{\"images\":[{\"filename\":\"%d.png\","
        "\"subfolder\":\"bench\",\"type\":\"output\"}]}},\"status\":{\"status_str\":\"success\",\"completed\":true,"
        "\"messages\":[[\"execution_success\",{\"prompt_id\":\"%s\",\"timestamp\":0}]]},\"meta\":{}}}",
        id, id, prompts[place].kind ? "4" : "2", prompts[place].kind ? "4" : "2", prompts[place].kind, id);
}

static void on_upload(struct client *client) {
    char name[256] = "";
    const char *at = strstr(client->body, "filename=\"");
    if (at) snprintf(name, sizeof name, "%.*s", (int)strcspn(at + 10, "\""), at + 10);
    answer_json(client, "{\"name\":\"%s\",\"subfolder\":\"\",\"type\":\"input\"}", name);
}

// MARK: Requests

static void open_socket(struct client *client) {
    char text[256];
    unsigned char digest[SHA_DIGEST_LENGTH], accept[64];
    snprintf(text, sizeof text, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", client->key);
    SHA1((unsigned char *)text, strlen(text), digest);
    EVP_EncodeBlock(accept, digest, sizeof digest);
    int length = snprintf(
        text, sizeof text,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        "%s\r\n\r\n", accept);
    put(client, text, (size_t)length, NULL, 0);
    const char *id = strstr(client->url, "clientId=");
    snprintf(client->id, sizeof client->id, "%s", id ? id + 9 : "");
    client->is_socket = 1;
    int free_place = 0;
    while (free_place < SOCKETS && sockets[free_place]) free_place++;
    if (free_place < SOCKETS) sockets[free_place] = client;
    tell(client, "{\"type\":\"status\",\"data\":{\"status\":{\"exec_info\":{\"queue_remaining\":0}},\"sid\":\"%s\"}}", client->id);
}

static int on_complete(http_parser *parser) {
    struct client *client = parser->data;
    const char *url = client->url;
    client->body[client->body_length] = 0;
    int is_post = parser->method == HTTP_POST;
    if (strncmp(url, "/api/", 5) == 0) url += 4;
    if (client->key[0] && strncmp(url, "/ws", 3) == 0) open_socket(client);
    else if (is_post && strcmp(url, "/prompt") == 0) on_prompt(client);
    else if (is_post && strcmp(url, "/upload/image") == 0) on_upload(client);
    else if (strncmp(url, "/history/", 9) == 0) on_history(client, url + 9);
    else if (strncmp(url, "/view", 5) == 0) {
        int kind = strstr(url, "filename=1.png") != NULL;
        answer(client, "image/png", pictures[kind].bytes, pictures[kind].length, 0);
    } else if (strcmp(url, "/queue") == 0) answer_json(client, "{\"queue_running\":[],\"queue_pending\":[]}");
    else if (strcmp(url, "/system_stats") == 0)
        answer_json(client, "{\"system\":{\"os\":\"posix\",\"comfyui_version\":\"0.3.0\"},\"devices\":[]}");
    else if (is_post) answer_json(client, "{}");
    else put(client, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 45, NULL, 0);
    return 0;
}

static int on_begin(http_parser *parser) {
    struct client *client = parser->data;
    client->url_length = client->body_length = 0;
    client->url[0] = client->key[0] = client->field[0] = 0;
    client->expects = 0;
    return 0;
}

static int on_url(http_parser *parser, const char *at, size_t length) {
    struct client *client = parser->data;
    if (client->url_length + length >= sizeof client->url) return -1;
    memcpy(client->url + client->url_length, at, length);
    client->url_length += length;
    client->url[client->url_length] = 0;
    return 0;
}

// Heads come in one piece from the clients that this is made for.
static int on_field(http_parser *parser, const char *at, size_t length) {
    struct client *client = parser->data;
    snprintf(client->field, sizeof client->field, "%.*s", (int)length, at);
    return 0;
}

static int on_value(http_parser *parser, const char *at, size_t length) {
    struct client *client = parser->data;
    if (strcasecmp(client->field, "sec-websocket-key") == 0)
        snprintf(client->key, sizeof client->key, "%.*s", (int)length, at);
    if (strcasecmp(client->field, "expect") == 0) client->expects = 1;
    return 0;
}

static int on_head(http_parser *parser) {
    struct client *client = parser->data;
    if (client->expects) put(client, "HTTP/1.1 100 Continue\r\n\r\n", 25, NULL, 0);
    return 0;
}

static int on_body(http_parser *parser, const char *at, size_t length) {
    struct client *client = parser->data;
    if (length > KEPT - client->body_length) length = KEPT - client->body_length;
    memcpy(client->body + client->body_length, at, length);
    client->body_length += length;
    return 0;
}

// MARK: Connections

static void on_closed(uv_handle_t *handle) { free(handle->data); }

static void end(struct client *client) {
    for (int i = 0; i < SOCKETS; i++)
        if (sockets[i] == client) sockets[i] = NULL;
    if (!uv_is_closing((uv_handle_t *)&client->socket)) uv_close((uv_handle_t *)&client->socket, on_closed);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
    (void)suggested;
    struct client *client = handle->data;
    *buffer = uv_buf_init(client->input, INPUT);
}

static void on_bytes(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
    struct client *client = stream->data;
    if (count < 0) return end(client);
    // Nothing that a client says on its WebSocket matters here.
    if (count == 0 || client->is_socket) return;
    http_parser_execute(&client->parser, &events, buffer->base, (size_t)count);
    if (!client->is_socket && HTTP_PARSER_ERRNO(&client->parser) != HPE_OK) end(client);
}

static void on_connection(uv_stream_t *server, int status) {
    struct client *client = status < 0 ? NULL : calloc(1, sizeof *client);
    if (!client) return;
    uv_tcp_init(loop, &client->socket);
    client->socket.data = client;
    http_parser_init(&client->parser, HTTP_REQUEST);
    client->parser.data = client;
    if (uv_accept(server, (uv_stream_t *)&client->socket) != 0) return end(client);
    uv_tcp_nodelay(&client->socket, 1);
    uv_read_start((uv_stream_t *)&client->socket, on_room, on_bytes);
}

int main(int count, char **arguments) {
    if (count != 4) return fprintf(stderr, "usage: instant_comfyui PORT BLANK PICTURE\n"), 2;
    for (int kind = 0; kind < 2; kind++) pictures[kind].bytes = whole_file(arguments[2 + kind], &pictures[kind].length);
    loop = uv_default_loop();
    http_parser_settings_init(&events);
    events.on_message_begin = on_begin;
    events.on_url = on_url;
    events.on_header_field = on_field;
    events.on_header_value = on_value;
    events.on_headers_complete = on_head;
    events.on_body = on_body;
    events.on_message_complete = on_complete;
    struct sockaddr_in address;
    uv_ip4_addr("127.0.0.1", atoi(arguments[1]), &address);
    uv_tcp_t server;
    uv_tcp_init(loop, &server);
    uv_tcp_bind(&server, (const struct sockaddr *)&address, 0);
    int problem = uv_listen((uv_stream_t *)&server, 1024, on_connection);
    if (problem) return fprintf(stderr, "instant_comfyui: %s\n", uv_strerror(problem)), 1;
    return uv_run(loop, UV_RUN_DEFAULT);
}
