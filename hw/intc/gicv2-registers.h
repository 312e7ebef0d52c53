/*
 * A GICv2's CPU interface: where its registers are, for the system (GICC) as for a guest (GICV).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_INTC_GICV2_REGISTERS_H
#define HW_INTC_GICV2_REGISTERS_H

enum {
    GICC_CTLR = 0x00, GICC_PMR = 0x04, GICC_BPR = 0x08, GICC_IAR = 0x0c, GICC_EOIR = 0x10,
    GICC_RPR = 0x14, GICC_HPPIR = 0x18, GICC_ABPR = 0x1c, GICC_AIAR = 0x20, GICC_AEOIR = 0x24,
    GICC_AHPPIR = 0x28, GICC_APR0 = 0xd0, GICC_NSAPR0 = 0xe0, GICC_IIDR = 0xfc, GICC_DIR = 0x1000,
};

#define GICC_IIDR_VALUE 0x0202143b /* GIC-400 r0p1, Arm */

#endif
