/*
 * What a board has and nobody models yet: reads as zero, forgets what is written, logs both as
 * `unimp`.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_MISC_UNIMP_H
#define HW_MISC_UNIMP_H

#include "hw/sysbus.h"

#define TYPE_UNIMPLEMENTED_DEVICE "unimplemented-device"
OBJECT_DECLARE_SIMPLE_TYPE(UnimplementedDeviceState, UNIMPLEMENTED_DEVICE)

/* Properties "name", for the log and the map, and "size" in bytes; both are needed. */
struct UnimplementedDeviceState {
    SysBusDevice parent_obj;

    MemoryRegion iomem;
    char *name;
    uint64_t size;
};

/*
 * Puts one at `base`, behind what else is there (priority -1000): a whole range can be covered
 * before the devices in it exist.
 */
void create_unimplemented_device(const char *name, hwaddr base, hwaddr size);

#endif
