/*
 * Looking at memory and values: x, xp, print, sum, memsave, gva2gpa.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/cpu.h"
#include "disas/disas.h"
#include "monitor-internal.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "qemu/rcu.h"
#include "qemu/units.h"
#include "system/address-spaces.h"

/* What one step of a command does. */
#define STEP_BYTES (64 * KiB)
#define STEP_INSNS 16
/* A longer string goes on in the next line. */
#define MAX_STRING 200

CPUState *monitor_cpu_or_fail(Monitor *mon, Error **errp)
{
    CPUState *cpu = monitor_get_cpu(mon);

    if (!cpu) {
        error_setg(errp, "No CPU available");
    }
    return cpu;
}

typedef struct RegisterQuestion {
    const char *name;
    uint64_t *value;
    bool known;
} RegisterQuestion;

static void ask_register(CPUState *cpu, void *data)
{
    CPUClass *cc = CPU_GET_CLASS(cpu);
    RegisterQuestion *q = data;

    q->known = cc->get_register && cc->get_register(cpu, q->name, q->value);
    if (!q->known && g_str_equal(q->name, "pc") && cc->get_pc) {
        *q->value = cc->get_pc(cpu);
        q->known = true;
    }
}

/* ExprRegister. On the CPU's thread: while it runs, its registers are in the host's. */
bool monitor_get_register(void *opaque, const char *name, uint64_t *value)
{
    CPUState *cpu = monitor_get_cpu(opaque);
    RegisterQuestion q = { name, value };

    if (cpu) {
        run_on_cpu(cpu, ask_register, &q);
    }
    return q.known;
}

static bool read_memory(CPUState *cpu, uint64_t addr, void *buf, size_t len, bool is_physical)
{
    AddressSpace *as = cpu ? cpu_default_space(cpu) : &address_space_memory;

    if (!is_physical) {
        return cpu_memory_rw_debug(cpu, addr, buf, len, false) == 0;
    }
    return address_space_read(as, addr, MEMTXATTRS_UNSPECIFIED, buf, len) == MEMTX_OK;
}

static uint64_t load_value(const uint8_t *p, int size, bool big_endian)
{
    uint64_t value = 0;

    for (int i = 0; i < size; i++) {
        value |= (uint64_t)p[i] << 8 * (big_endian ? size - 1 - i : i);
    }
    return value;
}

static void append_char(GString *out, uint8_t ch)
{
    static const char *const names[128] = {
        ['\''] = "\\'", ['\\'] = "\\\\", ['\n'] = "\\n", ['\r'] = "\\r", ['\t'] = "\\t",
    };

    if (ch < 128 && names[ch]) {
        g_string_append_printf(out, "'%s'", names[ch]);
    } else if (ch >= 32 && ch < 127) {
        g_string_append_printf(out, "'%c'", ch);
    } else {
        g_string_append_printf(out, "'\\x%02x'", ch);
    }
}

/* One item of a dump, with the blank before it, as wide as its type's widest value. */
static void append_item(GString *out, HMPFormat fmt, uint64_t value)
{
    int bits = fmt.size * 8;

    switch (fmt.format) {
    case 'o':
        g_string_append_printf(out, " %*" PRIo64, DIV_ROUND_UP(bits, 3), value);
        break;
    case 'd':
        g_string_append_printf(out, " %*" PRId64, DIV_ROUND_UP(bits * 10, 33),
                               (int64_t)(value << (64 - bits)) >> (64 - bits));
        break;
    case 'u':
        g_string_append_printf(out, " %*" PRIu64, DIV_ROUND_UP(bits * 10, 33), value);
        break;
    case 'c':
        g_string_append_c(out, ' ');
        append_char(out, value);
        break;
    default:
        g_string_append_printf(out, " 0x%0*" PRIx64, bits / 4, value);
        break;
    }
}

static bool dump_line(CPUState *cpu, HMPFormat fmt, uint64_t addr, int n, int digits,
                      bool is_physical, GString *out)
{
    CPUMemoryView view = cpu ? cpu_memory_view(cpu) : (CPUMemoryView){ 0 };
    bool big_endian = is_physical ? cpu_memory_is_big_endian(view) : view.big_endian;
    uint8_t buf[16];

    g_string_append_printf(out, "%0*" PRIx64 ":", digits, addr);
    if (!read_memory(cpu, addr, buf, n * fmt.size, is_physical)) {
        g_string_append(out, " Cannot access memory\n");
        return false;
    }
    for (int i = 0; i < n; i++) {
        append_item(out, fmt, load_value(buf + i * fmt.size, fmt.size, big_endian));
    }
    g_string_append_c(out, '\n');
    return true;
}

/* What a character is within quotes. */
static void append_string_char(GString *out, uint8_t ch)
{
    g_autoptr(GString) quoted = g_string_new(NULL);

    if (ch == '"' || ch == '\'') {
        g_string_append_printf(out, "%s%c", ch == '"' ? "\\" : "", ch);
        return;
    }
    append_char(quoted, ch);
    g_string_append_len(out, quoted->str + 1, quoted->len - 2);
}

/*
 * A string that ends with a 0, or the beginning of a long one; *addr is then behind it. False when
 * memory ends.
 */
static bool dump_string(CPUState *cpu, uint64_t *addr, bool narrow, bool is_physical, GString *out)
{
    uint64_t mask = narrow ? UINT32_MAX : UINT64_MAX;
    uint8_t ch = 1;

    g_string_append_printf(out, "%0*" PRIx64 ": \"", narrow ? 8 : 16, *addr & mask);
    for (int i = 0; i < MAX_STRING && ch; i++) {
        if (!read_memory(cpu, (*addr)++ & mask, &ch, 1, is_physical)) {
            g_string_append(out, "\" Cannot access memory\n");
            return false;
        }
        if (ch) {
            append_string_char(out, ch);
        }
    }
    g_string_append(out, ch ? "\"...\n" : "\"\n");
    return true;
}

typedef struct DumpJob {
    MonitorJob job;
    HMPFormat fmt;
    uint64_t addr;
    int left; /* items */
    bool is_physical;
} DumpJob;

/* One line, or some instructions; false when memory ends. */
static bool dump_part(DumpJob *d, CPUState *cpu, GString *out)
{
    bool narrow = !d->is_physical && cpu_memory_view(cpu).address_bits != 64;
    int per_line = (d->fmt.format == 'c' ? 8 : 16) / d->fmt.size;
    int n = MIN(d->left, d->fmt.format == 'i' ? STEP_INSNS : d->fmt.format == 's' ? 1 : per_line);
    bool ok;

    if (d->fmt.format == 's') {
        ok = dump_string(cpu, &d->addr, narrow, d->is_physical, out);
    } else if (d->fmt.format == 'i') {
        ok = disas_guest_insns(out, cpu, &d->addr, n, d->is_physical);
    } else {
        d->addr = narrow ? (uint32_t)d->addr : d->addr;
        ok = dump_line(cpu, d->fmt, d->addr, n, narrow ? 8 : 16, d->is_physical, out);
        d->addr += n * d->fmt.size;
    }
    d->left -= n;
    return ok;
}

static bool dump_step(MonitorJob *job, Monitor *mon)
{
    DumpJob *d = container_of(job, DumpJob, job);
    CPUState *cpu = monitor_get_cpu(mon);
    g_autoptr(GString) out = g_string_new(NULL);
    bool ok;

    if (d->left <= 0 || (!cpu && !d->is_physical)) {
        return false;
    }
    ok = dump_part(d, cpu, out);
    monitor_puts(mon, out->str);
    return ok && d->left > 0;
}

static void job_free(MonitorJob *job)
{
    g_free(job); /* each job here begins with it and owns nothing else */
}

static void dump(Monitor *mon, const HMPArgs *args, bool is_physical)
{
    HMPFormat fmt = hmp_arg_format(args, mon);
    DumpJob *d;

    if (!monitor_get_cpu(mon) && (fmt.format == 'i' || !is_physical)) {
        monitor_printf(mon, "Can not dump without CPU\n");
        return;
    }
    d = g_new(DumpJob, 1);
    *d = (DumpJob){ { dump_step, job_free }, fmt, hmp_arg_int(args, "addr", 0), fmt.count,
                    is_physical };
    monitor_start_job(mon, &d->job);
}

HMP_CMD(memory_dump)
{
    dump(mon, args, false);
}

HMP_CMD(physical_memory_dump)
{
    dump(mon, args, true);
}

void print_value_text(HMPFormat fmt, int64_t value, GString *out)
{
    switch (fmt.format) {
    case 'o':
        g_string_append_printf(out, "%#" PRIo64, value);
        break;
    case 'u':
        g_string_append_printf(out, "%" PRIu64, value);
        break;
    case 'd':
        g_string_append_printf(out, "%" PRId64, value);
        break;
    case 'c':
        append_char(out, value);
        break;
    default:
        g_string_append_printf(out, "%#" PRIx64, value);
        break;
    }
}

HMP_CMD(print)
{
    HMPFormat fmt = hmp_arg_format(args, mon);
    g_autoptr(GString) out = g_string_new(NULL);

    print_value_text(fmt, hmp_arg_int(args, "val", 0), out);
    monitor_printf(mon, "%s\n", out->str);
}

/* The 16-bit rotating sum of the BSD command of that name, over what it was of the bytes before. */
static uint16_t bsd_sum(uint16_t sum, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sum = (uint16_t)((sum >> 1) | (sum << 15)) + bytes[i];
    }
    return sum;
}

/* Bytes that can't be read count as 0. */
static void read_or_zero(uint64_t addr, uint8_t *buf, size_t size)
{
    RCU_READ_LOCK_GUARD();

    memset(buf, 0, size);
    while (size) {
        hwaddr offset, n = size;
        MemoryRegion *mr = address_space_translate(&address_space_memory, addr, &offset, &n, false,
                                                   MEMTXATTRS_UNSPECIFIED);

        if (mr != &io_mem_unassigned && !read_memory(NULL, addr, buf, n, true)) {
            memset(buf, 0, n);
            for (size_t i = 0; i < n; i++) {
                if (!read_memory(NULL, addr + i, buf + i, 1, true)) {
                    buf[i] = 0;
                }
            }
        }
        addr += n;
        buf += n;
        size -= n;
    }
}

typedef struct SumJob {
    MonitorJob job;
    uint64_t addr;
    uint32_t left;
    uint16_t sum;
} SumJob;

static bool sum_step(MonitorJob *job, Monitor *mon)
{
    SumJob *s = container_of(job, SumJob, job);
    uint8_t buf[4096];
    size_t n = MIN(s->left, sizeof(buf));

    read_or_zero(s->addr, buf, n);
    s->sum = bsd_sum(s->sum, buf, n);
    s->addr += n;
    s->left -= n;
    if (!s->left) {
        monitor_printf(mon, "%05d\n", s->sum);
    }
    return s->left > 0;
}

HMP_CMD(sum)
{
    SumJob *s = g_new(SumJob, 1);

    *s = (SumJob){ { sum_step, job_free }, hmp_arg_int(args, "start", 0),
                   hmp_arg_int(args, "size", 0), 0 };
    monitor_start_job(mon, &s->job);
}

/*
 * Opening a FIFO waits until somebody reads it, and the monitor, which could end that, with it: one
 * without a reader is an error instead.
 */
FILE *monitor_open_output(const char *name, mode_t mode)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, mode);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "wb");

    if (f) {
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    } else if (fd >= 0) {
        close(fd);
    }
    return f;
}

typedef struct SaveJob {
    MonitorJob job;
    FILE *f;      /* NULL: closed */
    bool is_file; /* half of it is worse than nothing; a device is left alone */
    bool complete;
    char *name;
    CPUState *cpu; /* NULL: physical */
    uint64_t addr, left;
    uint8_t buf[STEP_BYTES];
} SaveJob;

static bool save_step(MonitorJob *job, Monitor *mon)
{
    SaveJob *s = container_of(job, SaveJob, job);
    size_t n = MIN(s->left, sizeof(s->buf));
    bool ok;

    if (!read_memory(s->cpu, s->addr, s->buf, n, !s->cpu)) {
        error_setg(&job->err, "Invalid addr 0x%016" PRIx64 "/size %" PRIu64 " specified", s->addr,
                   s->left);
        return false;
    }
    ok = fwrite(s->buf, 1, n, s->f) == n;
    s->addr += n;
    s->left -= n;
    if (ok && !s->left) {
        ok = fclose(s->f) == 0;
        s->f = NULL;
        s->complete = ok;
    }
    if (!ok) {
        error_setg_errno(&job->err, errno, "Could not write '%s'", s->name);
    }
    return ok && s->left;
}

static void save_free(MonitorJob *job)
{
    SaveJob *s = container_of(job, SaveJob, job);

    if (s->f) {
        fclose(s->f);
    }
    if (s->is_file && !s->complete) {
        unlink(s->name);
    }
    g_free(s->name);
    g_free(s);
}

MonitorJob *monitor_save_job(CPUState *cpu, uint64_t addr, uint64_t size, const char *filename,
                             Error **errp)
{
    FILE *f = monitor_open_output(filename, 0666);
    struct stat st;
    SaveJob *s;

    if (!f) {
        error_setg_file_open(errp, errno, filename);
        return NULL;
    }
    s = g_new(SaveJob, 1);
    s->job = (MonitorJob){ save_step, save_free };
    s->f = f;
    s->complete = false;
    s->is_file = fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode);
    s->name = g_strdup(filename);
    s->cpu = cpu;
    s->addr = addr;
    s->left = size;
    return &s->job;
}

static void save_cmd(Monitor *mon, const HMPArgs *args, bool is_physical)
{
    Error *err = NULL;
    CPUState *cpu = is_physical ? NULL : monitor_cpu_or_fail(mon, &err);
    MonitorJob *job = err ? NULL
                          : monitor_save_job(cpu, hmp_arg_int(args, "val", 0),
                                             (uint32_t)hmp_arg_int(args, "size", 0),
                                             hmp_arg_str(args, "filename"), &err);

    if (err) {
        error_report_err(err);
    } else {
        monitor_start_job(mon, job);
    }
}

HMP_CMD(memsave)
{
    save_cmd(mon, args, false);
}

HMP_CMD(pmemsave)
{
    save_cmd(mon, args, true);
}

/* ---- Ports ---- */

/* One access, as a CPU makes it. There are ports of 1, 2 and 4 bytes, in little-endian order. */
static uint32_t access_port(uint16_t port, uint32_t value, int size, bool is_write)
{
    MemOp op = ctz32(size) | MO_LE;
    MemTxResult result;

    if (is_write) {
        address_space_st(&address_space_io, port, value, op, MEMTXATTRS_UNSPECIFIED, &result);
        return 0;
    }
    value = address_space_ld(&address_space_io, port, op, MEMTXATTRS_UNSPECIFIED, &result);
    return result == MEMTX_OK ? value : UINT32_MAX >> (32 - 8 * size); /* nobody drives the lines */
}

HMP_CMD(port_read)
{
    HMPFormat fmt = hmp_arg_format(args, mon);
    uint16_t port = hmp_arg_int(args, "addr", 0);
    int size = MIN(fmt.size, 4);

    monitor_printf(mon, "port%c[0x%04x] = 0x%0*x\n", size == 1 ? 'b' : size == 2 ? 'w' : 'l', port,
                   size * 2, access_port(port, 0, size, false));
}

HMP_CMD(port_write)
{
    HMPFormat fmt = hmp_arg_format(args, mon);

    access_port(hmp_arg_int(args, "addr", 0), hmp_arg_int(args, "val", 0), MIN(fmt.size, 4), true);
}

typedef struct PageQuestion {
    vaddr page;
    hwaddr phys;
} PageQuestion;

static void ask_page(CPUState *cpu, void *data)
{
    CPUClass *cc = CPU_GET_CLASS(cpu);
    PageQuestion *q = data;

    MemTxAttrs attrs = MEMTXATTRS_UNSPECIFIED;

    q->phys = cc->get_phys_page_debug ? cc->get_phys_page_debug(cpu, q->page, &attrs) : HWADDR_MAX;
}

HMP_CMD(gva2gpa)
{
    uint64_t addr = hmp_arg_int(args, "addr", 0);
    CPUState *cpu = monitor_get_cpu(mon);
    PageQuestion q = { addr & TARGET_PAGE_MASK };

    if (!cpu) {
        monitor_printf(mon, "No cpu\n");
        return;
    }
    run_on_cpu(cpu, ask_page, &q);
    if (q.phys == HWADDR_MAX) {
        monitor_printf(mon, "Unmapped\n");
    } else {
        q.phys += cpu_munge_address(cpu_memory_view(cpu), addr, 1) & ~TARGET_PAGE_MASK;
        monitor_printf(mon, "gpa: %#" PRIx64 "\n", q.phys);
    }
}
