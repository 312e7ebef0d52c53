/*
 * Memory backends: host memory that users create with -object and machines take for guests.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SYSTEM_HOSTMEM_H
#define SYSTEM_HOSTMEM_H

#include "qom/object.h"
#include "system/memory.h"

#define TYPE_MEMORY_BACKEND       "memory-backend" /* abstract */
#define TYPE_MEMORY_BACKEND_RAM   "memory-backend-ram"
#define TYPE_MEMORY_BACKEND_FILE  "memory-backend-file"
#define TYPE_MEMORY_BACKEND_MEMFD "memory-backend-memfd"
OBJECT_DECLARE_TYPE(HostMemoryBackend, HostMemoryBackendClass, MEMORY_BACKEND)

typedef enum HostMemPolicy {
    HOST_MEM_POLICY_DEFAULT,
    HOST_MEM_POLICY_PREFERRED,
    HOST_MEM_POLICY_BIND,
    HOST_MEM_POLICY_INTERLEAVE,
    HOST_MEM_POLICY__MAX,
} HostMemPolicy;

#define HOST_MEM_MAX_NODES   128
#define HOST_MEM_MAX_THREADS 64

struct HostMemoryBackendClass {
    ObjectClass parent_class;

    /* Initializes backend->mr, `size` bytes, named by the object's id. */
    void (*alloc)(HostMemoryBackend *backend, Error **errp);
};

struct HostMemoryBackend {
    Object parent_obj;

    MemoryRegion mr;
    bool complete;  /* mr is there; most properties are fixed now */
    bool is_mapped; /* a machine or device has it */
    uint64_t size;  /* bytes */
    bool merge, dump, prealloc, share;
    uint32_t prealloc_threads;
    HostMemPolicy policy;
    uint8_t host_nodes[HOST_MEM_MAX_NODES]; /* 1: in the set */
};

/* What new backends have; the machine's mem-merge and dump-guest-core. */
extern bool host_memory_default_merge, host_memory_default_dump;

/* The region; NULL before the object is complete. */
MemoryRegion *host_memory_backend_get_memory(HostMemoryBackend *backend);
/* Who uses a backend says so: it isn't given to a second user, nor deleted. */
void host_memory_backend_set_mapped(HostMemoryBackend *backend, bool mapped);
bool host_memory_backend_is_mapped(HostMemoryBackend *backend);
/* The object's id; owned by the tree. */
const char *host_memory_backend_id(HostMemoryBackend *backend);
const char *host_memory_policy_name(HostMemPolicy policy);
/* For types of backends: whether a property may still change; *errp names it if not. */
bool host_memory_backend_may_change(HostMemoryBackend *backend, const char *property, Error **errp);

#endif
