/*
 * GICv2: Arm's generic interrupt controller, distributor and CPU interfaces.
 *
 * Properties: "num-cpu" (1 to 8), "num-irq" (32 private ones included, a multiple of 32, to 1024),
 * "has-security-extensions" (two security states), with these "start-nonsecure" (a reset puts all
 * interrupts into group 1, as firmware does before it starts a system),
 * "has-virtualization-extensions".
 * Regions: 0 the distributor, 1 the CPU interface, as the CPU that accesses it sees it; with
 * virtualization 2 a hypervisor's registers (GICH), 3 the guest's CPU interface (GICV).
 * Sysbus interrupts: IRQ of each CPU, then FIQ of each CPU; with virtualization then virtual IRQ,
 * virtual FIQ and maintenance interrupt of each.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_INTC_ARM_GIC_H
#define HW_INTC_ARM_GIC_H

#define TYPE_ARM_GIC "arm_gic"

/* GPIO inputs by name: interrupt 32 + n for all CPUs; interrupt n % 32 (16 to 31) of CPU n / 32. */
#define ARM_GIC_SPI_IN "spi"
#define ARM_GIC_PPI_IN "ppi"

#define ARM_GIC_MAX_CPUS         8
#define ARM_GIC_PRIVATE          32
#define ARM_GIC_DISTRIBUTOR_SIZE 0x1000
#define ARM_GIC_INTERFACE_SIZE   0x2000
#define ARM_GIC_HYPERVISOR_SIZE  0x2000

#endif
