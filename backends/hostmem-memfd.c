/*
 * memory-backend-memfd: memory that another process can be given as a file descriptor.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include "qapi/error.h"
#include "system/hostmem.h"
#include "system/ramblock.h"

OBJECT_DECLARE_SIMPLE_TYPE(HostMemoryBackendMemfd, MEMORY_BACKEND_MEMFD)

struct HostMemoryBackendMemfd {
    HostMemoryBackend parent_obj;

    bool seal;
};

static int make_memfd(HostMemoryBackend *b, Error **errp)
{
    bool seal = MEMORY_BACKEND_MEMFD(b)->seal;
    int fd = memfd_create(host_memory_backend_id(b), MFD_CLOEXEC | (seal ? MFD_ALLOW_SEALING : 0));

    if (fd < 0) {
        error_setg_errno(errp, errno, "cannot create a memfd for '%s'", host_memory_backend_id(b));
    } else if (ftruncate(fd, ROUND_UP(b->size, (uint64_t)sysconf(_SC_PAGESIZE))) < 0) {
        error_setg_errno(errp, errno, "failed to resize memfd to %" PRIu64, b->size);
    } else if (seal && fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0) {
        error_setg_errno(errp, errno, "cannot seal the memfd of '%s'", host_memory_backend_id(b));
    } else {
        return fd;
    }
    if (fd >= 0) {
        close(fd);
    }
    return -1;
}

static void memfd_alloc(HostMemoryBackend *b, Error **errp)
{
    int fd = make_memfd(b, errp);

    if (fd < 0) {
        return;
    }
    /*
     * Shared or not is up to who gets the descriptor: here it is mapped as guest memory always is.
     */
    memory_region_init_ram_from_fd(&b->mr, OBJECT(b), host_memory_backend_id(b), b->size,
                                   RAM_SHARED | RAM_MIGRATABLE, fd, 0, errp);
    if (!memory_region_is_ram(&b->mr)) {
        close(fd);
    }
}

static bool get_seal(Object *obj, Error **errp)
{
    return MEMORY_BACKEND_MEMFD(obj)->seal;
}

static void set_seal(Object *obj, bool value, Error **errp)
{
    if (host_memory_backend_may_change(MEMORY_BACKEND(obj), "seal", errp)) {
        MEMORY_BACKEND_MEMFD(obj)->seal = value;
    }
}

static void memfd_class_init(ObjectClass *oc, void *data)
{
    MEMORY_BACKEND_CLASS(oc)->alloc = memfd_alloc;
    object_class_property_add_bool(oc, "seal", get_seal, set_seal);
    object_class_property_set_description(oc, "seal", "Seal growing & shrinking");
}

static void memfd_init(Object *obj)
{
    MEMORY_BACKEND_MEMFD(obj)->seal = true;
    MEMORY_BACKEND(obj)->share = true;
}

static const TypeInfo memfd_types[] = {
    {
        .name = TYPE_MEMORY_BACKEND_MEMFD,
        .parent = TYPE_MEMORY_BACKEND,
        .class_init = memfd_class_init,
        .instance_size = sizeof(HostMemoryBackendMemfd),
        .instance_init = memfd_init,
    },
};

DEFINE_TYPES(memfd_types)
