/*
 * Memory tagging below Linux: what a program sees of it. One line for each rule, "name: value".
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PROT_MTE
#define PROT_MTE 0x20
#endif
#ifndef HWCAP2_MTE
#define HWCAP2_MTE (1 << 18)
#endif
#define SET_TAGGED_ADDR_CTRL 55
enum { ENABLE = 1, SYNC = 2, ASYNC = 4, ALL_TAGS = 0xfffe << 3 };

static sigjmp_buf back;
static volatile int code;
static volatile uintptr_t where;

static void segv(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    code = info->si_code;
    where = (uintptr_t)info->si_addr;
    siglongjmp(back, 1);
}

static void say(const char *name, long value)
{
    printf("%s: %ld\n", name, value);
    fflush(stdout);
}

static void mode(unsigned bits)
{
    if (prctl(SET_TAGGED_ADDR_CTRL, ENABLE | ALL_TAGS | bits, 0, 0, 0)) {
        say("prctl fails with", errno);
    }
}

static uint8_t *insert_random_tag(uint8_t *p)
{
    __asm__ volatile(".arch armv8.5-a+memtag\n irg %0, %0" : "+r"(p));
    return p;
}

static uint8_t *with_tag(uint8_t *p, unsigned tag)
{
    return (uint8_t *)(((uintptr_t)p & ~(0xfull << 56)) | (uintptr_t)tag << 56);
}

static unsigned tag_of(uint8_t *p)
{
    return (uintptr_t)p >> 56 & 0xf;
}

static void store_tag(uint8_t *p)
{
    __asm__ volatile(".arch armv8.5-a+memtag\n stg %0, [%0]" : : "r"(p) : "memory");
}

static unsigned load_tag(uint8_t *p)
{
    __asm__ volatile(".arch armv8.5-a+memtag\n ldg %0, [%0]" : "+r"(p) : : "memory");
    return tag_of(p);
}

static uint8_t *map(size_t size)
{
    return mmap(NULL, size, PROT_READ | PROT_WRITE | PROT_MTE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* si_code of the signal that an access raises, 0: none. */
static int access_with(uint8_t *p, int write)
{
    code = 0;
    if (!sigsetjmp(back, 1)) {
        if (write) {
            *(volatile uint8_t *)p = 7;
        } else {
            (void)*(volatile uint8_t *)p;
        }
        getppid(); /* what isn't synchronous is told at an entry of the kernel */
    }
    return code;
}

/* Eight bytes, half of them in the next granule. */
static int access_wide(uint8_t *p)
{
    code = 0;
    if (!sigsetjmp(back, 1)) {
        (void)*(volatile uint64_t *)p;
    }
    return code;
}

/* Threads on neighbouring granules, whose tags share a byte. */
enum { THREADS = 4, ROUNDS = 200000 };

static uint8_t *shared;
static volatile long wrong;

static void *hammer(void *number)
{
    unsigned n = (uintptr_t)number;
    uint8_t *mine = shared + 16 * n;

    mode(SYNC);
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint8_t *p = with_tag(mine, 1 + (i + n) % 15);

        store_tag(p);
        *(volatile uint64_t *)p = i;
        if (*(volatile uint64_t *)p != i || load_tag(p) != tag_of(p)) {
            __sync_fetch_and_add(&wrong, 1);
        }
    }
    return NULL;
}

static void run_threads(void)
{
    pthread_t threads[THREADS];

    shared = map(4096);
    for (uintptr_t i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, hammer, (void *)i);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    say("threads' errors", wrong);
}

/* A child has a copy of data and tags, on a page of its own once it writes. */
static void run_child(uint8_t *p)
{
    int status;

    if (fork() == 0) {
        unsigned before = load_tag(p) == tag_of(p), read = *p == 7, after, bad;

        *p = 8;
        after = load_tag(p) == tag_of(p);
        bad = access_with(with_tag(p, tag_of(p) ^ 1), 0);
        _exit(before && read && after && bad == 9 ? 42 : 1);
    }
    wait(&status);
    say("child", WEXITSTATUS(status));
    say("parent's data", *p);
}

int main(void)
{
    struct sigaction action = { .sa_sigaction = segv, .sa_flags = SA_SIGINFO | SA_NODEFER };
    uint8_t *plain = map(8192), *p, *other;
    uintptr_t tags = 0;
    int fds[2];

    sigaction(SIGSEGV, &action, NULL);
    say("hwcap", !!(getauxval(AT_HWCAP2) & HWCAP2_MTE));
    mode(SYNC);
    for (int i = 0; i < 200; i++) {
        tags |= 1u << tag_of(insert_random_tag(plain));
    }
    say("tags chosen", tags); /* all but 0 */
    say("untagged", access_with(plain, 1));
    p = insert_random_tag(plain);
    other = with_tag(p, tag_of(p) == 15 ? 1 : tag_of(p) + 1);
    store_tag(p);
    say("tag stored", load_tag(plain) == tag_of(p));
    say("right tag", access_with(p, 1));
    say("no tag", access_with(plain, 0));
    say("wrong tag, load", access_with(other, 0));
    say("wrong tag, store", access_with(other + 3, 1));
    say("address", where == (uintptr_t)plain + 3);
    say("next granule", access_with(p + 16, 0));
    say("across", access_wide(p + 12));
    say("data", *p);
    pipe(fds);
    say("write, right tag", write(fds[1], p, 1));
    say("write, wrong tag", write(fds[1], other, 1) < 0 ? -errno : 0);
    run_child(p);
    mode(ASYNC);
    say("asynchronous load", access_with(other, 0));
    say("asynchronous store", access_with(other, 1));
    say("stored", *p);
    mode(0);
    say("ignored", access_with(other, 1));
    mode(SYNC);
    run_threads();
    return 0;
}
