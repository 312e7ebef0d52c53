/*
 * What the log says about the machine: who is acting (CPU, guest pc, symbol), registers, changes of
 * the memory map.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/cpu.h"
#include "disas/disas.h"
#include "qemu/log.h"
#include "system/address-spaces.h"
#include "system/log-context.h"

static bool log_context(char *buf, size_t size)
{
    CPUState *cpu = current_cpu;
    CPUClass *cc;
    int digits;
    const char *symbol;
    uint64_t offset = 0;
    vaddr pc;

    if (!cpu) {
        return false;
    }
    cc = CPU_GET_CLASS(cpu);
    /* In the middle of a device access the pc is known from the host address that made it. */
    if (!cpu->mem_io_pc || !cc->find_guest_pc(cpu, cpu->mem_io_pc, &pc)) {
        pc = cc->get_pc ? cc->get_pc(cpu) : 0;
    }
    digits = cpu->address_bits / 4;
    symbol = disas_symbol(pc, &offset);
    if (symbol && symbol[0]) {
        snprintf(buf, size, "cpu%d pc=%0*" PRIx64 " %s+0x%" PRIx64, cpu->cpu_index,
                 digits, pc, symbol, offset);
    } else {
        snprintf(buf, size, "cpu%d pc=%0*" PRIx64, cpu->cpu_index, digits, pc);
    }
    return true;
}

void log_cpu_state(CPUState *cpu)
{
    CPUClass *cc = CPU_GET_CLASS(cpu);
    FILE *f = cc->dump_state ? qemu_log_trylock() : NULL;

    if (f) {
        cc->dump_state(cpu, f, qemu_loglevel_mask(CPU_LOG_TB_FPU) ? CPU_DUMP_FPU : 0);
        qemu_log_unlock(f);
    }
}

/* ---- -d page ---- */

static void log_range(const MemoryRegionSection *s, char sign)
{
    hwaddr start = s->offset_within_address_space;
    hwaddr last = start + (hwaddr)(s->size - 1);

    qemu_log_mask(CPU_LOG_PAGE, "page: %c %016" PRIx64 "-%016" PRIx64 " %s\n", sign, start, last,
                  memory_region_name(s->mr));
}

static void range_added(MemoryListener *listener, MemoryRegionSection *section)
{
    log_range(section, '+');
}

static void range_gone(MemoryListener *listener, MemoryRegionSection *section)
{
    log_range(section, '-');
}

void log_memory_map(void)
{
    static MemoryListener map_listener = {
        .name = "log",
        .region_add = range_added,
        .region_del = range_gone,
    };

    memory_listener_register(&map_listener, &address_space_memory);
}

void log_context_init(void)
{
    qemu_log_set_context_hook(log_context);
}
