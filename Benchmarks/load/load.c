// load: some connections, each of which sends its next request when the answer to the last one is there.
//
//   load [-c CONNECTIONS] [-d SECONDS | -n REQUESTS] [-w WARM_UP_SECONDS] [-m METHOD] [-H 'NAME: VALUE']…
//        [-b BODY_FILE] [-e TEXT] [-r REPEAT] PORT PATH
//
// -b  the body; each {{NUMBER12}} in it, or in PATH, becomes a number that no other request of any run has.
// -r  the numbers are 100000000001 to 100000000000 + REPEAT, in no order, and come again.
// -e  the answer's first 1,024 bytes must hold TEXT; another answer, or a status other than 200, is a failed request.
// Prints: requests a second, p50 and p99 in milliseconds, requests measured, requests failed.
#include <getopt.h>
#include <http_parser.h>
#include <uv.h>

#include "samples.h"

enum { HEAD_ROOM = 4096, FIRST = 1024, PLACES = 64 };

static struct {
    int connections, port;
    double seconds, warm_up;
    size_t requests, repeat;
    const char *method, *path, *expected, *body_file;
    char headers[2048];
} given = {.connections = 1, .method = "GET"};

static uv_loop_t *loop;
static http_parser_settings events;
static struct samples samples;
static size_t started, failed;
static uint64_t measured_from, measured_until, serial;
static int is_over, alive;

struct connection {
    uv_tcp_t socket;
    uv_connect_t connecting;
    uv_write_t writing;
    http_parser parser;
    char *request;  // head and body
    size_t length, places[PLACES], place_count, path_place;
    uint64_t sent;
    int is_writing, is_answered, is_open;
    char first[FIRST + 1];
    size_t first_length;
    char input[262144];
};

static void next_request(struct connection *one);
static void open_connection(struct connection *one);

// Every connection sends a request of its own, since its numbers are its own.
static void make_request(struct connection *one) {
    size_t body_length = 0;
    char *body = given.body_file ? whole_file(given.body_file, &body_length) : NULL;
    one->request = malloc(HEAD_ROOM + body_length + 1);
    if (!one->request) abort();
    int head = snprintf(
        one->request, HEAD_ROOM, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%sContent-Length: %zu\r\n\r\n", given.method,
        given.path, given.port, given.headers, body_length);
    if (head < 0 || head >= HEAD_ROOM) fprintf(stderr, "load: the head is too long\n"), exit(2);
    if (body) memcpy(one->request + head, body, body_length);
    one->length = (size_t)head + body_length;
    one->request[one->length] = 0;
    one->place_count = fresh_places(one->request, one->places, PLACES);
    free(body);
}

static void on_closed(uv_handle_t *handle) {
    struct connection *one = handle->data;
    alive--;
    if (!is_over) open_connection(one);
}

static void lose(struct connection *one) {
    if (one->is_open) uv_close((uv_handle_t *)&one->socket, on_closed);
    one->is_open = 0;
}

// A server that drops its connections again and again is no server to measure.
static void fail(struct connection *one) {
    if (!is_over && ++failed > 10000) fprintf(stderr, "load: too many requests failed\n"), exit(1);
    lose(one);
}

static void on_written(uv_write_t *writing, int status) {
    struct connection *one = writing->data;
    one->is_writing = 0;
    if (status < 0) return fail(one);
    if (one->is_answered) next_request(one);
}

static void next_request(struct connection *one) {
    uint64_t now = uv_hrtime();
    if ((given.requests && started >= given.requests) || (measured_until && now >= measured_until)) {
        is_over = 1;
        return lose(one);
    }
    started++;
    serial++;
    freshen(one->request, one->places, one->place_count, given.repeat ? 1 + serial * 2654435761u % given.repeat : serial);
    one->is_answered = 0;
    one->first_length = 0;
    one->sent = now;
    uv_buf_t buffer = uv_buf_init(one->request, (unsigned)one->length);
    // The kernel takes a small request at once; only what it leaves is worth a callback.
    int taken = uv_try_write((uv_stream_t *)&one->socket, &buffer, 1);
    if (taken == (int)one->length) return;
    if (taken < 0 && taken != UV_EAGAIN) return fail(one);
    if (taken > 0) buffer = uv_buf_init(one->request + taken, (unsigned)(one->length - (size_t)taken));
    one->is_writing = 1;
    one->writing.data = one;
    uv_write(&one->writing, (uv_stream_t *)&one->socket, &buffer, 1, on_written);
}

static int on_body(http_parser *parser, const char *at, size_t length) {
    struct connection *one = parser->data;
    size_t room = FIRST - one->first_length;
    if (length > room) length = room;
    memcpy(one->first + one->first_length, at, length);
    one->first_length += length;
    return 0;
}

static int on_complete(http_parser *parser) {
    struct connection *one = parser->data;
    uint64_t now = uv_hrtime();
    one->first[one->first_length] = 0;
    int is_right = parser->status_code == 200 && (!given.expected || strstr(one->first, given.expected));
    if (!is_right && failed++ == 0)
        fprintf(stderr, "load: %s answered %u: %.300s\n", given.path, parser->status_code, one->first);
    if (is_right && one->sent >= measured_from) samples_add(&samples, (now - one->sent) / 1000);
    one->is_answered = 1;
    return 0;
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
    (void)suggested;
    struct connection *one = handle->data;
    *buffer = uv_buf_init(one->input, sizeof one->input);
}

static void on_bytes(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
    struct connection *one = stream->data;
    if (count == 0 || !one->is_open) return;
    if (count < 0) return fail(one);
    http_parser_execute(&one->parser, &events, buffer->base, (size_t)count);
    if (HTTP_PARSER_ERRNO(&one->parser) != HPE_OK) return fail(one);
    if (!one->is_answered) return;
    if (!http_should_keep_alive(&one->parser)) return lose(one);
    if (!one->is_writing) next_request(one);
}

static void on_connected(uv_connect_t *connecting, int status) {
    struct connection *one = connecting->data;
    if (status < 0) return fail(one);
    uv_tcp_nodelay(&one->socket, 1);
    uv_read_start((uv_stream_t *)&one->socket, on_room, on_bytes);
    next_request(one);
}

static void open_connection(struct connection *one) {
    struct sockaddr_in address;
    uv_ip4_addr("127.0.0.1", given.port, &address);
    uv_tcp_init(loop, &one->socket);
    alive++;
    one->is_open = 1;
    one->is_writing = one->is_answered = 0;
    one->socket.data = one->connecting.data = one->parser.data = one;
    http_parser_init(&one->parser, HTTP_RESPONSE);
    one->parser.data = one;
    uv_tcp_connect(&one->connecting, &one->socket, (const struct sockaddr *)&address, on_connected);
}

static void read_arguments(int count, char **arguments) {
    int option;
    while ((option = getopt(count, arguments, "c:d:n:w:m:H:b:e:r:")) != -1) {
        switch (option) {
        case 'c': given.connections = atoi(optarg); break;
        case 'd': given.seconds = atof(optarg); break;
        case 'n': given.requests = strtoul(optarg, NULL, 10); break;
        case 'w': given.warm_up = atof(optarg); break;
        case 'm': given.method = optarg; break;
        case 'b': given.body_file = optarg; break;
        case 'e': given.expected = optarg; break;
        case 'r': given.repeat = strtoul(optarg, NULL, 10); break;
        case 'H':
            strncat(given.headers, optarg, sizeof given.headers - strlen(given.headers) - 3);
            strcat(given.headers, "\r\n");
            break;
        default: exit(2);
        }
    }
    if (count - optind != 2 || (given.seconds <= 0 && !given.requests))
        fprintf(stderr, "load: give -d or -n, and PORT PATH\n"), exit(2);
    given.port = atoi(arguments[optind]);
    given.path = arguments[optind + 1];
}

int main(int count, char **arguments) {
    read_arguments(count, arguments);
    loop = uv_default_loop();
    http_parser_settings_init(&events);
    events.on_body = on_body;
    events.on_message_complete = on_complete;
    // Two runs one after the other do not send the same numbers.
    uv_timeval64_t clock;
    uv_gettimeofday(&clock);
    serial = given.repeat ? 0 : (uint64_t)clock.tv_sec % 100000 * 1000000 + (uint64_t)clock.tv_usec;
    uint64_t begin = uv_hrtime();
    measured_from = begin + (uint64_t)(given.warm_up * 1e9);
    measured_until = given.seconds > 0 ? measured_from + (uint64_t)(given.seconds * 1e9) : 0;
    struct connection *all = calloc((size_t)given.connections, sizeof *all);
    if (!all) abort();
    for (int i = 0; i < given.connections; i++) {
        make_request(&all[i]);
        open_connection(&all[i]);
    }
    uv_run(loop, UV_RUN_DEFAULT);
    samples_print(&samples, (double)(uv_hrtime() - measured_from) / 1e9, failed);
    return samples.count == 0;
}
