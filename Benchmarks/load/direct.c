// direct: uses ComfyUI the way its own example client does, and says what that costs.
//
//   direct [-c CLIENTS] [-d SECONDS | -n PICTURES] [-w WARM_UP_SECONDS] [-p PICTURE] GRAPH HOST PORT
//
// Each client holds a WebSocket and a connection for requests. For each picture: POST /upload/image (with -p), POST
// /prompt, wait for the event of the end, GET /history/{id}, GET /view. In GRAPH (API form) and at the end of PICTURE
// {{NUMBER12}} becomes a fresh number, and {{FILE}} the uploaded file's name.
// Prints the same line as `load`.
#define _GNU_SOURCE
#include <getopt.h>
#include <http_parser.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "samples.h"

enum { PLACES = 64, BODY = 64 << 20 };

static struct {
    int clients;
    double seconds, warm_up;
    size_t pictures;
    const char *picture, *host, *port;
    char *graph, *picture_bytes;
    size_t graph_length, picture_length;
} given = {.clients = 1};

static struct samples samples;
static size_t started, failed;
static uint64_t serial;
static double begin;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct answer {
    char *bytes;  // followed by a zero byte
    size_t length;
    int is_complete;
};

struct client {
    int number, http, socket;
    struct answer answer;
    char id[64];
    char frames[1 << 20];  // of the WebSocket, not yet taken
    size_t frames_length;
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void die(const char *what) {
    fprintf(stderr, "direct: %s\n", what);
    exit(1);
}

static int open_socket(void) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    if (getaddrinfo(given.host, given.port, &hints, &found) != 0) die("no such host");
    int fd = socket(found->ai_family, SOCK_STREAM, 0), on = 1;
    if (connect(fd, found->ai_addr, found->ai_addrlen) != 0) die("cannot connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    freeaddrinfo(found);
    return fd;
}

static void send_all(int fd, const char *bytes, size_t length) {
    while (length) {
        ssize_t count = write(fd, bytes, length);
        if (count <= 0) die("the connection broke");
        bytes += count, length -= (size_t)count;
    }
}

// MARK: Requests

static int on_body(http_parser *parser, const char *at, size_t length) {
    struct answer *answer = parser->data;
    if (answer->length + length >= BODY) return -1;
    memcpy(answer->bytes + answer->length, at, length);
    answer->length += length;
    return 0;
}

static int on_complete(http_parser *parser) {
    ((struct answer *)parser->data)->is_complete = 1;
    return 0;
}

// One request and its whole answer, which lies in `client->answer`. Returns its status.
static unsigned ask(struct client *client, const char *head, const char *body, size_t length) {
    http_parser parser;
    http_parser_settings events;
    char bytes[262144];
    http_parser_settings_init(&events);
    http_parser_init(&parser, HTTP_RESPONSE);
    events.on_body = on_body;
    events.on_message_complete = on_complete;
    parser.data = &client->answer;
    client->answer.length = 0;
    client->answer.is_complete = 0;
    send_all(client->http, head, strlen(head));
    if (length) send_all(client->http, body, length);
    while (!client->answer.is_complete) {
        ssize_t count = read(client->http, bytes, sizeof bytes);
        if (count <= 0) die("ComfyUI closed the connection");
        http_parser_execute(&parser, &events, bytes, (size_t)count);
        if (HTTP_PARSER_ERRNO(&parser) != HPE_OK) die("the answer is no HTTP");
    }
    client->answer.bytes[client->answer.length] = 0;
    return parser.status_code;
}

static unsigned get(struct client *client, const char *path) {
    char head[2048];
    snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: %s:%s\r\n\r\n", path, given.host, given.port);
    return ask(client, head, NULL, 0);
}

static unsigned post(struct client *client, const char *path, const char *type, const char *body, size_t length) {
    char head[2048];
    snprintf(
        head, sizeof head,
        "POST %s HTTP/1.1\r\nHost: %s:%s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n", path, given.host,
        given.port, type, length);
    return ask(client, head, body, length);
}

// The first "KEY": "text" of the answer. ComfyUI's names need no unescaping.
static int text_of(const char *json, const char *key, char *out, size_t room) {
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"%s\"", key);
    const char *at = strstr(json, quoted);
    if (!at || !(at = strchr(at + strlen(quoted), ':')) || !(at = strchr(at, '"'))) return 0;
    size_t length = strcspn(++at, "\"");
    if (length >= room) return 0;
    memcpy(out, at, length);
    out[length] = 0;
    return 1;
}

// MARK: The WebSocket

static void open_events(struct client *client) {
    char text[1024];
    client->socket = open_socket();
    snprintf(
        text, sizeof text,
        "GET /ws?clientId=%s HTTP/1.1\r\nHost: %s:%s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        client->id, given.host, given.port);
    send_all(client->socket, text, strlen(text));
    size_t length = 0;
    // Byte by byte, once: what follows the head is the first frame.
    while (length < 4 || memcmp(text + length - 4, "\r\n\r\n", 4) != 0) {
        if (length + 1 >= sizeof text || read(client->socket, text + length, 1) != 1) die("no WebSocket");
        length++;
    }
    if (strncmp(text, "HTTP/1.1 101", 12) != 0) die("no WebSocket");
}

static void more_frames(struct client *client, size_t wanted) {
    while (client->frames_length < wanted) {
        ssize_t count =
            read(client->socket, client->frames + client->frames_length, sizeof client->frames - client->frames_length);
        if (count <= 0) die("the WebSocket broke");
        client->frames_length += (size_t)count;
    }
}

static void pong(struct client *client, const char *data, size_t length) {
    char frame[131] = {(char)0x8A, (char)(0x80 | length)};  // masked with zeros
    memcpy(frame + 6, data, length);
    send_all(client->socket, frame, 6 + length);
}

// The next text message, with a zero byte in place of what follows it; previews and pings are dealt with. RFC 6455, 5.2.
static const char *next_text(struct client *client, char *text, size_t room) {
    for (;;) {
        more_frames(client, 2);
        unsigned opcode = (unsigned char)client->frames[0] & 15, size = (unsigned char)client->frames[1] & 127;
        size_t head = size == 126 ? 4 : size == 127 ? 10 : 2, length = size < 126 ? size : 0;
        more_frames(client, head);
        for (size_t i = 2; i < head; i++) length = length << 8 | (unsigned char)client->frames[i];
        if (head + length > sizeof client->frames) die("a WebSocket message is too long");
        more_frames(client, head + length);
        int is_text = opcode == 1;
        if (is_text) snprintf(text, room, "%.*s", (int)length, client->frames + head);
        if (opcode == 9 && length < 126) pong(client, client->frames + head, length);
        if (opcode == 8) die("ComfyUI closed the WebSocket");
        client->frames_length -= head + length;
        memmove(client->frames, client->frames + head + length, client->frames_length);
        if (is_text) return text;
    }
}

// Waits for `executing` without a node, which ComfyUI sends when the history holds the result.
static int wait_for_end(struct client *client, const char *prompt) {
    static _Thread_local char text[65536];
    for (;;) {
        const char *event = next_text(client, text, sizeof text);
        if (!strstr(event, prompt)) continue;
        if (strstr(event, "\"execution_error\"")) return 0;
        const char *node = strstr(event, "\"node\"");
        if (strstr(event, "\"executing\"") && node && strncmp(node + 7 + strspn(node + 7, " "), "null", 4) == 0) return 1;
    }
}

// MARK: One picture

static int upload(struct client *client, uint64_t number, char *name, size_t room) {
    static const char boundary[] = "\r\n--easel-benchmark--\r\n";
    char digits[16];
    char *body = malloc(given.picture_length + 1024);
    if (!body) abort();
    snprintf(digits, sizeof digits, "%012llu", (unsigned long long)(FRESH_BASE + number));
    int head = sprintf(
        body,
        "--easel-benchmark\r\nContent-Disposition: form-data; name=\"image\"; filename=\"bench-%s.png\"\r\n"
        "Content-Type: image/png\r\n\r\n", digits);
    size_t length = (size_t)head + given.picture_length;
    memcpy(body + head, given.picture_bytes, given.picture_length);
    memcpy(body + length, digits, FRESH_LENGTH);  // behind the picture's end, so that no two are the same file
    length += FRESH_LENGTH;
    memcpy(body + length, boundary, sizeof boundary - 1);
    length += sizeof boundary - 1;
    unsigned status = post(client, "/upload/image", "multipart/form-data; boundary=easel-benchmark", body, length);
    free(body);
    return status == 200 && text_of(client->answer.bytes, "name", name, room);
}

static char *replaced(char *text, const char *mark, const char *with) {
    for (char *at = strstr(text, mark); at; at = strstr(at + strlen(with), mark)) {
        memmove(at + strlen(with), at + strlen(mark), strlen(at + strlen(mark)) + 1);
        memcpy(at, with, strlen(with));
    }
    return text;
}

static int submit(struct client *client, uint64_t number, const char *file, char *prompt, size_t room) {
    size_t places[PLACES];
    char *body = malloc(given.graph_length + 8192);
    if (!body) abort();
    snprintf(body, given.graph_length + 4096, "{\"client_id\":\"%s\",\"prompt\":%s}", client->id, given.graph);
    freshen(body, places, fresh_places(body, places, PLACES), number);
    replaced(body, "{{FILE}}", file);
    unsigned status = post(client, "/prompt", "application/json", body, strlen(body));
    free(body);
    return status == 200 && text_of(client->answer.bytes, "prompt_id", prompt, room);
}

static int fetch(struct client *client, const char *prompt) {
    char path[1024], name[256], folder[256];
    snprintf(path, sizeof path, "/history/%s", prompt);
    if (get(client, path) != 200) return 0;
    // The outputs come after the graph, whose own members have other names.
    if (!text_of(client->answer.bytes, "filename", name, sizeof name)) return 0;
    if (!text_of(client->answer.bytes, "subfolder", folder, sizeof folder)) return 0;
    snprintf(path, sizeof path, "/view?filename=%s&subfolder=%s&type=output", name, folder);
    return get(client, path) == 200 && client->answer.length > 8 && memcmp(client->answer.bytes + 1, "PNG", 3) == 0;
}

static int one_picture(struct client *client, uint64_t number) {
    char file[256] = "", prompt[128];
    if (given.picture && !upload(client, number, file, sizeof file)) return 0;
    return submit(client, number, file, prompt, sizeof prompt) && wait_for_end(client, prompt) && fetch(client, prompt);
}

static int may_start(uint64_t *number) {
    pthread_mutex_lock(&lock);
    int may = given.pictures ? started < given.pictures : now() < begin + given.warm_up + given.seconds;
    if (may) started++;
    *number = ++serial;
    pthread_mutex_unlock(&lock);
    return may;
}

static void *work(void *argument) {
    struct client *client = argument;
    uint64_t number;
    client->answer.bytes = malloc(BODY + 1);
    if (!client->answer.bytes) abort();
    snprintf(client->id, sizeof client->id, "easel-benchmark-%d-%d", getpid(), client->number);
    client->http = open_socket();
    open_events(client);
    while (may_start(&number)) {
        double from = now();
        int is_right = one_picture(client, number);
        double until = now();
        pthread_mutex_lock(&lock);
        if (!is_right && failed++ == 0) fprintf(stderr, "direct: %.500s\n", client->answer.bytes);
        if (is_right && from >= begin + given.warm_up) samples_add(&samples, (uint64_t)((until - from) * 1e6));
        pthread_mutex_unlock(&lock);
        if (!is_right && failed > 20) die("too many pictures failed");
    }
    return NULL;
}

static void read_arguments(int count, char **arguments) {
    int option;
    while ((option = getopt(count, arguments, "c:d:n:w:p:")) != -1) {
        switch (option) {
        case 'c': given.clients = atoi(optarg); break;
        case 'd': given.seconds = atof(optarg); break;
        case 'n': given.pictures = strtoul(optarg, NULL, 10); break;
        case 'w': given.warm_up = atof(optarg); break;
        case 'p': given.picture = optarg; break;
        default: exit(2);
        }
    }
    if (count - optind != 3 || given.clients < 1 || given.clients > 256 || (given.seconds <= 0 && !given.pictures))
        fprintf(stderr, "direct: give -d or -n, and GRAPH HOST PORT\n"), exit(2);
    given.graph = whole_file(arguments[optind], &given.graph_length);
    given.host = arguments[optind + 1];
    given.port = arguments[optind + 2];
    if (given.picture) given.picture_bytes = whole_file(given.picture, &given.picture_length);
}

int main(int count, char **arguments) {
    pthread_t threads[256];
    read_arguments(count, arguments);
    serial = (uint64_t)time(NULL) % 100000 * 1000000;
    begin = now();
    for (int i = 0; i < given.clients; i++) {
        struct client *client = calloc(1, sizeof *client);
        if (!client) abort();
        client->number = i;
        if (pthread_create(&threads[i], NULL, work, client) != 0) die("no thread");
    }
    for (int i = 0; i < given.clients; i++) pthread_join(threads[i], NULL);
    samples_print(&samples, now() - begin - given.warm_up, failed);
    return samples.count == 0;
}
