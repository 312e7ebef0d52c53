/*
 * Disassembly through Capstone: a loop over bytes that come from guest memory or our own.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <capstone/capstone.h>
#include "core/cpu.h"
#include "disas/disas.h"
#include "system/address-spaces.h"

/* The longest instruction of any guest or host. */
#define MAX_INSN 16

static SymbolLookup symbol_lookup;

void disas_set_symbol_lookup(SymbolLookup func)
{
    symbol_lookup = func;
}

const char *disas_symbol(uint64_t addr, uint64_t *offset)
{
    uint64_t dummy;

    return symbol_lookup ? symbol_lookup(addr, offset ? offset : &dummy) : NULL;
}

/* One open Capstone instance per kind of code; they are costly to open. */
static csh handle_for(int arch, int mode)
{
    static struct {
        int arch, mode;
        csh handle;
    } cache[4];
    static GMutex lock;
    csh handle = 0;

    g_mutex_lock(&lock);
    for (size_t i = 0; i < ARRAY_SIZE(cache); i++) {
        if (cache[i].handle && cache[i].arch == arch && cache[i].mode == mode) {
            handle = cache[i].handle;
            break;
        }
        if (!cache[i].handle) {
            if (cs_open(arch, mode, &handle) == CS_ERR_OK) {
                cache[i].arch = arch;
                cache[i].mode = mode;
                cache[i].handle = handle;
            }
            break;
        }
    }
    g_mutex_unlock(&lock);
    return handle;
}

/* For instructions as the CPU sees them, or as memory has them. */
static csh guest_handle(CPUState *cpu, bool is_physical, unsigned *unit)
{
    CPUDisasInfo info = { .cap_arch = -1, .insn_unit = 1 };
    CPUClass *cc = CPU_GET_CLASS(cpu);
    CPUMemoryView view = cpu_memory_view(cpu);
    bool big_endian = is_physical ? cpu_memory_is_big_endian(view) : view.big_endian;

    if (cc->disas_set_info) {
        cc->disas_set_info(cpu, &info);
    }
    *unit = MAX(info.insn_unit, 1);
    info.cap_mode |= big_endian ? CS_MODE_BIG_ENDIAN : CS_MODE_LITTLE_ENDIAN;
    return info.cap_arch >= 0 ? handle_for(info.cap_arch, info.cap_mode) : 0;
}

/* "48002420 " or, for byte-coded instructions, "0f 05 ". */
static void append_bytes(GString *out, const uint8_t *bytes, size_t len, unsigned unit)
{
    for (size_t i = 0; i < len; i++) {
        g_string_append_printf(out, "%02x", bytes[i]);
        if ((i + 1) % unit == 0 || i + 1 == len) {
            g_string_append_c(out, ' ');
        }
    }
}

/* Capstone knows no end of a 32-bit address space: a branch over it goes to 0x1xxxxxxxx. */
static void wrap_addresses(char *operands)
{
    for (char *p = strstr(operands, "0x"); p; p = strstr(p, "0x")) {
        size_t digits = strspn(p + 2, "0123456789abcdef");
        size_t excess = digits > 8 ? digits - 8 : 0;

        memmove(p + 2, p + 2 + excess, strlen(p + 2 + excess) + 1);
        p += 2;
    }
}

/*
 * Appends one line for the instruction at `pc`; returns its length. What Capstone doesn't know is
 * shown as data, one unit long.
 */
static size_t append_insn(GString *out, csh handle, unsigned unit, uint64_t pc, int pc_digits,
                          const uint8_t *bytes, size_t len)
{
    cs_insn *insn = NULL;
    size_t size = MIN(unit, len);
    size_t start;

    g_string_append_printf(out, "0x%0*" PRIx64 ":  ", pc_digits, pc);
    start = out->len;
    if (handle && cs_disasm(handle, bytes, len, pc, 1, &insn) == 1) {
        size = insn->size;
        if (pc_digits == 8) {
            wrap_addresses(insn->op_str);
        }
        append_bytes(out, bytes, size, unit);
        g_string_append_printf(out, "%*s%-*s%s%s", (int)MAX(0, 10 - (int)(out->len - start)), "",
                               insn->op_str[0] ? 8 : 0, insn->mnemonic, insn->op_str[0] ? " " : "",
                               insn->op_str);
        cs_free(insn, 1);
    } else {
        append_bytes(out, bytes, size, unit);
        g_string_append_printf(out, "%*s%-8s 0x", (int)MAX(0, 10 - (int)(out->len - start)), "",
                               unit == 4 ? ".long" : unit == 2 ? ".short" : ".byte");
        for (size_t i = 0; i < size; i++) {
            g_string_append_printf(out, "%02x", bytes[i]);
        }
    }
    g_string_append_c(out, '\n');
    return MAX(size, 1);
}

static int pc_digits(CPUState *cpu)
{
    return cpu_address_digits(cpu_memory_view(cpu));
}

static void append_symbol_line(GString *out, uint64_t pc)
{
    uint64_t offset;
    const char *symbol = disas_symbol(pc, &offset);

    if (symbol && symbol[0] && offset == 0) {
        g_string_append_printf(out, "%s:\n", symbol);
    }
}

void target_disas_bytes(FILE *f, CPUState *cpu, uint64_t pc, const void *bytes, size_t size)
{
    g_autoptr(GString) out = g_string_new(NULL);
    unsigned unit;
    csh handle = guest_handle(cpu, false, &unit);

    for (size_t at = 0; at < size;) {
        append_symbol_line(out, pc + at);
        at += append_insn(out, handle, unit, pc + at, pc_digits(cpu), (const uint8_t *)bytes + at,
                          MIN(size - at, MAX_INSN));
    }
    fputs(out->str, f);
}

void target_disas(FILE *f, CPUState *cpu, uint64_t code, size_t size)
{
    g_autofree uint8_t *bytes = g_malloc(size);

    if (cpu_memory_rw_debug(cpu, code, bytes, size, false) < 0) {
        fprintf(f, "0x%0*" PRIx64 ":  unable to read memory\n", pc_digits(cpu), code);
        return;
    }
    target_disas_bytes(f, cpu, code, bytes, size);
}

void disas(FILE *f, const void *code, size_t size)
{
    g_autoptr(GString) out = g_string_new(NULL);
    csh handle = 0;

#if defined(__x86_64__)
    handle = handle_for(CS_ARCH_X86, CS_MODE_64);
#elif defined(__aarch64__)
    handle = handle_for(CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN);
#endif
    for (size_t at = 0; at < size;) {
        const uint8_t *p = (const uint8_t *)code + at;

        at += append_insn(out, handle, 1, (uintptr_t)p, 8, p, MIN(size - at, MAX_INSN));
    }
    fputs(out->str, f);
}

static bool read_guest(CPUState *cpu, uint64_t addr, void *buf, size_t len, bool is_physical)
{
    if (is_physical) {
        return address_space_read(cpu_default_space(cpu), addr, MEMTXATTRS_UNSPECIFIED, buf,
                                  len) == MEMTX_OK;
    }
    return cpu_memory_rw_debug(cpu, addr, buf, len, false) == 0;
}

/* As many bytes as one instruction may need and memory has; 0 if not even one unit can be read. */
static size_t fetch_insn(CPUState *cpu, uint64_t pc, uint8_t *buf, unsigned unit, bool is_physical)
{
    size_t max = unit >= 4 ? unit : MAX_INSN;

    for (size_t len = max; len >= unit; len--) {
        if (read_guest(cpu, pc, buf, len, is_physical)) {
            return len;
        }
    }
    return 0;
}

bool disas_guest_insns(GString *out, CPUState *cpu, uint64_t *pc, int nb_insn, bool is_physical)
{
    uint8_t buf[MAX_INSN];
    unsigned unit;
    csh handle = guest_handle(cpu, is_physical, &unit);

    for (int i = 0; i < nb_insn; i++) {
        size_t len = fetch_insn(cpu, *pc, buf, unit, is_physical);

        if (len == 0) {
            g_string_append_printf(out, "Cannot access memory at address 0x%" PRIx64 "\n", *pc);
            return false;
        }
        append_symbol_line(out, *pc);
        *pc += append_insn(out, handle, unit, *pc, pc_digits(cpu), buf, len);
    }
    return true;
}
