/*
 * GICv3: distributor, redistributors, and the CPU interfaces that are system registers.
 *
 * Properties: "num-cpu" (1 to 123), "num-irq" (32 private ones included, a multiple of 32, to
 * 1024), "has-security-extensions" (two security states), with these "start-nonsecure" (a reset
 * puts all interrupts into group 1, as firmware does before it starts a system), "has-lpi"
 * (redistributors have LPIs, for an ITS: hw/intc/arm_gicv3_its.h). Before it is realized,
 * arm_gicv3_add_cpu() connects the CPUs in order. Regions: 0 the distributor, 1 the redistributors,
 * ARM_GICV3_REDISTRIBUTOR_SIZE for each CPU. Sysbus interrupts: the maintenance interrupt of each
 * CPU.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_INTC_ARM_GICV3_H
#define HW_INTC_ARM_GICV3_H

#include "target/arm/cpu.h"

#define TYPE_ARM_GICV3 "arm-gicv3"

/* GPIO inputs by name: interrupt 32 + n for all CPUs; interrupt n % 32 (16 to 31) of CPU n / 32. */
#define ARM_GICV3_SPI_IN "spi"
#define ARM_GICV3_PPI_IN "ppi"

#define ARM_GICV3_MAX_CPUS           123
#define ARM_GICV3_DISTRIBUTOR_SIZE   0x10000
#define ARM_GICV3_REDISTRIBUTOR_SIZE 0x20000

/* The next CPU: its interrupt inputs and its system registers become the GIC's. */
void arm_gicv3_add_cpu(DeviceState *gic, ARMCPU *cpu);

#endif
