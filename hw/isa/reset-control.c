/*
 * The reset register at port cf9: see hw/isa/reset-control.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/isa/reset-control.h"
#include "system/runstate.h"

#define RESET_PORT 0xcf9

static uint64_t reset_read(void *opaque, hwaddr addr, unsigned size)
{
    return ((ResetControl *)opaque)->value;
}

/* Either kind resets the machine: the CPU alone has no reset here that leaves the rest running. */
static void reset_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    ResetControl *r = opaque;

    if (value & ~r->value & RESET_CONTROL_CPU) {
        qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
    }
    r->value = value & r->kept;
}

static const MemoryRegionOps reset_ops = {
    .read = reset_read,
    .write = reset_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 1 },
};

void reset_control_init(ResetControl *r, Object *owner, const char *name, MemoryRegion *io,
                        uint8_t kept)
{
    r->kept = kept;
    memory_region_init_io(&r->port, owner, &reset_ops, r, name, 1);
    memory_region_add_subregion_overlap(io, RESET_PORT, &r->port, 1);
}

void reset_control_reset(ResetControl *r)
{
    r->value = 0;
}
