/*
 * The code buffer: a ring of regions. In each, code grows from its start and data (the blocks'
 * records) from its end, so that writing one doesn't disturb the other's cache lines. When a region
 * is full, a new one is taken into use, or the oldest one is emptied: the buffer grows as long as
 * translations are made faster than they get old.
 *
 * Blocks and lazily emitted stubs are found by host address: both lists of a region are in ascending
 * order because code only grows. The lists have room for as much as fits a region, so that a fault
 * handler can add to them.
 *
 * No memory is writable and executable: the buffer is mapped twice. Both kinds of addresses count
 * in the first mapping, where code is executed; data is used by way of the second one.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include "qapi/error.h"
#include "tcg-internal.h"

#define MIN_REGION (256 * KiB)
#define MAX_REGIONS 32
/* The host is asked for memory in such pieces, which costs less than a fault for each page. */
#define MAKE_AHEAD (64 * KiB)
/* A region that was begun less than this ago is too young to be emptied, in microseconds. */
#define YOUNG (10 * 1000000)

/* Code of a block that was emitted later than the rest, maybe in another region. */
typedef struct Stub {
    uint32_t offset;      /* in the code buffer */
    TBElement tb;
    uint32_t generation;  /* of the block's region */
} Stub;

typedef struct Region {
    uint8_t *start, *end;
    uint8_t *code_next, *data_next;
    uint8_t *code_made, *data_made; /* code before, data behind: the host has made that memory */
    uint32_t generation;  /* counts how often it was emptied */
    int64_t begun;
    TBElement *tbs;
    Stub *stubs;
    uint32_t nb_tbs, nb_stubs;
} Region;

uint8_t *tcg_buffer;
ptrdiff_t tcg_write_distance;
static size_t buffer_size, region_size;
static Region regions[MAX_REGIONS];
static unsigned nb_regions, nb_used; /* in all; in use now */
static Region *current;
static uint8_t *kept_end; /* code at the start of the first region that is never dropped */
static GRecMutex lock;

/* Address space near our own code, so that helpers are in reach of a direct call. */
static void *reserve_near(size_t size)
{
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    uintptr_t self = ROUND_UP((uintptr_t)&reserve_near, 16 * MiB);
    void *p = MAP_FAILED;

    for (unsigned i = 4; i < 96 && self + i * 16 * MiB + size < UINTPTR_MAX / 4; i++) {
        p = mmap((void *)(self + i * 16 * MiB), size, PROT_NONE, flags, -1, 0);
        if (p == MAP_FAILED || llabs((intptr_t)p - (intptr_t)self) < (intptr_t)(1536 * MiB)) {
            return p;
        }
        munmap(p, size);
    }
    return mmap(NULL, size, PROT_NONE, flags, -1, 0);
}

/*
 * Shows the same memory twice, one mapping behind the other: for execution, then for writing. It is
 * anonymous, not a memfd, because perf looks up names of code (host-profiler.h) only there. mremap()
 * with an old size of 0 makes the second mapping.
 */
static bool map_executable(size_t size)
{
    uint8_t *p = reserve_near(2 * size);

    if (p == MAP_FAILED) {
        return false;
    }
    if (mmap(p, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE,
             -1, 0) == MAP_FAILED ||
        mremap(p, 0, size, MREMAP_MAYMOVE | MREMAP_FIXED, p + size) == MAP_FAILED ||
        mprotect(p, size, PROT_READ | PROT_EXEC) < 0) {
        munmap(p, 2 * size);
        return false;
    }
    tcg_buffer = p;
    tcg_write_distance = size;
    madvise(p, 2 * size, MADV_HUGEPAGE); /* where the host gives them for shared memory */
    return true;
}

/* The interpreter's byte code is data. */
static bool map_plain(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);

    tcg_buffer = p;
    tcg_write_distance = 0;
    return p != MAP_FAILED;
}

/* Address space for `n` things, of which those that are used take memory. */
static void *sparse_array(size_t n, size_t size)
{
    void *p = mmap(NULL, n * size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return p == MAP_FAILED ? NULL : p;
}

static void empty_region(Region *r)
{
    r->code_next = r == regions && kept_end ? kept_end : r->start;
    r->data_next = r->end;
    r->nb_tbs = r->nb_stubs = 0;
    r->generation++;
}

static bool make_regions(void)
{
    nb_regions = MIN(MAX_REGIONS, buffer_size / MIN_REGION);
    region_size = ROUND_DOWN(buffer_size / nb_regions, 64 * KiB);
    for (unsigned i = 0; i < nb_regions; i++) {
        Region *r = &regions[i];

        r->start = tcg_buffer + i * region_size;
        r->end = r->start + region_size;
        r->code_made = r->start;
        r->data_made = r->end;
        r->tbs = sparse_array(region_size / MIN_CODE, sizeof(*r->tbs));
        r->stubs = sparse_array(region_size / MIN_CODE, sizeof(*r->stubs));
        if (!r->tbs || !r->stubs) {
            return false;
        }
    }
    return true;
}

bool tcg_buffer_init(size_t size, bool executable, Error **errp)
{
    g_assert(size >= TCG_CODE_BUFFER_MIN && size <= TCG_CODE_BUFFER_MAX);
    buffer_size = ROUND_UP(size, 64 * KiB);
    if (!(executable ? map_executable(buffer_size) : map_plain(buffer_size)) || !make_regions()) {
        error_setg_errno(errp, errno, "tcg: cannot map a code buffer of %zu MiB",
                         (size_t)(buffer_size / MiB));
        return false;
    }
    tcg_code_buffer_reset();
    return true;
}

static void use_region(Region *r)
{
    empty_region(r);
    r->begun = g_get_monotonic_time();
    current = r;
}

void tcg_code_buffer_reset(void)
{
    for (unsigned i = 0; i < nb_regions; i++) {
        empty_region(&regions[i]);
    }
    nb_used = 1;
    use_region(regions);
}

void tcg_code_keep(void)
{
    kept_end = current->code_next;
}

static Region *region_of(const void *address)
{
    size_t offset = (const uint8_t *)address - tcg_buffer;

    return offset / region_size < nb_regions ? &regions[offset / region_size] : NULL;
}

static Region *region_of_tb(const TranslationBlock *tb)
{
    return region_of((const uint8_t *)tb - tcg_write_distance);
}

/* Everything that has code in r; a stub's block may be gone already. */
static void drop_contents(const Region *r, void (*drop)(TranslationBlock *tb))
{
    for (uint32_t i = 0; i < r->nb_tbs; i++) {
        drop(tb_of_element(r->tbs[i]));
    }
    for (uint32_t i = 0; i < r->nb_stubs; i++) {
        TranslationBlock *tb = tb_of_element(r->stubs[i].tb);

        if (region_of_tb(tb)->generation == r->stubs[i].generation) {
            drop(tb);
        }
    }
}

void tcg_code_buffer_make_room(void (*drop)(TranslationBlock *tb))
{
    Region *oldest = &regions[(current - regions + 1) % nb_used];
    bool young = g_get_monotonic_time() - oldest->begun < YOUNG;

    if (nb_used < nb_regions && (young || nb_used < 2)) {
        use_region(&regions[nb_used++]);
        return;
    }
    drop_contents(oldest, drop);
    use_region(oldest);
}

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_READ  22 /* since Linux 5.14; older ones refuse it, which does no harm */
#define MADV_POPULATE_WRITE 23
#endif

/* Pieces of 64 KiB on their boundaries, as regions have. Both mappings get the pages. */
static void make_ahead(uint8_t *start)
{
    madvise(start + tcg_write_distance, MAKE_AHEAD, MADV_POPULATE_WRITE);
    if (tcg_write_distance) {
        madvise(start, MAKE_AHEAD, MADV_POPULATE_READ);
    }
}

/* Where code is about to be written: half a piece ahead, which is more than most blocks take. */
static void make_code_ahead(Region *r)
{
    while (r->code_made < r->data_made && r->code_next + MAKE_AHEAD / 2 > r->code_made) {
        make_ahead(r->code_made);
        r->code_made += MAKE_AHEAD;
    }
}

static void make_data_ahead(Region *r)
{
    while (r->data_made > r->code_made && r->data_next < r->data_made) {
        r->data_made -= MAKE_AHEAD;
        make_ahead(r->data_made);
    }
}

uint8_t *tcg_code_begin(uint8_t **limit)
{
    make_code_ahead(current);
    *limit = current->data_next;
    return current->code_next;
}

void tcg_code_commit(uint8_t *end)
{
    g_assert(end <= current->data_next);
    current->code_next = end;
}

void *tcg_data_alloc(size_t size)
{
    size = ROUND_UP(size, 16);
    if ((size_t)(current->data_next - current->code_next) < size) {
        return NULL;
    }
    current->data_next -= size;
    make_data_ahead(current);
    return memset(current->data_next + tcg_write_distance, 0, size);
}

void tcg_lock(void)
{
    g_rec_mutex_lock(&lock);
}

void tcg_unlock(void)
{
    g_rec_mutex_unlock(&lock);
}

TranslationBlock *tcg_tb_alloc(TCGContext *s)
{
    TranslationBlock *tb;

    tcg_lock();
    tb = tcg_data_alloc(sizeof(TranslationBlock));
    tcg_unlock();
    return tb;
}

void tcg_code_buffer_usage(size_t *used, size_t *total)
{
    *used = 0;
    tcg_lock(); /* regions are translated on a thread of their own */
    for (unsigned i = 0; i < nb_used; i++) {
        *used += region_size - (regions[i].data_next - regions[i].code_next);
    }
    *total = nb_regions * region_size;
    tcg_unlock();
}

size_t tcg_kept_code_size(void)
{
    return kept_end ? kept_end - tcg_buffer : 0;
}

bool tcg_in_code_buffer(uintptr_t host_pc)
{
    return host_pc - (uintptr_t)tcg_buffer < buffer_size;
}

void tcg_register_tb(TranslationBlock *tb)
{
    current->tbs[current->nb_tbs] = tb_element(tb, 0);
    __atomic_store_n(&current->nb_tbs, current->nb_tbs + 1, __ATOMIC_RELEASE);
}

void tcg_register_stub(const uint8_t *start, TranslationBlock *tb)
{
    current->stubs[current->nb_stubs] =
        (Stub){ start - tcg_buffer, tb_element(tb, 0), region_of_tb(tb)->generation };
    __atomic_store_n(&current->nb_stubs, current->nb_stubs + 1, __ATOMIC_RELEASE);
}

/* The last stub that begins at `offset` or before; the caller knows that one contains it. */
static TranslationBlock *lookup_stub(const Region *r, uint32_t offset)
{
    uint32_t low = 0, high = __atomic_load_n(&r->nb_stubs, __ATOMIC_ACQUIRE);

    while (low < high) {
        uint32_t mid = (low + high) / 2;

        if (r->stubs[mid].offset <= offset) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low ? tb_of_element(r->stubs[low - 1].tb) : NULL;
}

static TranslationBlock *lookup(uintptr_t host_pc)
{
    const Region *r = region_of((const void *)host_pc);
    uint32_t offset = host_pc - (uintptr_t)tcg_buffer, low = 0, high;

    if (!r || host_pc >= (uintptr_t)r->code_next) {
        return NULL;
    }
    high = __atomic_load_n(&r->nb_tbs, __ATOMIC_ACQUIRE);
    while (low < high) {
        uint32_t mid = (low + high) / 2;
        TranslationBlock *tb = tb_of_element(r->tbs[mid]);

        if (offset < tb->code_offset) {
            high = mid;
        } else if (offset - tb->code_offset >= tb->code_size) {
            low = mid + 1;
        } else {
            return tb;
        }
    }
    return lookup_stub(r, offset);
}

TranslationBlock *tcg_tb_lookup(uintptr_t host_pc)
{
    TranslationBlock *tb;

    tcg_lock();
    tb = lookup(host_pc);
    tcg_unlock();
    return tb;
}
