/*
 * A PowerPC's registers in a core file: the status note of 32-bit Linux.
 *
 * The note is a process status of 72 bytes (of which a machine has no more than the number of the
 * CPU), 48 registers of 32 bits, and a flag. The registers' order is that of the kernel's user-space
 * interface, asm/ptrace.h: GPRs, then those below.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "target/ppc/internal.h"

enum {
    REGS_AT = 72, PID_AT = 24, NB_REGS = 48, STATUS_SIZE = REGS_AT + 4 * NB_REGS + 4,
    REG_NIP = 32, REG_MSR, REG_ORIG_R3, REG_CTR, REG_LR, REG_XER, REG_CR, REG_MQ, REG_TRAP, REG_DAR,
    REG_DSISR,
};

void ppc_core_status(CPUState *cs, GByteArray *status)
{
    CPUPPCState *env = ppc_env(cs);
    uint32_t regs[NB_REGS] = {
        [REG_NIP] = env->nip, [REG_MSR] = env->msr, [REG_ORIG_R3] = env->gpr[3],
        [REG_CTR] = env->ctr, [REG_LR] = env->lr, [REG_XER] = ppc_get_xer(env),
        [REG_CR] = ppc_get_cr(env), [REG_DAR] = env->spr[SPR_DAR],
        [REG_DSISR] = env->spr[SPR_DSISR],
    };
    uint8_t bytes[STATUS_SIZE] = { 0 };

    for (unsigned i = 0; i < 32; i++) {
        regs[i] = env->gpr[i];
    }
    stl_be_p(bytes + PID_AT, cs->cpu_index + 1);
    for (unsigned i = 0; i < NB_REGS; i++) {
        stl_be_p(bytes + REGS_AT + 4 * i, regs[i]);
    }
    g_byte_array_append(status, bytes, sizeof(bytes));
}
