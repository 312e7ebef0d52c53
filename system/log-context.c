/*
 * Who is acting, for log lines: CPU, guest pc, symbol.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "disas/disas.h"
#include "hw/core/cpu.h"
#include "qemu/log.h"
#include "system/log-context.h"

static bool log_context(char *buf, size_t size)
{
    CPUState *cpu = current_cpu;
    CPUClass *cc;
    const char *symbol;
    uint64_t pc, offset = 0;

    if (!cpu) {
        return false;
    }
    /* In the middle of a device access the pc is known from the host address that made it. */
    if (cpu->mem_io_pc) {
        cpu_restore_state(cpu, cpu->mem_io_pc);
    }
    cc = CPU_GET_CLASS(cpu);
    pc = cc->get_pc ? cc->get_pc(cpu) : 0;
    symbol = disas_symbol(pc, &offset);
    if (symbol && symbol[0]) {
        snprintf(buf, size, "cpu%d pc=%0*" PRIx64 " %s+0x%" PRIx64, cpu->cpu_index,
                 cc->address_bits == 64 ? 16 : 8, pc, symbol, offset);
    } else {
        snprintf(buf, size, "cpu%d pc=%0*" PRIx64, cpu->cpu_index,
                 cc->address_bits == 64 ? 16 : 8, pc);
    }
    return true;
}

void log_context_init(void)
{
    qemu_log_set_context_hook(log_context);
}
