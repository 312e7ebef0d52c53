/*
 * Names of translated code for the host's profilers: perf's map of symbols, and the file with the
 * code itself that its documentation calls jitdump (Linux, tools/perf/Documentation/
 * jitdump-specification.txt).
 *
 * Each record is written by one system call, so that a killed emulator leaves whole ones.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <elf.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include "accel/tcg/host-profiler.h"
#include "disas/disas.h"
#include "qapi/error.h"
#include "qemu/atomic.h"
#include "qemu/error-report.h"
#include "qemu/timer.h"
#include "tcg/tcg.h"

/* "JiTD", as the writer's byte order has it. */
#define DUMP_MAGIC   0x4a695444
#define DUMP_VERSION 1
#define DUMP_LOAD    0 /* record: code has been made */

typedef struct DumpHeader {
    uint32_t magic, version, header_size, elf_machine, reserved, pid;
    uint64_t timestamp, flags;
} DumpHeader;
QEMU_BUILD_BUG_ON(sizeof(DumpHeader) != 40);

/* Behind it: the name with its zero, then the code. */
typedef struct DumpLoad {
    uint32_t kind, size;
    uint64_t timestamp;
    uint32_t pid, tid;
    uint64_t code_vma, code_addr, code_size, index;
} DumpLoad;
QEMU_BUILD_BUG_ON(sizeof(DumpLoad) != 56);

typedef struct ProfilerFile {
    char *path;
    int fd;
    off_t size; /* of whole records */
    uint64_t records;
} ProfilerFile;

bool host_profiler_on;
static ProfilerFile map_file = { .fd = -1 }, dump_file = { .fd = -1 };
static GMutex lock; /* of the files */

/* An old file of the name may be somebody else's, or a link to something that is: never reused. */
static bool create(ProfilerFile *f, char *path, const char *option, Error **errp)
{
    unlink(path);
    f->path = path;
    f->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_APPEND, 0600);
    if (f->fd < 0) {
        error_setg_errno(errp, errno, "%s: cannot create '%s'", option, path);
        g_clear_pointer(&f->path, g_free);
    }
    return f->fd >= 0;
}

/* What can't be written ends the file with the records that it has. */
static void put(ProfilerFile *f, const struct iovec *parts, unsigned n)
{
    size_t size = 0;
    ssize_t done;

    for (unsigned i = 0; i < n; i++) {
        size += parts[i].iov_len;
    }
    do {
        done = writev(f->fd, parts, n);
    } while (done < 0 && errno == EINTR);
    if (done == (ssize_t)size) {
        f->size += size;
        f->records++;
        return;
    }
    warn_report("cannot write to '%s': %s; it has %" PRIu64 " names and gets no more", f->path,
                done < 0 ? strerror(errno) : "no space left", f->records);
    if (ftruncate(f->fd, f->size) < 0) {
        warn_report("the last name in '%s' is cut off", f->path);
    }
    close(f->fd);
    f->fd = -1;
}

static void note_in_map(const void *code, size_t size, const char *name)
{
    g_autofree char *line = g_strdup_printf("%" PRIxPTR " %zx %s\n", (uintptr_t)code, size, name);

    put(&map_file, &(struct iovec){ line, strlen(line) }, 1);
}

static void note_in_dump(const void *code, size_t size, const char *name)
{
    DumpLoad load = {
        .kind = DUMP_LOAD,
        .size = sizeof(load) + strlen(name) + 1 + size,
        .timestamp = qemu_clock_get_ns(QEMU_CLOCK_REALTIME),
        .pid = getpid(),
        .tid = gettid(),
        .code_vma = (uintptr_t)code,
        .code_addr = (uintptr_t)code,
        .code_size = size,
        .index = dump_file.records,
    };
    const struct iovec parts[] = {
        { &load, sizeof(load) },
        { (void *)name, strlen(name) + 1 },
        { (void *)code, size },
    };

    put(&dump_file, parts, ARRAY_SIZE(parts));
}

static void note(const void *code, size_t size, const char *name)
{
    g_mutex_lock(&lock);
    if (map_file.fd >= 0) {
        note_in_map(code, size, name);
    }
    if (dump_file.fd >= 0) {
        note_in_dump(code, size, name);
    }
    if (map_file.fd < 0 && dump_file.fd < 0) {
        qatomic_set(&host_profiler_on, false);
    }
    g_mutex_unlock(&lock);
}

void host_profiler_note(const TranslationBlock *tb)
{
    const char *kind = tb->region ? " [region]" : "";
    uint64_t offset = 0;
    const char *symbol = disas_symbol(tb->pc, &offset);
    g_autofree char *name = symbol
        ? g_strdup_printf("%s+0x%" PRIx64 "%s", symbol, offset, kind)
        : g_strdup_printf("guest-0x%" PRIx64 "%s", (uint64_t)tb->pc, kind);

    note(tb_code(tb), tb->code_size, name);
}

static bool open_map(Error **errp)
{
    return create(&map_file, g_strdup_printf("/tmp/perf-%d.map", getpid()), "-perfmap", errp);
}

static bool open_dump(Error **errp)
{
    const DumpHeader header = {
        .magic = DUMP_MAGIC,
        .version = DUMP_VERSION,
        .header_size = sizeof(header),
        .elf_machine = EM_X86_64,
        .pid = getpid(),
        .timestamp = qemu_clock_get_ns(QEMU_CLOCK_REALTIME),
    };
    const struct iovec part = { (void *)&header, sizeof(header) };

    if (!create(&dump_file, g_strdup_printf("jit-%d.dump", getpid()), "-jitdump", errp)) {
        return false;
    }
    put(&dump_file, &part, 1);
    dump_file.records = 0; /* names: that was none */
    /* perf finds the file by its being mapped as code, and needs nothing of what is there. */
    if (dump_file.fd >= 0 && mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ | PROT_EXEC, MAP_PRIVATE,
                                  dump_file.fd, 0) == MAP_FAILED) {
        error_setg_errno(errp, errno, "-jitdump: cannot map '%s'", dump_file.path);
        return false;
    }
    return true;
}

bool host_profiler_open(bool map, bool dump, Error **errp)
{
    if ((map && !open_map(errp)) || (dump && !open_dump(errp))) {
        return false;
    }
    host_profiler_on = map || dump;
    if (host_profiler_on) {
        note(tcg_buffer, tcg_kept_code_size(), "sysemu-thunks");
    }
    return true;
}
