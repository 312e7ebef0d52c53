/*
 * What the memory model costs: rendering, changing and looking up a map. Prints numbers; build
 * with --buildtype=release for ones worth comparing.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <math.h>
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/rcu.h"
#include "system/memory/internal.h"

#define ANY MEMTXATTRS_UNSPECIFIED
#define MIN_SECONDS 0.3

/* CPU time of all threads (views are freed by one of their own): others may use the host, too. */
static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

/* Seconds for one call of f: the best of three batches that last long enough. */
static double measure(void (*f)(void *), void *opaque)
{
    double best = INFINITY;

    for (int batch = 0; batch < 3; batch++) {
        double start = now(), elapsed;
        unsigned long n = 0;
        do {
            f(opaque);
            n++;
            elapsed = now() - start;
        } while (elapsed < MIN_SECONDS / 3);
        best = MIN(best, elapsed / n);
    }
    return best;
}

typedef struct Map {
    MemoryRegion root;
    MemoryRegion *leaves;
    unsigned nr;
    AddressSpace as;
    MemoryRegion ram, alias;
    uint32_t random;
    unsigned lookups;
} Map;

/* overlaps: each leaf is behind most of the ones before it, and larger. */
static Map *map_new(unsigned nr, bool overlaps)
{
    Map *m = g_new0(Map, 1);

    m->nr = nr;
    m->leaves = g_new0(MemoryRegion, nr);
    m->random = 1;
    memory_region_init(&m->root, NULL, "root", UINT64_MAX);
    memory_region_transaction_begin();
    for (unsigned i = 0; i < nr; i++) {
        uint64_t size = overlaps ? 4096 * (1 + (i * 2654435761u >> 16) % 64) : 4096;
        memory_region_init_reservation(&m->leaves[i], NULL, "leaf", size);
        memory_region_add_subregion_overlap(&m->root, 0x100000 + (uint64_t)i * 8192, &m->leaves[i],
                                            overlaps ? (int)(i * 40503u % 7) : 0);
    }
    memory_region_transaction_commit();
    return m;
}

static void render(void *opaque)
{
    Map *m = opaque;

    g_array_free(memory_render(&m->root), TRUE);
}

static void bench_render(bool overlaps)
{
    double first = 0;

    for (unsigned nr = 100; nr <= 10000; nr *= 10) {
        Map *m = map_new(nr, overlaps);
        double seconds = measure(render, m);
        GArray *ranges = memory_render(&m->root);

        first = first ? first : seconds / nr;
        printf("render %6u leaves%-15s %9.3f ms  %6u ranges  %5.2f x the cost per leaf of 100\n",
               nr, overlaps ? " that overlap" : "", seconds * 1e3, ranges->len, seconds / nr / first);
        g_array_free(ranges, TRUE);
    }
}

static void toggle(void *opaque)
{
    Map *m = opaque;

    memory_region_set_enabled(&m->alias, false);
    memory_region_set_enabled(&m->alias, true);
}

static void add_alias(Map *m)
{
    memory_region_init_ram(&m->ram, NULL, "ram", 1 * MiB, &error_abort);
    memory_region_init_alias(&m->alias, NULL, "alias", &m->ram, 0, 1 * MiB);
    memory_region_add_subregion_overlap(&m->root, 0, &m->alias, 1);
    address_space_init(&m->as, &m->root, "bench");
}

static uint64_t random_address(Map *m)
{
    m->random = m->random * 1664525 + 1013904223;
    return 0x100000 + (uint64_t)(m->random >> 8) % m->nr * 8192;
}

#define BATCH 1000

static void look_up_random(void *opaque)
{
    Map *m = opaque;
    RCU_READ_LOCK_GUARD();

    for (unsigned i = 0; i < BATCH; i++) {
        m->lookups += address_space_lookup(&m->as, random_address(m)).mr != NULL;
    }
}

static void look_up_same(void *opaque)
{
    Map *m = opaque;
    RCU_READ_LOCK_GUARD();

    for (unsigned i = 0; i < BATCH; i++) {
        m->lookups += address_space_lookup(&m->as, 0x100000).mr != NULL;
    }
}

static void load_ram(void *opaque)
{
    Map *m = opaque;

    for (unsigned i = 0; i < BATCH; i++) {
        m->lookups += ldl_be_phys(&m->as, (i * 64) & 0xffff);
    }
}

static void rate(const char *what, void (*f)(void *), Map *m)
{
    printf("%-35s %9.1f million/s\n", what, BATCH / measure(f, m) / 1e6);
}

static uint64_t io_read(void *opaque, hwaddr addr, unsigned size)
{
    return addr;
}

static const MemoryRegionOps io_ops = { .read = io_read, .endianness = DEVICE_BIG_ENDIAN };

static void load_io(void *opaque)
{
    Map *m = opaque;

    for (unsigned i = 0; i < BATCH; i++) {
        m->lookups += ldl_be_phys(&m->as, 0x80000000);
    }
}

int main(int argc, char **argv)
{
    static MemoryRegion io;
    Map *m;

    module_call_init(MODULE_INIT_QOM);
    qemu_init_main_loop(&error_abort);
    bench_render(false);
    bench_render(true);

    m = map_new(1000, false);
    add_alias(m);
    printf("toggle one alias in %u ranges       %9.3f us for each change\n", m->as.current_map->nr,
           measure(toggle, m) / 2 * 1e6);
    memory_region_init_io(&io, NULL, &io_ops, NULL, "io", 4096);
    memory_region_add_subregion_overlap(&m->root, 0x80000000, &io, 1);
    rate("look up random addresses", look_up_random, m);
    rate("look up the same address", look_up_same, m);
    rate("load from RAM through the map", load_ram, m);
    rate("load from a device through the map", load_io, m);
    return m->lookups == 0;
}
