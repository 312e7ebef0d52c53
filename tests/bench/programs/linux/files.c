/*
 * Files that are made, written, read, looked at, renamed and removed.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

BENCH_ROUNDS(1400);

enum { SIZE = 8192 };

uint32_t bench(uint32_t rounds)
{
    static char buffer[SIZE];
    char name[64], other[64];
    uint32_t sum = 0;

    snprintf(name, sizeof(name), "/tmp/bench-%d", (int)getpid());
    snprintf(other, sizeof(other), "/tmp/bench-%d-other", (int)getpid());
    while (rounds--) {
        struct stat status;
        int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);

        if (fd < 0 || write(fd, buffer, SIZE) != SIZE || lseek(fd, rounds % SIZE, SEEK_SET) < 0) {
            bench_fail("a file can't be written");
        }
        for (ssize_t got; (got = read(fd, buffer, 512)) > 0;) {
            sum += got;
        }
        close(fd);
        buffer[sum % SIZE]++;
        if (rename(name, other) || stat(other, &status) || unlink(other)) {
            bench_fail("a file can't be renamed");
        }
        sum = mix(sum, status.st_size);
    }
    return sum;
}
