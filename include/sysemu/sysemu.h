/* What boards written for QEMU expect of this header. */
/* SPDX-License-Identifier: MIT */
#include "exec/target_page.h"
#include "qemu/cutils.h"
#include "system/reset.h"
#include "system/system.h"

/* -bios, as boards of before MachineState.firmware have it; with hw/boards.h. */
#define bios_name (current_machine->firmware)
