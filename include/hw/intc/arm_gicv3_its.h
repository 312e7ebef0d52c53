/*
 * Interrupt translation service of a GICv3: devices' messages become LPIs.
 *
 * Property: "parent-gicv3" (link), a TYPE_ARM_GICV3 with "has-lpi", realized before. Region 0 has
 * both frames, control and, at ARM_GICV3_ITS_TRANSLATION, translation. Who sends a message is its
 * transaction's requester_id.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_INTC_ARM_GICV3_ITS_H
#define HW_INTC_ARM_GICV3_ITS_H

#define TYPE_ARM_GICV3_ITS        "arm-gicv3-its"

#define ARM_GICV3_ITS_SIZE        0x20000
#define ARM_GICV3_ITS_TRANSLATION 0x10000

#endif
