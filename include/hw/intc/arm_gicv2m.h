/*
 * GICv2m frame: message signalled interrupts for a GICv2.
 *
 * Properties: "base-spi" and "num-spi", the shared interrupts that the frame raises, counted from 0
 * (interrupt 32) on. Region 0 is the frame, sysbus interrupt n is that of SPI base-spi + n, and is
 * pulsed: software configures it edge-triggered.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_INTC_ARM_GICV2M_H
#define HW_INTC_ARM_GICV2M_H

#define TYPE_ARM_GICV2M "arm-gicv2m"

#define ARM_GICV2M_SIZE     0x1000
#define ARM_GICV2M_MAX_SPIS 128

#endif
