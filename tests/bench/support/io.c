/*
 * The guest's part of tests/bench/io.py: disk and network loads of a given size. Prints the
 * operations that were done and the milliseconds that they took.
 *
 *   io disk FILE read|write BLOCK COUNT DEPTH seq|random
 *   io tcp-send|tcp-receive ADDRESS PORT MIB
 *   io udp-send ADDRESS PORT PACKETS
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_DEPTH 64

static struct {
    int fd;
    int is_write, is_random;
    size_t block;
    long count;
    uint64_t blocks; /* on the disk */
    long next;       /* atomic */
} disk;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

/* The same places on every emulator. */
static uint64_t place_of(uint64_t n)
{
    uint64_t x = n * 0x9e3779b97f4a7c15u;

    x ^= x >> 29;
    return disk.is_random ? (x * 0xbf58476d1ce4e5b9u >> 20) % disk.blocks : n % disk.blocks;
}

static void *disk_worker(void *unused)
{
    void *buf;
    long n;

    if (posix_memalign(&buf, 4096, disk.block)) {
        fail("memory");
    }
    memset(buf, 0x5a, disk.block);
    while ((n = __atomic_fetch_add(&disk.next, 1, __ATOMIC_RELAXED)) < disk.count) {
        off_t at = place_of(n) * disk.block;
        ssize_t len = disk.is_write ? pwrite(disk.fd, buf, disk.block, at)
                                    : pread(disk.fd, buf, disk.block, at);

        if (len != (ssize_t)disk.block) {
            fail("disk");
        }
    }
    return unused;
}

static void run_disk(char **args)
{
    pthread_t threads[MAX_DEPTH];
    int depth = atoi(args[4]);
    uint64_t bytes;

    disk.is_write = !strcmp(args[1], "write");
    disk.block = atol(args[2]);
    disk.count = atol(args[3]);
    disk.is_random = !strcmp(args[5], "random");
    disk.fd = open(args[0], O_RDWR | O_DIRECT);
    if (disk.fd < 0 || ioctl(disk.fd, BLKGETSIZE64, &bytes) < 0 || depth > MAX_DEPTH) {
        fail(args[0]);
    }
    disk.blocks = bytes / disk.block;
    for (int i = 0; i < depth; i++) {
        pthread_create(&threads[i], NULL, disk_worker, NULL);
    }
    for (int i = 0; i < depth; i++) {
        pthread_join(threads[i], NULL);
    }
}

static int connected(int type, char **args)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(atoi(args[1])) };
    int fd = socket(AF_INET, type, 0);

    inet_pton(AF_INET, args[0], &to.sin_addr);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
        fail("connect");
    }
    return fd;
}

static void run_tcp(char **args, int sends)
{
    static char buf[65536];
    int fd = connected(SOCK_STREAM, args);
    long long left = atoll(args[2]) << 20;

    while (left > 0) {
        size_t part = left < (long long)sizeof(buf) ? left : (long long)sizeof(buf);
        ssize_t len = sends ? write(fd, buf, part) : read(fd, buf, part);

        if (len <= 0) {
            fail("tcp");
        }
        left -= len;
    }
    if (sends) { /* until the other side has it all */
        shutdown(fd, SHUT_WR);
        while (read(fd, buf, sizeof(buf)) > 0) {
        }
    }
}

static void run_udp(char **args)
{
    static char buf[64];
    int fd = connected(SOCK_DGRAM, args);

    for (long n = atol(args[2]); n > 0; n--) {
        if (send(fd, buf, sizeof(buf), 0) < 0) {
            usleep(100);
            n++;
        }
    }
}

int main(int argc, char **argv)
{
    double start = now_ms();

    if (argc == 8 && !strcmp(argv[1], "disk")) {
        run_disk(argv + 2);
    } else if (argc == 5 && !strncmp(argv[1], "tcp-", 4)) {
        run_tcp(argv + 2, !strcmp(argv[1], "tcp-send"));
    } else if (argc == 5 && !strcmp(argv[1], "udp-send")) {
        run_udp(argv + 2);
    } else {
        return 2;
    }
    printf("IO-DONE %.1f\n", now_ms() - start);
    return 0;
}
