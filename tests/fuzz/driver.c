/*
 * Runs a fuzz target without a fuzzing engine: recorded inputs if files are named, else random
 * changes of the target's seeds for some seconds. The random sequence is always the same.
 *
 *   fuzz-x [FILE …]              FUZZ_SECONDS=n  how long (2)   FUZZ_SEED=n  another sequence
 *
 * An input that crashes the target, or takes it more than 20 s, is left in ./crash-NAME. With
 * clang, a target also links against -fsanitize=fuzzer in this file's place.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "fuzz.h"

#define INPUT_MAX_SIZE 4096
#define HANG_SECONDS   20

static uint8_t input[INPUT_MAX_SIZE];
static size_t input_size;
static char crash_name[256];

static void save_input(void)
{
    int fd = open(crash_name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    ssize_t ret = write(fd, input, input_size);

    (void)ret;
    close(fd);
}

static void killed(int sig)
{
    save_input();
    signal(sig, SIG_DFL);
    raise(sig);
}

/* A sanitizer reports crashes itself, if it is let, and calls this before it ends the program. */
extern void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void catch_crashes(void)
{
    if (__sanitizer_set_death_callback) {
        __sanitizer_set_death_callback(save_input);
    } else {
        signal(SIGSEGV, killed);
    }
    signal(SIGABRT, killed);
    signal(SIGALRM, killed);
    signal(SIGPIPE, SIG_IGN); /* as the emulator does */
}

static void run(void)
{
    /* A copy of its own size, so that a sanitizer sees one byte too many. */
    uint8_t *copy = g_malloc(MAX(input_size, 1));

    memcpy(copy, input, input_size);
    alarm(HANG_SECONDS);
    LLVMFuzzerTestOneInput(copy, input_size);
    alarm(0);
    g_free(copy);
}

static size_t pick(GRand *rand, size_t n)
{
    return n ? (size_t)g_rand_int_range(rand, 0, (gint32)MIN(n, INT32_MAX)) : 0;
}

static void insert(size_t at, const void *data, size_t size)
{
    size = MIN(size, INPUT_MAX_SIZE - input_size);
    memmove(input + at + size, input + at, input_size - at);
    memcpy(input + at, data, size);
    input_size += size;
}

static void delete(size_t at, size_t size)
{
    size = MIN(size, input_size - at);
    memmove(input + at, input + at + size, input_size - at - size);
    input_size -= size;
}

static size_t count(const FuzzSeed *list)
{
    size_t n = 0;

    while (list[n].data) {
        n++;
    }
    return n;
}

static void mutate(GRand *rand)
{
    size_t at = pick(rand, input_size + 1);
    const FuzzSeed *seed;
    uint8_t byte = (uint8_t)g_rand_int(rand);

    switch (pick(rand, 6)) {
    case 0:
        if (at < input_size) {
            input[at] = byte;
        }
        break;
    case 1:
        if (at < input_size) {
            input[at] ^= 1u << (byte & 7);
        }
        break;
    case 2:
        delete(at, 1 + pick(rand, 8));
        break;
    case 3:
        insert(at, &byte, 1);
        break;
    case 4:
        seed = &fuzz_tokens[pick(rand, count(fuzz_tokens))];
        if (seed->data) {
            insert(at, seed->data, seed->size);
        }
        break;
    default:
        seed = &fuzz_seeds[pick(rand, count(fuzz_seeds))];
        if (seed->data && seed->size) {
            size_t from = pick(rand, seed->size);

            insert(at, (const char *)seed->data + from, 1 + pick(rand, seed->size - from));
        }
        break;
    }
}

static unsigned long run_random(double seconds, uint32_t seed)
{
    GRand *rand = g_rand_new_with_seed(seed);
    gint64 end = g_get_monotonic_time() + (gint64)(seconds * G_USEC_PER_SEC);
    size_t nb_seeds = count(fuzz_seeds);
    unsigned long n = 0;

    for (; n < nb_seeds || g_get_monotonic_time() < end; n++) {
        bool as_it_is = n < nb_seeds;

        /* One in four grows from the one before, so that some stray far from every seed. */
        if (as_it_is || pick(rand, 4)) {
            const FuzzSeed *s = &fuzz_seeds[as_it_is ? n : pick(rand, nb_seeds)];

            input_size = MIN(s->size, INPUT_MAX_SIZE);
            memcpy(input, s->data, input_size);
        }
        for (size_t i = as_it_is ? 0 : 1 + pick(rand, 6); i > 0; i--) {
            mutate(rand);
        }
        run();
    }
    g_rand_free(rand);
    return n;
}

static void run_file(const char *path)
{
    g_autofree char *data = NULL;
    gsize size;

    if (!g_file_get_contents(path, &data, &size, NULL)) {
        fprintf(stderr, "Could not read '%s'\n", path);
        exit(1);
    }
    input_size = MIN(size, INPUT_MAX_SIZE);
    memcpy(input, data, input_size);
    run();
}

int main(int argc, char **argv)
{
    const char *seconds = g_getenv("FUZZ_SECONDS"), *seed = g_getenv("FUZZ_SEED");
    g_autofree char *file = g_path_get_basename(argv[0]);
    g_autofree char *name = g_strndup(file, strcspn(file, "."));

    g_snprintf(crash_name, sizeof(crash_name), "crash-%s", name);
    catch_crashes();
    fuzz_init();
    for (int i = 1; i < argc; i++) {
        run_file(argv[i]);
    }
    if (argc == 1) {
        printf("%s: %lu inputs\n", name,
               run_random(seconds ? g_ascii_strtod(seconds, NULL) : 2,
                          seed ? (uint32_t)strtoul(seed, NULL, 0) : 1));
    }
    return 0;
}
