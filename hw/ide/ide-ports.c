/*
 * An IDE channel's registers in I/O space, for adapters on any bus.
 *
 * Reference: ATA/ATAPI-6 chapter 7 (registers).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "ide-ports.h"
#include "qemu/bitops.h"

/* The data register takes 16 bits in a cycle of its own, of which a byte access sees the first. */
static uint64_t command_read(void *opaque, hwaddr addr, unsigned size)
{
    IdeBus *bus = opaque;
    uint64_t value = 0;

    if (addr == IDE_DATA) {
        return ide_read_data(bus, MAX(size, 2)) & MAKE_64BIT_MASK(0, size * 8);
    }
    for (unsigned i = 0; i < size; i++) {
        value |= (uint64_t)ide_read(bus, addr + i) << 8 * i;
    }
    return value;
}

static void command_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    IdeBus *bus = opaque;

    if (addr == IDE_DATA) {
        ide_write_data(bus, value, MAX(size, 2));
        return;
    }
    for (unsigned i = 0; i < size; i++) {
        ide_write(bus, addr + i, value >> 8 * i);
    }
}

static const MemoryRegionOps command_ops = {
    .read = command_read,
    .write = command_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
    .impl = { .min_access_size = 1, .max_access_size = 4 },
};

static uint64_t control_read(void *opaque, hwaddr addr, unsigned size)
{
    return ide_read_alternate_status(opaque);
}

static void control_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    ide_write_control(opaque, value);
}

static const MemoryRegionOps control_ops = {
    .read = control_read,
    .write = control_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 1 },
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

void ide_ports_init(IdePorts *ports, IdeBus *bus, Object *owner, const char *command_name,
                    const char *control_name)
{
    memory_region_init_io(&ports->command, owner, &command_ops, bus, command_name, 8);
    memory_region_init_io(&ports->control, owner, &control_ops, bus, control_name, 1);
}
