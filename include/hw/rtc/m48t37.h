/*
 * M48T37V clock and 32 KiB NVRAM behind the address strobes of the MVME5100.
 *
 * Sysbus mmio 0 is 0x18 bytes long: +0 address bits 0-7 (write), +8 address bits 8-14 (write),
 * +0x10 data. Sysbus irq 0 is the IRQ/FT pin, named GPIO output "reset" the RST pin (watchdog).
 * Property "drive": image of exactly 32 KiB that keeps the contents.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_RTC_M48T37_H
#define HW_RTC_M48T37_H

#include "qemu/osdep.h"

#include "qom/object.h"

#define TYPE_M48T37 "m48t37"

#define M48T37_SIZE       0x8000
#define M48T37_MMIO_SIZE  0x18
#define M48T37_RESET_OUT  "reset"

/* Direct access to the chip's address space, for boards and tests. @addr is taken modulo 32 KiB. */
uint8_t m48t37_read(Object *obj, uint32_t addr);
void m48t37_write(Object *obj, uint32_t addr, uint8_t value);

#endif
