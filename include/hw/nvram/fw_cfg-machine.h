/*
 * What every machine tells its firmware by fw_cfg.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_NVRAM_FW_CFG_MACHINE_H
#define HW_NVRAM_FW_CFG_MACHINE_H

#include "hw/boards.h"
#include "hw/nvram/fw_cfg.h"

/*
 * UUID, whether there is a display, and what -boot wishes: menu, splash, splash-time,
 * reboot-timeout, strict. The order of devices with a bootindex is that of the last reset.
 * fw_cfg_init_…() call it.
 */
void fw_cfg_add_machine_items(FWCfgState *s, MachineState *machine);

/* -fw_cfg's argument: [name=]NAME,file=FILE or ,string=TEXT. The board is there. */
bool fw_cfg_add_option(const char *arg, Error **errp);

/* -option-rom's argument: [romfile=]FILE[,bootindex=N]. The board is there. */
bool fw_cfg_add_option_rom(const char *arg, Error **errp);

/*
 * The ROM of a graphics card that has no place of its own for it (on ISA), for SeaBIOS, if that file
 * is installed and the machine has fw_cfg.
 */
void fw_cfg_add_vga_rom(const char *romfile);

#endif
