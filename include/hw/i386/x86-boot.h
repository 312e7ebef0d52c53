/*
 * Kernels by -kernel, on any of the PC boards.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_I386_X86_BOOT_H
#define HW_I386_X86_BOOT_H

#include "hw/boards.h"
#include "hw/nvram/fw_cfg.h"

/*
 * Hands -kernel, -initrd and -append to the option ROM that starts such a kernel, by fw_cfg.
 * low_ram: bytes of RAM from 0 on. Returns the ROM's path in the boot order, for
 * set_first_boot_path(); NULL without -kernel, or without that ROM: firmware then knows by itself what to
 * do. What is wrong is reported, and ends the program.
 */
const char *x86_boot_setup(MachineState *machine, FWCfgState *fw_cfg, uint64_t low_ram,
                           bool with_rom);

/* Adds to the command line of the kernel that x86_boot_setup() has handed on. */
void x86_boot_append(MachineState *machine, FWCfgState *fw_cfg, const char *text);

#endif
