// Latencies in microseconds, and what they come to. Used by one thread at a time.
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct samples {
    uint32_t *values;
    size_t count, room;
};

static inline void samples_add(struct samples *all, uint64_t microseconds) {
    if (all->count == all->room) {
        all->room = all->room ? 2 * all->room : 4096;
        all->values = realloc(all->values, all->room * sizeof *all->values);
        if (!all->values) abort();
    }
    all->values[all->count++] = microseconds > UINT32_MAX ? UINT32_MAX : (uint32_t)microseconds;
}

static inline int samples_compare(const void *a, const void *b) {
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

// The line that the scripts read: requests a second, p50 and p99 in milliseconds, requests measured, requests failed.
static inline void samples_print(struct samples *all, double seconds, size_t failed) {
    double p50 = 0, p99 = 0;
    if (all->count) {
        qsort(all->values, all->count, sizeof *all->values, samples_compare);
        p50 = all->values[(all->count - 1) / 2] / 1000.0;
        p99 = all->values[(size_t)((double)(all->count - 1) * 0.99)] / 1000.0;
    }
    printf("%.1f %.3f %.3f %zu %zu\n", seconds > 0 ? (double)all->count / seconds : 0, p50, p99, all->count, failed);
}

// A whole file; its length goes to *length. A zero byte follows it.
static inline char *whole_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    if (!file) return perror(path), exit(2), NULL;
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *bytes = malloc((size_t)size + 1);
    if (!bytes || fread(bytes, 1, (size_t)size, file) != (size_t)size) return perror(path), exit(2), NULL;
    fclose(file);
    bytes[size] = 0;
    *length = (size_t)size;
    return bytes;
}

// In a body `{{NUMBER12}}` (12 bytes) stands for a number of 12 digits that no other request has.
#define FRESH "{{NUMBER12}}"
#define FRESH_LENGTH 12
#define FRESH_BASE 100000000000ULL

// Writes a number over each place that `places` lists.
static inline void freshen(char *bytes, const size_t *places, size_t count, uint64_t number) {
    char digits[24];
    snprintf(digits, sizeof digits, "%012llu", (unsigned long long)(FRESH_BASE + number % (8 * FRESH_BASE)));
    for (size_t i = 0; i < count; i++) memcpy(bytes + places[i], digits, FRESH_LENGTH);
}

// Finds the places for fresh numbers; at most `room`.
static inline size_t fresh_places(const char *bytes, size_t *places, size_t room) {
    size_t count = 0;
    for (const char *at = strstr(bytes, FRESH); at && count < room; at = strstr(at + FRESH_LENGTH, FRESH))
        places[count++] = (size_t)(at - bytes);
    return count;
}
