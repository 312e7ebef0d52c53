/*
 * Software table search of the 603 and 755 (HID2[SWT_EN]): not there yet; says so when it is switched on.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "target/ppc/helper.h"
#include "target/ppc/internal.h"

void ppc_software_search_enabled(CPUPPCState *env)
{
    qemu_log_mask(LOG_UNIMP, "HID2[SWT_EN]: software table search is missing; page tables are still "
                             "searched by hardware\n");
}

static void missing(const char *insn, uint32_t ea)
{
    qemu_log_mask(LOG_UNIMP, "%s %08x: software table search is missing, no effect\n", insn, ea);
}

void helper_ppc_tlbld(CPUPPCState *env, uint32_t ea)
{
    missing("tlbld", ea);
}

void helper_ppc_tlbli(CPUPPCState *env, uint32_t ea)
{
    missing("tlbli", ea);
}
