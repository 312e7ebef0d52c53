/*
 * memory-backend-ram: anonymous memory.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "system/hostmem.h"
#include "system/ramblock.h"

static void ram_alloc(HostMemoryBackend *b, Error **errp)
{
    memory_region_init_ram_flags_nomigrate(&b->mr, OBJECT(b), host_memory_backend_id(b), b->size,
                                           RAM_MIGRATABLE | (b->share ? RAM_SHARED : 0), errp);
}

static void ram_class_init(ObjectClass *oc, void *data)
{
    MEMORY_BACKEND_CLASS(oc)->alloc = ram_alloc;
}

static const TypeInfo ram_types[] = {
    {
        .name = TYPE_MEMORY_BACKEND_RAM,
        .parent = TYPE_MEMORY_BACKEND,
        .class_init = ram_class_init,
    },
};

DEFINE_TYPES(ram_types)
