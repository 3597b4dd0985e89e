// noise: writes a PNG of noise, which no compression makes smaller: WIDTH * HEIGHT * 3 bytes and a little.
//
//   noise WIDTH HEIGHT >FILE
//
// The data are stored, not deflated (RFC 1951, 3.2.4), so that no library is needed.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t crc(const uint8_t *bytes, size_t length) {  // PNG, annex D
    uint32_t value = ~0u;
    for (size_t i = 0; i < length; i++) {
        value ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) value = value & 1 ? 0xEDB88320u ^ value >> 1 : value >> 1;
    }
    return ~value;
}

static void big_endian(uint8_t *at, uint32_t value) {
    for (int i = 0; i < 4; i++) at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void chunk(const char *name, const uint8_t *data, size_t length) {
    uint8_t *bytes = malloc(length + 12);
    if (!bytes) abort();
    big_endian(bytes, (uint32_t)length);
    memcpy(bytes + 4, name, 4);
    if (length) memcpy(bytes + 8, data, length);
    big_endian(bytes + 8 + length, crc(bytes + 4, length + 4));
    fwrite(bytes, 1, length + 12, stdout);
    free(bytes);
}

// Rows of noise, each after its filter byte 0 (none). xorshift64 (Marsaglia, 2003).
static uint8_t *rows(size_t width, size_t height, size_t *length) {
    size_t row = 1 + 3 * width;
    uint8_t *raw = calloc(height, row);
    uint64_t state = 88172645463325252ull;
    if (!raw) abort();
    for (size_t i = 0; i < height * row; i++) {
        if (i % row == 0) continue;
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        raw[i] = (uint8_t)(state >> 32);
    }
    *length = height * row;
    return raw;
}

// A zlib stream (RFC 1950) of stored blocks.
static uint8_t *stored(const uint8_t *raw, size_t length, size_t *total) {
    uint8_t *out = malloc(length + 5 * (length / 65535 + 1) + 6), *at = out;
    uint32_t low = 1, high = 0;
    if (!out) abort();
    *at++ = 0x78, *at++ = 0x01;
    for (size_t done = 0; done < length;) {
        size_t size = length - done < 65535 ? length - done : 65535;
        *at++ = done + size == length;
        *at++ = (uint8_t)size, *at++ = (uint8_t)(size >> 8), *at++ = (uint8_t)~size, *at++ = (uint8_t)(~size >> 8);
        memcpy(at, raw + done, size);
        at += size, done += size;
    }
    for (size_t i = 0; i < length; i++) low = (low + raw[i]) % 65521, high = (high + low) % 65521;
    big_endian(at, high << 16 | low);
    *total = (size_t)(at + 4 - out);
    return out;
}

int main(int count, char **arguments) {
    if (count != 3) return fprintf(stderr, "usage: noise WIDTH HEIGHT >FILE\n"), 2;
    int width = atoi(arguments[1]), height = atoi(arguments[2]);
    if (width < 1 || height < 1 || width > 10000 || height > 10000) return fprintf(stderr, "noise: bad size\n"), 2;
    uint8_t header[13] = {[8] = 8, [9] = 2};  // 8 bits, RGB
    big_endian(header, (uint32_t)width), big_endian(header + 4, (uint32_t)height);
    size_t length, total;
    uint8_t *raw = rows((size_t)width, (size_t)height, &length), *data = stored(raw, length, &total);
    fwrite("\x89PNG\r\n\x1a\n", 1, 8, stdout);
    chunk("IHDR", header, sizeof header);
    chunk("IDAT", data, total);
    chunk("IEND", NULL, 0);
    free(raw), free(data);
    return fflush(stdout) != 0;
}
