/*
 * What boards of the PowerPC family written for QEMU expect of this header.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_PPC_PPC_H
#define HW_PPC_PPC_H

#include "target/ppc/cpu.h"

/* The time base and the decrementer run at `freq` Hz. */
static inline void cpu_ppc_tb_init(CPUPPCState *env, uint32_t freq)
{
    ppc_set_tb_frequency(container_of(env, PowerPCCPU, env), freq);
}

#endif
