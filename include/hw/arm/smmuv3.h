/*
 * System memory management unit, version 3 (SMMUv3.1): translates what PCI bus masters access.
 *
 * Region 0: both pages of registers. Interrupts (pulses): SMMUV3_IRQ_*.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_ARM_SMMUV3_H
#define HW_ARM_SMMUV3_H

#include "core/qdev-core.h"
#include "hw/pci/pci.h"

#define TYPE_ARM_SMMUV3 "arm-smmuv3"
#define ARM_SMMUV3_SIZE 0x20000

enum { SMMUV3_IRQ_EVENT, SMMUV3_IRQ_PRI, SMMUV3_IRQ_SYNC, SMMUV3_IRQ_ERROR, SMMUV3_NB_IRQS };

/*
 * Puts the functions of that root bus, and of the buses below it, behind the SMMU; before there are
 * any. A function's StreamID is its requester ID.
 */
void arm_smmuv3_attach(DeviceState *smmu, PCIBus *root);

#endif
