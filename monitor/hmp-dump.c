/*
 * dump-guest-memory: the guest's RAM and the CPUs' registers as an ELF core file.
 *
 * A PT_LOAD segment for each piece of RAM, addressed physically, or with -p for each piece of what
 * the CPU has mapped, addressed virtually; p_paddr is physical in both cases. In front of them an
 * NT_PRSTATUS note for each CPU, in the layout of the architecture's Linux.
 *
 * The guest is stopped meanwhile (RUN_STATE_SAVE_VM), the emulator isn't: it's a job of slices. If
 * somebody stops the guest for good, it stays stopped behind it; if somebody starts it, the core
 * would be of no one moment, and is given up.
 *
 * Reference: System V ABI, chapter 5; elf(5).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <elf.h>
#include "core/cpu.h"
#include "monitor-internal.h"
#include "qemu/units.h"
#include "system/address-spaces.h"
#include "system/runstate.h"

typedef struct Segment {
    uint64_t virt, phys, size;
} Segment;

typedef struct Core {
    CPUState *cpu;
    CPUClass *cc;
    bool big_endian; /* as memory is */
    GArray *segments; /* Segment */
    GByteArray *notes;
    uint64_t begin, length; /* physical, length 0: all */
} Core;

typedef struct DumpJob {
    MonitorJob job;
    Core core;
    char *name;
    FILE *f;           /* NULL: not begun, or complete */
    bool is_file;      /* half a core is worse than none; a device is left alone */
    uint64_t virt;     /* -p: up to where the CPU was asked */
    guint segment;     /* which one is written */
    uint64_t written;  /* of that one */
    bool resume;       /* the guest ran before */
    /* The next part; false: that was the last, or *errp is set. */
    bool (*next)(struct DumpJob *d, Error **errp);
} DumpJob;

/* What one step does, well under a millisecond. */
#define PAGES_AT_ONCE 128
#define BYTES_AT_ONCE (128 * KiB)

/* ---- What is dumped ---- */

/* Adds what of it the filter leaves; continues the segment before where it can. */
static void add_segment(Core *core, uint64_t virt, uint64_t phys, uint64_t size)
{
    uint64_t last = phys + (size - 1), first = phys;
    Segment *before, s;

    if (core->length) {
        uint64_t wanted_last = core->begin + (core->length - 1);

        if (last < core->begin || first > wanted_last) {
            return;
        }
        first = MAX(first, core->begin);
        last = MIN(last, wanted_last);
    }
    s = (Segment){ virt + (first - phys), first, last - first + 1 };
    before = core->segments->len
                 ? &g_array_index(core->segments, Segment, core->segments->len - 1) : NULL;
    if (before && before->virt + before->size == s.virt && before->phys + before->size == s.phys) {
        before->size += s.size;
    } else {
        g_array_append_val(core->segments, s);
    }
}

/* The RAM at or after `addr`; false: there is none. */
static bool next_ram(uint64_t addr, uint64_t *start, uint64_t *size)
{
    for (;;) {
        MemoryRegionSection section =
            memory_region_find(get_system_memory(), addr, addr ? -addr : UINT64_MAX);
        MemoryRegion *mr = section.mr;
        bool is_ram;

        if (!mr) {
            return false;
        }
        is_ram = memory_region_is_ram(mr) && !section.readonly;
        *start = section.offset_within_address_space;
        *size = (uint64_t)section.size;
        memory_region_unref(mr);
        if (is_ram) {
            return true;
        }
        addr = *start + *size;
        if (addr == 0) {
            return false;
        }
    }
}

static void add_physical(Core *core)
{
    uint64_t addr = 0, start, size;

    while (next_ram(addr, &start, &size)) {
        add_segment(core, start, start, size);
        addr = start + size;
        if (addr == 0) {
            break;
        }
    }
}

static bool is_ram_page(uint64_t phys)
{
    uint64_t start, size;

    return next_ram(phys, &start, &size) && start <= phys;
}

/* ---- The file ---- */

static void put(const Core *core, GByteArray *out, uint64_t value, unsigned size)
{
    uint8_t bytes[8];

    for (unsigned i = 0; i < size; i++) {
        bytes[core->big_endian ? size - 1 - i : i] = value >> (8 * i);
    }
    g_byte_array_append(out, bytes, size);
}

static void add_note(Core *core, const GByteArray *desc)
{
    static const uint8_t name[8] = "CORE";
    static const uint8_t zeros[4];

    put(core, core->notes, 5, 4);
    put(core, core->notes, desc->len, 4);
    put(core, core->notes, NT_PRSTATUS, 4);
    g_byte_array_append(core->notes, name, sizeof(name));
    g_byte_array_append(core->notes, desc->data, desc->len);
    g_byte_array_append(core->notes, zeros, -desc->len & 3);
}

static void add_notes(Core *core)
{
    CPUState *cpu;

    CPU_FOREACH(cpu) {
        g_autoptr(GByteArray) desc = g_byte_array_new();

        core->cc->core_status(cpu, desc);
        add_note(core, desc);
    }
}

static void put_program_header(const Core *core, GByteArray *out, unsigned type, uint64_t offset,
                               const Segment *s, unsigned flags)
{
    put(core, out, type, 4);
    put(core, out, offset, 4);
    put(core, out, s->virt, 4);
    put(core, out, s->phys, 4);
    put(core, out, s->size, 4);
    put(core, out, s->size, 4);
    put(core, out, flags, 4);
    put(core, out, 0, 4);
}

static GByteArray *make_headers(const Core *core)
{
    GByteArray *out = g_byte_array_new();
    const uint8_t ident[EI_NIDENT] = {
        ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32,
        core->big_endian ? ELFDATA2MSB : ELFDATA2LSB, EV_CURRENT,
    };
    uint64_t offset = sizeof(Elf32_Ehdr) + (core->segments->len + 1) * sizeof(Elf32_Phdr);
    const Segment notes = { .size = core->notes->len };

    g_byte_array_append(out, ident, sizeof(ident));
    put(core, out, ET_CORE, 2);
    put(core, out, core->cc->elf_machine, 2);
    put(core, out, EV_CURRENT, 4);
    put(core, out, 0, 4);                   /* entry */
    put(core, out, sizeof(Elf32_Ehdr), 4);  /* program headers */
    put(core, out, 0, 4);                   /* section headers */
    put(core, out, 0, 4);                   /* flags */
    put(core, out, sizeof(Elf32_Ehdr), 2);
    put(core, out, sizeof(Elf32_Phdr), 2);
    put(core, out, core->segments->len + 1, 2);
    put(core, out, 0, 2);
    put(core, out, 0, 2);
    put(core, out, 0, 2);
    put_program_header(core, out, PT_NOTE, offset, &notes, 0);
    offset += core->notes->len;
    for (guint i = 0; i < core->segments->len; i++) {
        const Segment *s = &g_array_index(core->segments, Segment, i);

        put_program_header(core, out, PT_LOAD, offset, s, PF_R | PF_W | PF_X);
        offset += s->size;
    }
    g_byte_array_append(out, core->notes->data, core->notes->len);
    return out;
}

static bool write_failed(const DumpJob *d, Error **errp)
{
    error_setg_errno(errp, errno, "Could not write '%s'", d->name);
    return false;
}

static bool write_memory(DumpJob *d, Error **errp)
{
    const Segment *s = &g_array_index(d->core.segments, Segment, d->segment);
    g_autofree uint8_t *buf = g_malloc(BYTES_AT_ONCE);
    size_t n = MIN(s->size - d->written, BYTES_AT_ONCE);
    FILE *f = d->f;

    if (address_space_read(&address_space_memory, s->phys + d->written, MEMTXATTRS_UNSPECIFIED,
                           buf, n) != MEMTX_OK) {
        errno = EFAULT;
        return write_failed(d, errp);
    }
    if (fwrite(buf, 1, n, f) != n) {
        return write_failed(d, errp);
    }
    d->written += n;
    if (d->written == s->size) {
        d->written = 0;
        d->segment++;
    }
    if (d->segment < d->core.segments->len) {
        return true;
    }
    if (fflush(f) != 0) {
        return write_failed(d, errp);
    }
    fclose(f);
    d->f = NULL;
    return false;
}

static bool check_segments(const Core *core, Error **errp)
{
    const Segment *s;

    if (!core->segments->len) {
        error_setg(errp, "dump: no guest memory to dump");
        return false;
    }
    s = &g_array_index(core->segments, Segment, core->segments->len - 1);
    if (core->segments->len >= PN_XNUM - 1 || s->phys + (s->size - 1) > UINT32_MAX) {
        error_setg(errp, "dump: the memory is in %u pieces up to 0x%" PRIx64
                   ": more than a 32-bit core file can hold", core->segments->len,
                   s->phys + (s->size - 1));
        return false;
    }
    return true;
}

static bool begin_file(DumpJob *d, Error **errp)
{
    g_autoptr(GByteArray) headers = NULL;
    struct stat st;
    int fd;

    if (!check_segments(&d->core, errp)) {
        return false;
    }
    add_notes(&d->core);
    headers = make_headers(&d->core);
    /* A pipe that nobody reads must not stop everything. */
    fd = open(d->name, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_CLOEXEC, 0600);
    if (fd < 0 || fstat(fd, &st) < 0) {
        write_failed(d, errp);
        if (fd >= 0) {
            close(fd);
        }
        return false;
    }
    d->is_file = S_ISREG(st.st_mode);
    d->f = fdopen(fd, "wb");
    if (fwrite(headers->data, 1, headers->len, d->f) != headers->len) {
        return write_failed(d, errp);
    }
    d->next = write_memory;
    return true;
}

/* ---- What is dumped, found out in parts ---- */

static bool find_physical(DumpJob *d, Error **errp)
{
    add_physical(&d->core);
    d->next = begin_file;
    return true;
}

/* Page by page: what a CPU has mapped is only known by asking it. */
static bool find_mapped(DumpJob *d, Error **errp)
{
    for (int i = 0; i < PAGES_AT_ONCE && d->virt <= UINT32_MAX; i++, d->virt += TARGET_PAGE_SIZE) {
        MemTxAttrs attrs = MEMTXATTRS_UNSPECIFIED;
        hwaddr phys = d->core.cc->get_phys_page_debug(d->core.cpu, d->virt, &attrs);

        if (phys != HWADDR_MAX && is_ram_page(phys)) {
            add_segment(&d->core, d->virt, phys, TARGET_PAGE_SIZE);
        }
    }
    if (d->virt > UINT32_MAX) {
        d->next = begin_file;
    }
    return true;
}

/* ---- The command ---- */

static bool dump_step(MonitorJob *job, Monitor *mon)
{
    DumpJob *d = container_of(job, DumpJob, job);

    if (runstate_is_running()) {
        error_setg(&job->err, "dump: the guest was started before '%s' was complete", d->name);
        return false;
    }
    return d->next(d, &job->err);
}

static void dump_free(MonitorJob *job)
{
    DumpJob *d = container_of(job, DumpJob, job);

    if (d->f) {
        fclose(d->f);
        if (d->is_file) {
            unlink(d->name);
        }
    }
    if (d->resume && runstate_check(RUN_STATE_SAVE_VM)) {
        vm_start();
    }
    g_array_unref(d->core.segments);
    g_byte_array_unref(d->core.notes);
    g_free(d->name);
    g_free(d);
}

static bool check_request(const DumpRequest *request, const Core *core, Error **errp)
{
    if (request->have_begin != request->have_length) {
        error_setg(errp, "dump: begin and length are given together or not at all");
        return false;
    }
    if (request->have_length && !core->length) {
        error_setg(errp, "dump: a length of 0 is nothing to dump");
        return false;
    }
    if (core->length && core->begin + (core->length - 1) < core->begin) {
        error_setg(errp, "dump: begin and length go beyond the last address");
        return false;
    }
    if (request->paging && core->length) {
        error_setg(errp, "dump: -p dumps what is mapped and takes no begin and length");
        return false;
    }
    if (!core->cpu) {
        error_setg(errp, "dump: no guest memory to dump");
        return false;
    }
    if (!core->cc->core_status) {
        error_setg(errp, "dump: no core file format for this CPU");
        return false;
    }
    return true;
}

MonitorJob *monitor_dump_job(CPUState *cpu, const DumpRequest *request, Error **errp)
{
    DumpJob *d = g_new(DumpJob, 1);

    *d = (DumpJob){
        .job = { dump_step, dump_free },
        .core = {
            .cpu = cpu,
            .cc = cpu ? CPU_GET_CLASS(cpu) : NULL,
            .big_endian = cpu && cpu_memory_is_big_endian(cpu_memory_view(cpu)),
            .segments = g_array_new(FALSE, FALSE, sizeof(Segment)),
            .notes = g_byte_array_new(),
            .begin = request->begin,
            .length = request->length,
        },
        .name = g_strdup(request->filename),
        .next = request->paging ? find_mapped : find_physical,
    };
    if (!check_request(request, &d->core, errp)) {
        dump_free(&d->job);
        return NULL;
    }
    d->resume = runstate_is_running();
    vm_stop(RUN_STATE_SAVE_VM);
    return &d->job;
}

static bool check_flags(const HMPArgs *args, Error **errp)
{
    static const struct {
        const char *flag, *what;
    } lacking[] = {
        { "zlib", "-z (kdump-compressed, zlib)" }, { "lzo", "-l (kdump-compressed, lzo)" },
        { "snappy", "-s (kdump-compressed, snappy)" }, { "windmp", "-w (Windows crash dump)" },
        { "detach", "-d (in the background)" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(lacking); i++) {
        if (hmp_arg_given(args, lacking[i].flag)) {
            error_setg(errp, "dump: %s is not supported yet: leave it out for an ELF core file",
                       lacking[i].what);
            return false;
        }
    }
    return true;
}

HMP_CMD(dump_guest_memory)
{
    const DumpRequest request = {
        .filename = hmp_arg_str(args, "filename"),
        .paging = hmp_arg_given(args, "paging"),
        .have_begin = hmp_arg_given(args, "begin"),
        .have_length = hmp_arg_given(args, "length"),
        .begin = hmp_arg_int(args, "begin", 0),
        .length = hmp_arg_int(args, "length", 0),
    };
    Error *err = NULL;
    MonitorJob *job = NULL;

    if (check_flags(args, &err)) {
        job = monitor_dump_job(monitor_get_cpu(mon), &request, &err);
    }
    if (job) {
        monitor_start_job(mon, job);
    } else {
        error_report_err(err);
    }
}
