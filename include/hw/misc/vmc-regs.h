/*
 * VMC board registers.
 *
 * Sysbus mmio 0: the registers at 80-c7 of the board's external register set; mmio 1: those at
 * e0-107. Output "tben": the processor's TBEN line. Properties "switches" (the readable switch, 8
 * bits) and "slot" (VME geographic address).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_MISC_VMC_REGS_H
#define HW_MISC_VMC_REGS_H

#define TYPE_VMC_REGS "vmc-regs"

#define VMC_REGS_CONTROL_SIZE    0x48
#define VMC_REGS_FEATURES_OFFSET 0x60 /* from the first block's start */
#define VMC_REGS_FEATURES_SIZE   0x28
#define VMC_REGS_TBEN_OUT        "tben"

#endif
