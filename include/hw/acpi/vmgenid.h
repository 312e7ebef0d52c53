/*
 * vmgenid: a number of 128 bits in the guest's memory that another run of the emulator changes, so
 * that a guest which was restored from a snapshot notices that it may not be the only one.
 *
 * Firmware puts the page where it likes and says where that is; ACPI's device GENR tells the guest.
 *
 * Reference: Microsoft, Virtual Machine Generation ID (2012); QEMU's interface description "Virtual
 * Machine Generation ID Device" (docs/specs).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_ACPI_VMGENID_H
#define HW_ACPI_VMGENID_H

#include "core/qdev-core.h"
#include "hw/acpi/acpi-tables.h"

#define TYPE_VMGENID "vmgenid"
OBJECT_DECLARE_SIMPLE_TYPE(VMGenId, VMGENID)

/*
 * For the board, once it has the device: `notify` has the guest look at GENR. Adds the files to
 * fw_cfg.
 */
void vmgenid_connect(VMGenId *s, FWCfgState *fw_cfg, void (*notify)(void *opaque), void *opaque);
/* The device GENR, into the begun SSDT. */
void vmgenid_put_aml(VMGenId *s, ACPITables *t);

/* The machine's number as text, newly allocated; NULL: there is no such device. */
char *vmgenid_find(void);

#endif
