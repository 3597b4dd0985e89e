// await: asks GET PATH every millisecond until the answer holds TEXT; exits with 1 after 30 seconds without.
//
//   await PORT PATH TEXT
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int answers(int port, const char *path, const char *text) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0), found = 0;
    struct timeval limit = {.tv_sec = 2};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) {
        char bytes[16384];
        size_t length = 0;
        ssize_t count;
        snprintf(bytes, sizeof bytes, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", path);
        if (write(fd, bytes, strlen(bytes)) > 0)
            while (length + 1 < sizeof bytes && (count = read(fd, bytes + length, sizeof bytes - 1 - length)) > 0)
                length += (size_t)count;
        bytes[length] = 0;
        found = strstr(bytes, text) != NULL;
    }
    close(fd);
    return found;
}

int main(int count, char **arguments) {
    if (count != 4) return fprintf(stderr, "usage: await PORT PATH TEXT\n"), 2;
    time_t end = time(NULL) + 30;
    while (time(NULL) < end) {
        if (answers(atoi(arguments[1]), arguments[2], arguments[3])) return 0;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    fprintf(stderr, "await: %s does not say %s\n", arguments[2], arguments[3]);
    return 1;
}
