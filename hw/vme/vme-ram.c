/*
 * A memory card: `-device vme-ram,space=a24,addr=0x100000,size=1M[,memdev=ID]`.
 *
 * It answers to every modifier of its address space, block transfers included. With `memdev` the
 * memory is that backend's (a file that outlives the emulator, or that another process looks at),
 * and `size` is the backend's if it isn't given.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "hw/vme/vme.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/module.h"
#include "system/address-spaces.h"
#include "system/hostmem.h"

#define TYPE_VME_RAM "vme-ram"
OBJECT_DECLARE_SIMPLE_TYPE(VMERamState, VME_RAM)

struct VMERamState {
    VMEDevice parent_obj;

    char *space; /* properties */
    uint64_t addr, size;
    uint8_t width;
    HostMemoryBackend *memdev;

    MemoryRegion own, *memory;
    AddressSpace as;
    VMESlave slave;
};

static bool ram_block(void *opaque, uint32_t offset, uint8_t am, uint8_t *buf, uint32_t len,
                      bool write)
{
    VMERamState *s = opaque;

    return address_space_rw(&s->as, offset, MEMTXATTRS_UNSPECIFIED, buf, len, write) == MEMTX_OK;
}

static bool ram_cycle(void *opaque, uint32_t offset, VMECycle *cycle)
{
    uint8_t buf[8];

    stn_be_p(buf, cycle->size, cycle->data);
    if (!ram_block(opaque, offset, cycle->am, buf, cycle->size, cycle->write)) {
        return false;
    }
    cycle->data = ldn_be_p(buf, cycle->size);
    return true;
}

static bool take_memory(VMERamState *s, Error **errp)
{
    Error *err = NULL;

    if (!s->memdev) {
        memory_region_init_ram(&s->own, OBJECT(s), TYPE_VME_RAM, s->size, &err);
        s->memory = &s->own;
    } else if (host_memory_backend_is_mapped(s->memdev)) {
        error_setg(&err, "%s: memory backend '%s' is in use", TYPE_VME_RAM,
                   host_memory_backend_id(s->memdev));
    } else {
        s->memory = host_memory_backend_get_memory(s->memdev);
        host_memory_backend_set_mapped(s->memdev, true);
    }
    error_propagate(errp, err);
    return !err;
}

static void ram_realize(VMEDevice *dev, Error **errp)
{
    VMERamState *s = VME_RAM(dev);
    uint64_t backend = s->memdev ? memory_region_size(host_memory_backend_get_memory(s->memdev))
                                 : UINT64_MAX;

    if (!vme_slave_place(&s->slave, TYPE_VME_RAM, s->space, s->addr,
                         !s->size && s->memdev ? backend : s->size, errp) ||
        !vme_slave_limit_width(&s->slave, TYPE_VME_RAM, s->width, errp)) {
        return;
    }
    if (s->slave.size > backend) {
        error_setg(errp, "%s: size=0x%" PRIx64 " is more than memory backend '%s' has",
                   TYPE_VME_RAM, s->size, host_memory_backend_id(s->memdev));
        return;
    }
    s->size = s->slave.size;
    if (!take_memory(s, errp)) {
        return;
    }
    address_space_init(&s->as, s->memory, TYPE_VME_RAM);
    s->slave.cycle = ram_cycle;
    s->slave.block = ram_block;
    s->slave.opaque = s;
    vme_add_slave(dev, &s->slave);
}

static void ram_unrealize(VMEDevice *dev)
{
    VMERamState *s = VME_RAM(dev);

    address_space_destroy(&s->as);
    if (s->memdev) {
        host_memory_backend_set_mapped(s->memdev, false);
    }
}

static Property ram_properties[] = {
    DEFINE_PROP_STRING("space", VMERamState, space),
    DEFINE_PROP_UINT64("addr", VMERamState, addr, 0),
    DEFINE_PROP_SIZE("size", VMERamState, size, 0),
    DEFINE_PROP_UINT8("width", VMERamState, width, 64),
    DEFINE_PROP_LINK("memdev", VMERamState, memdev, TYPE_MEMORY_BACKEND, HostMemoryBackend *),
    DEFINE_PROP_END_OF_LIST(),
};

static const DeviceTraits ram_traits = {
    .desc = "VMEbus memory card",
    .properties = ram_properties,
};

static void ram_class_init(ObjectClass *klass, void *data)
{
    VMEDeviceClass *vc = VME_DEVICE_CLASS(klass);

    device_class_init_traits(klass, (void *)&ram_traits);
    vc->realize = ram_realize;
    vc->unrealize = ram_unrealize;
    set_bit(DEVICE_CATEGORY_STORAGE, DEVICE_CLASS(klass)->categories);
}

static const TypeInfo ram_types[] = {
    {
        .name = TYPE_VME_RAM,
        .parent = TYPE_VME_DEVICE,
        .instance_size = sizeof(VMERamState),
        .class_init = ram_class_init,
    },
};

DEFINE_TYPES(ram_types)
