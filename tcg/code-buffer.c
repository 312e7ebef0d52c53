/*
 * The code buffer: code grows from its start, data (TranslationBlocks and their tables) from its
 * end, so that writing one doesn't disturb the other's cache lines. Nothing is freed but everything
 * at once.
 *
 * Blocks and lazily emitted stubs are found by host address: both lists are in ascending order
 * because code only grows.
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

typedef struct Stub {
    const uint8_t *start, *end;
    TranslationBlock *tb;
} Stub;

uint8_t *tcg_buffer;
ptrdiff_t tcg_write_distance;
static size_t buffer_size;
static uint8_t *code_start; /* after what is kept */
static uint8_t *code_next, *data_next;

static GRecMutex lock;

static TranslationBlock **tbs;
static uint32_t nb_tbs, tbs_room;
static Stub *stubs;
static uint32_t nb_stubs, stubs_room;

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

/* Shows the file twice, one behind the other: for execution, then for writing. */
static bool map_twice(int fd, size_t size)
{
    const int flags = MAP_SHARED | MAP_FIXED;
    uint8_t *p = reserve_near(2 * size);

    if (p == MAP_FAILED) {
        return false;
    }
    if (mmap(p, size, PROT_READ | PROT_EXEC, flags, fd, 0) == MAP_FAILED ||
        mmap(p + size, size, PROT_READ | PROT_WRITE, flags, fd, 0) == MAP_FAILED) {
        munmap(p, 2 * size);
        return false;
    }
    tcg_buffer = p;
    tcg_write_distance = size;
    return true;
}

static bool map_executable(size_t size)
{
    int fd = memfd_create("translated code", MFD_CLOEXEC);
    bool ok = fd >= 0 && ftruncate(fd, size) == 0 && map_twice(fd, size);
    int saved_errno = errno;

    if (fd >= 0) {
        close(fd);
    }
    errno = saved_errno;
    return ok;
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

bool tcg_buffer_init(size_t size, bool executable, Error **errp)
{
    g_assert(size >= TCG_CODE_BUFFER_MIN && size <= TCG_CODE_BUFFER_MAX);
    size = ROUND_UP(size, 64 * KiB);
    if (!(executable ? map_executable(size) : map_plain(size))) {
        error_setg_errno(errp, errno, "tcg: cannot map a code buffer of %zu MiB",
                         (size_t)(size / MiB));
        return false;
    }
    buffer_size = size;
    code_start = tcg_buffer;
    tcg_code_buffer_reset();
    return true;
}

void tcg_code_buffer_reset(void)
{
    code_next = code_start;
    data_next = tcg_buffer + buffer_size;
    nb_tbs = 0;
    nb_stubs = 0;
}

void tcg_code_keep(void)
{
    code_start = code_next;
}

uint8_t *tcg_code_begin(uint8_t **limit)
{
    *limit = data_next;
    return code_next;
}

void tcg_code_commit(uint8_t *end)
{
    g_assert(end <= data_next);
    code_next = end;
}

void *tcg_data_alloc(size_t size)
{
    size = ROUND_UP(size, 16);
    if ((size_t)(data_next - code_next) < size) {
        return NULL;
    }
    data_next -= size;
    return memset(data_next + tcg_write_distance, 0, size);
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
    *used = buffer_size - (data_next - code_next);
    *total = buffer_size;
}

bool tcg_in_code_buffer(uintptr_t host_pc)
{
    return host_pc - (uintptr_t)tcg_buffer < buffer_size;
}

void tcg_register_tb(TranslationBlock *tb)
{
    ENSURE_ROOM(tbs, tbs_room, nb_tbs);
    tbs[nb_tbs++] = tb;
}

void tcg_register_stub(const uint8_t *start, const uint8_t *end, TranslationBlock *tb)
{
    ENSURE_ROOM(stubs, stubs_room, nb_stubs);
    stubs[nb_stubs++] = (Stub){ start, end, tb };
}

static TranslationBlock *lookup_stub(const uint8_t *pc)
{
    uint32_t low = 0, high = nb_stubs;

    while (low < high) {
        uint32_t mid = (low + high) / 2;

        if (pc < stubs[mid].start) {
            high = mid;
        } else if (pc >= stubs[mid].end) {
            low = mid + 1;
        } else {
            return stubs[mid].tb;
        }
    }
    return NULL;
}

static TranslationBlock *lookup(uintptr_t host_pc)
{
    uint32_t low = 0, high = nb_tbs;

    while (low < high) {
        uint32_t mid = (low + high) / 2;
        uintptr_t start = (uintptr_t)tb_code(tbs[mid]);

        if (host_pc < start) {
            high = mid;
        } else if (host_pc - start >= tbs[mid]->code_size) {
            low = mid + 1;
        } else {
            return tbs[mid];
        }
    }
    return lookup_stub((const uint8_t *)host_pc);
}

TranslationBlock *tcg_tb_lookup(uintptr_t host_pc)
{
    TranslationBlock *tb;

    tcg_lock();
    tb = lookup(host_pc);
    tcg_unlock();
    return tb;
}
