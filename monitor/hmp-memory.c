/*
 * Looking at memory and values: x, xp, print, sum, memsave, gva2gpa.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "disas/disas.h"
#include "hw/core/cpu.h"
#include "monitor-internal.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/units.h"
#include "system/address-spaces.h"

/* Nothing else happens in the monitor meanwhile: about a second each. */
#define MAX_SUM        (512 * MiB)
#define MAX_DUMP_ITEMS (256 * KiB)

CPUState *monitor_cpu_or_fail(Monitor *mon, Error **errp)
{
    CPUState *cpu = monitor_get_cpu(mon);

    if (!cpu) {
        error_setg(errp, "No CPU available");
    }
    return cpu;
}

/* ExprRegister */
bool monitor_get_register(void *opaque, const char *name, uint64_t *value)
{
    CPUState *cpu = monitor_get_cpu(opaque);
    CPUClass *cc = cpu ? CPU_GET_CLASS(cpu) : NULL;

    if (!cpu) {
        return false;
    }
    if (cc->get_register && cc->get_register(cpu, name, value)) {
        return true;
    }
    if (g_str_equal(name, "pc") && cc->get_pc) {
        *value = cc->get_pc(cpu);
        return true;
    }
    return false;
}

static bool read_memory(CPUState *cpu, uint64_t addr, void *buf, size_t len, bool is_physical)
{
    AddressSpace *as = cpu && cpu->as ? cpu->as : &address_space_memory;

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

static int64_t sign_extended(uint64_t value, int size)
{
    return (int64_t)(value << (64 - size * 8)) >> (64 - size * 8);
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
                               sign_extended(value, fmt.size));
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

/* The order of the bytes of values: as the CPU sees them now, or as memory has them. */
static bool values_are_big_endian(CPUState *cpu, bool is_physical)
{
    if (!cpu || is_physical) {
        return cpu && CPU_GET_CLASS(cpu)->big_endian;
    }
    return cpu_memory_view(cpu).big_endian;
}

static bool dump_line(CPUState *cpu, HMPFormat fmt, uint64_t addr, int n, int digits,
                      bool is_physical, GString *out)
{
    bool big_endian = values_are_big_endian(cpu, is_physical);
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

bool memory_dump_text(Monitor *mon, HMPFormat fmt, uint64_t addr, bool is_physical, GString *out,
                      Error **errp)
{
    CPUState *cpu = monitor_get_cpu(mon);
    int digits = is_physical ? 16 : cpu && CPU_GET_CLASS(cpu)->address_bits == 64 ? 16 : 8;
    int per_line = (fmt.format == 'c' ? 8 : 16) / fmt.size;

    if (!cpu && (fmt.format == 'i' || !is_physical)) {
        error_setg(errp, "Can not dump without CPU");
        return false;
    }
    if (fmt.count > MAX_DUMP_ITEMS) {
        error_setg(errp, "at most %u items at a time", (unsigned)MAX_DUMP_ITEMS);
        return false;
    }
    if (fmt.format == 'i') {
        disas_guest_insns(out, cpu, addr, fmt.count, is_physical);
        return true;
    }
    for (int left = fmt.count; left > 0; left -= per_line) {
        if (digits == 8) {
            addr = (uint32_t)addr;
        }
        if (!dump_line(cpu, fmt, addr, MIN(left, per_line), digits, is_physical, out)) {
            break;
        }
        addr += per_line * fmt.size;
    }
    return true;
}

static void dump(Monitor *mon, const HMPArgs *args, bool is_physical)
{
    HMPFormat fmt = hmp_arg_format(args, mon);
    g_autoptr(GString) out = g_string_new(NULL);
    Error *err = NULL;

    if (memory_dump_text(mon, fmt, hmp_arg_int(args, "addr", 0), is_physical, out, &err)) {
        monitor_puts(mon, out->str);
    } else {
        monitor_printf(mon, "%s\n", error_get_pretty(err));
        error_free(err);
    }
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
static void read_or_zero(uint64_t addr, uint8_t *buf, size_t n)
{
    memset(buf, 0, n);
    if (!read_memory(NULL, addr, buf, n, true)) {
        for (size_t i = 0; i < n; i++) {
            buf[i] = 0;
            read_memory(NULL, addr + i, buf + i, 1, true);
        }
    }
}

/* In pieces, between which the CPUs and the devices get the big lock. */
HMP_CMD(sum)
{
    uint64_t addr = hmp_arg_int(args, "start", 0);
    uint32_t left = hmp_arg_int(args, "size", 0);
    uint8_t buf[4096];
    uint16_t sum = 0;

    if (left > MAX_SUM) {
        error_report("sum: at most %u MiB at a time", (unsigned)(MAX_SUM / MiB));
        return;
    }
    while (left > 0) {
        size_t n = MIN(left, sizeof(buf));

        read_or_zero(addr, buf, n);
        sum = bsd_sum(sum, buf, n);
        addr += n;
        left -= n;
        bql_unlock();
        bql_lock();
    }
    monitor_printf(mon, "%05d\n", sum);
}

static bool save(CPUState *cpu, uint64_t addr, uint32_t size, const char *name, bool is_physical,
                 Error **errp)
{
    FILE *f = fopen(name, "wb");
    uint8_t buf[4096];
    bool ok = f != NULL;

    while (ok && size > 0) {
        size_t n = MIN(size, sizeof(buf));

        if (!read_memory(cpu, addr, buf, n, is_physical)) {
            error_setg(errp, "Invalid addr 0x%016" PRIx64 "/size %" PRIu32 " specified", addr,
                       size);
            fclose(f);
            return false;
        }
        ok = fwrite(buf, 1, n, f) == n;
        addr += n;
        size -= n;
    }
    if (f && fclose(f) != 0) {
        ok = false;
    }
    if (!ok) {
        error_setg_errno(errp, errno, "Could not write '%s'", name);
    }
    return ok;
}

static void save_cmd(Monitor *mon, const HMPArgs *args, bool is_physical)
{
    Error *err = NULL;
    CPUState *cpu = is_physical ? monitor_get_cpu(mon) : monitor_cpu_or_fail(mon, &err);

    if (!err) {
        save(cpu, hmp_arg_int(args, "val", 0), hmp_arg_int(args, "size", 0),
             hmp_arg_str(args, "filename"), is_physical, &err);
    }
    if (err) {
        error_report_err(err);
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

HMP_CMD(gva2gpa)
{
    uint64_t addr = hmp_arg_int(args, "addr", 0);
    CPUState *cpu = monitor_get_cpu(mon);
    CPUClass *cc = cpu ? CPU_GET_CLASS(cpu) : NULL;
    hwaddr gpa = HWADDR_MAX;

    if (!cpu) {
        monitor_printf(mon, "No cpu\n");
        return;
    }
    if (cc->get_phys_page_debug) {
        gpa = cc->get_phys_page_debug(cpu, addr & TARGET_PAGE_MASK);
    }
    if (gpa == HWADDR_MAX) {
        monitor_printf(mon, "Unmapped\n");
    } else {
        gpa += cpu_munge_address(cpu_memory_view(cpu), addr, 1) & ~TARGET_PAGE_MASK;
        monitor_printf(mon, "gpa: %#" PRIx64 "\n", gpa);
    }
}
