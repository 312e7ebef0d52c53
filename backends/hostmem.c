/*
 * What all memory backends have: size, sharing, host pages made at once, bound to host nodes.
 *
 * Guest memory is always a file mapping (system/memory/ramblock.c), so that the kernel's
 * same-page merging, which `merge` asks for, finds nothing in it, and it never has swap space put
 * aside.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <linux/mempolicy.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "qom/object_interfaces.h"
#include "system/hostmem.h"
#include "system/ramblock.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

bool host_memory_default_merge = true;
bool host_memory_default_dump = true;

static const char *const policy_names[HOST_MEM_POLICY__MAX] = { "default", "preferred", "bind",
                                                                "interleave" };
static const QEnumLookup policy_lookup = { policy_names, HOST_MEM_POLICY__MAX };
static const int policy_modes[HOST_MEM_POLICY__MAX] = { MPOL_DEFAULT, MPOL_PREFERRED, MPOL_BIND,
                                                        MPOL_INTERLEAVE };

const char *host_memory_policy_name(HostMemPolicy policy)
{
    return policy_names[policy];
}

MemoryRegion *host_memory_backend_get_memory(HostMemoryBackend *backend)
{
    return backend->complete ? &backend->mr : NULL;
}

void host_memory_backend_set_mapped(HostMemoryBackend *backend, bool mapped)
{
    backend->is_mapped = mapped;
}

bool host_memory_backend_is_mapped(HostMemoryBackend *backend)
{
    return backend->is_mapped;
}

const char *host_memory_backend_id(HostMemoryBackend *backend)
{
    const char *id = object_get_canonical_path_component(OBJECT(backend));

    return id ? id : "memory";
}

bool host_memory_backend_may_change(HostMemoryBackend *backend, const char *property, Error **errp)
{
    if (backend->complete) {
        error_setg(errp, "cannot change property '%s' of %s", property,
                   object_get_typename(OBJECT(backend)));
        return false;
    }
    return true;
}

/* --- what is done to the pages --- */

static void apply_advice(HostMemoryBackend *b)
{
    void *host = memory_region_get_ram_ptr(&b->mr);
    size_t len = qemu_ram_get_max_length(b->mr.ram_block);

    madvise(host, len, b->merge ? MADV_MERGEABLE : MADV_UNMERGEABLE);
    madvise(host, len, b->dump ? MADV_DODUMP : MADV_DONTDUMP);
}

static void bind_to_nodes(HostMemoryBackend *b, Error **errp)
{
    unsigned long mask[HOST_MEM_MAX_NODES / (8 * sizeof(long)) + 1] = { 0 };
    bool any = false;

    for (unsigned i = 0; i < HOST_MEM_MAX_NODES; i++) {
        if (b->host_nodes[i]) {
            mask[i / (8 * sizeof(long))] |= 1UL << i % (8 * sizeof(long));
            any = true;
        }
    }
    if (any && b->policy == HOST_MEM_POLICY_DEFAULT) {
        error_setg(errp, "host-nodes must be empty for policy default, or you should explicitly "
                         "specify a policy other than default");
    } else if (!any && b->policy != HOST_MEM_POLICY_DEFAULT) {
        error_setg(errp, "host-nodes must be set for policy %s", policy_names[b->policy]);
    } else if (any && syscall(SYS_mbind, memory_region_get_ram_ptr(&b->mr),
                              qemu_ram_get_max_length(b->mr.ram_block), policy_modes[b->policy],
                              mask, (unsigned long)HOST_MEM_MAX_NODES + 1,
                              MPOL_MF_STRICT | MPOL_MF_MOVE) < 0) {
        error_setg_errno(errp, errno, "cannot bind memory to host NUMA nodes");
    }
}

typedef struct PopulateWork {
    uint8_t *start;
    size_t len;
} PopulateWork;

static gpointer populate(gpointer opaque)
{
    PopulateWork *work = opaque;

    /* The pages are there; this only spares faults later, and old kernels don't know it. */
    madvise(work->start, work->len, MADV_POPULATE_WRITE);
    return NULL;
}

static void populate_by_threads(HostMemoryBackend *b)
{
    RAMBlock *rb = b->mr.ram_block;
    size_t len = qemu_ram_get_max_length(rb);
    size_t share = ROUND_UP(len / b->prealloc_threads + 1, (uint64_t)sysconf(_SC_PAGESIZE));
    PopulateWork work[HOST_MEM_MAX_THREADS];
    GThread *threads[HOST_MEM_MAX_THREADS];
    unsigned n = 0;

    for (size_t at = 0; at < len; at += share, n++) {
        work[n] = (PopulateWork){ (uint8_t *)qemu_ram_get_host_addr(rb) + at,
                                  MIN(share, len - at) };
        threads[n] = g_thread_new("prealloc", populate, &work[n]);
    }
    while (n > 0) {
        g_thread_join(threads[--n]);
    }
}

/* Space in the file first: pages without it are a SIGBUS when they are touched. */
static void preallocate(HostMemoryBackend *b, Error **errp)
{
    RAMBlock *rb = b->mr.ram_block;
    int fd = qemu_ram_get_fd(rb);

    if (!b->mr.readonly && fallocate(fd, 0, qemu_ram_get_fd_offset(rb),
                                     qemu_ram_get_max_length(rb)) < 0) {
        error_setg_errno(errp, errno, "cannot preallocate the %" PRIu64 " bytes of '%s'", b->size,
                         host_memory_backend_id(b));
        return;
    }
    populate_by_threads(b);
}

static void backend_complete(UserCreatable *uc, Error **errp)
{
    ERRP_GUARD();
    HostMemoryBackend *b = MEMORY_BACKEND(uc);

    if (!b->size) {
        error_setg(errp, "Parameter 'size' is missing");
        return;
    }
    MEMORY_BACKEND_GET_CLASS(b)->alloc(b, errp);
    if (*errp) {
        return;
    }
    apply_advice(b);
    bind_to_nodes(b, errp);
    if (!*errp && b->prealloc) {
        preallocate(b, errp);
    }
    b->complete = !*errp;
}

static bool backend_can_be_deleted(UserCreatable *uc)
{
    return !host_memory_backend_is_mapped(MEMORY_BACKEND(uc));
}

/* --- properties --- */

static void get_size(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    qvalue_set_uint(v, MEMORY_BACKEND(obj)->size);
}

static void set_size(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    HostMemoryBackend *b = MEMORY_BACKEND(obj);
    uint64_t value;

    if (!host_memory_backend_may_change(b, name, errp) || !qvalue_to_size(v, name, &value, errp)) {
        return;
    }
    if (!value) {
        error_setg(errp, "property '%s' of %s doesn't take value '0'", name,
                   object_get_typename(obj));
        return;
    }
    b->size = value;
}

static void get_threads(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    qvalue_set_uint(v, MEMORY_BACKEND(obj)->prealloc_threads);
}

static void set_threads(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    int64_t value;

    if (qvalue_to_int(v, name, 1, HOST_MEM_MAX_THREADS, &value, errp)) {
        MEMORY_BACKEND(obj)->prealloc_threads = value;
    }
}

#define DEFINE_BOOL_GETTER(field)                                                                  \
    static bool get_##field(Object *obj, Error **errp)                                             \
    {                                                                                              \
        return MEMORY_BACKEND(obj)->field;                                                         \
    }

DEFINE_BOOL_GETTER(merge)
DEFINE_BOOL_GETTER(dump)
DEFINE_BOOL_GETTER(prealloc)
DEFINE_BOOL_GETTER(share)

static void set_merge(Object *obj, bool value, Error **errp)
{
    HostMemoryBackend *b = MEMORY_BACKEND(obj);

    b->merge = value;
    if (b->complete) {
        apply_advice(b);
    }
}

static void set_dump(Object *obj, bool value, Error **errp)
{
    HostMemoryBackend *b = MEMORY_BACKEND(obj);

    b->dump = value;
    if (b->complete) {
        apply_advice(b);
    }
}

static void set_prealloc(Object *obj, bool value, Error **errp)
{
    HostMemoryBackend *b = MEMORY_BACKEND(obj);

    if (!b->complete) {
        b->prealloc = value;
    } else if (value && !b->prealloc) {
        preallocate(b, errp);
        b->prealloc = true;
    } else if (!value) {
        host_memory_backend_may_change(b, "prealloc", errp);
    }
}

static void set_share(Object *obj, bool value, Error **errp)
{
    if (host_memory_backend_may_change(MEMORY_BACKEND(obj), "share", errp)) {
        MEMORY_BACKEND(obj)->share = value;
    }
}

static int get_policy(Object *obj, Error **errp)
{
    return MEMORY_BACKEND(obj)->policy;
}

static void set_policy(Object *obj, int value, Error **errp)
{
    if (host_memory_backend_may_change(MEMORY_BACKEND(obj), "policy", errp)) {
        MEMORY_BACKEND(obj)->policy = value;
    }
}

static void get_nodes(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    HostMemoryBackend *b = MEMORY_BACKEND(obj);

    qvalue_set_list(v);
    for (unsigned i = 0; i < HOST_MEM_MAX_NODES; i++) {
        QValue item = { .kind = QVALUE_INT, .i = i };

        if (b->host_nodes[i]) {
            qvalue_append(v, &item);
        }
    }
}

/* "0,2-3" */
static bool parse_nodes(const char *text, uint8_t *nodes)
{
    unsigned first, last;

    do {
        if (qemu_strtoui(text, &text, 10, &first) < 0) {
            return false;
        }
        last = first;
        if (*text == '-' && qemu_strtoui(text + 1, &text, 10, &last) < 0) {
            return false;
        }
        if (last < first || last >= HOST_MEM_MAX_NODES) {
            return false;
        }
        memset(nodes + first, 1, last - first + 1);
    } while (*text++ == ',');
    return !text[-1];
}

static void set_nodes(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    HostMemoryBackend *b = MEMORY_BACKEND(obj);
    uint8_t nodes[HOST_MEM_MAX_NODES] = { 0 };
    const char *text;

    if (!host_memory_backend_may_change(b, name, errp) || !qvalue_to_str(v, name, &text, errp)) {
        return;
    }
    if (!parse_nodes(text, nodes)) {
        error_setg(errp, "Parameter '%s' expects host nodes from 0 to %d, like 0,,2-3, not '%s'",
                   name, HOST_MEM_MAX_NODES - 1, text);
        return;
    }
    memcpy(b->host_nodes, nodes, sizeof(nodes));
}

static const struct {
    const char *name;
    bool (*get)(Object *, Error **);
    void (*set)(Object *, bool, Error **);
    const char *description;
} bool_properties[] = {
    { "merge", get_merge, set_merge, "Mark memory as mergeable" },
    { "dump", get_dump, set_dump, "Set to 'off' to exclude from core dump" },
    { "prealloc", get_prealloc, set_prealloc, "Preallocate memory" },
    { "share", get_share, set_share, "Mark the memory as private to the emulator or shared" },
};

static void backend_class_init(ObjectClass *oc, void *data)
{
    UserCreatableClass *ucc = USER_CREATABLE_CLASS(oc);

    ucc->complete = backend_complete;
    ucc->can_be_deleted = backend_can_be_deleted;
    for (size_t i = 0; i < ARRAY_SIZE(bool_properties); i++) {
        object_class_property_add_bool(oc, bool_properties[i].name, bool_properties[i].get,
                                       bool_properties[i].set);
        object_class_property_set_description(oc, bool_properties[i].name,
                                              bool_properties[i].description);
    }
    object_class_property_add(oc, "size", "int", get_size, set_size, NULL, NULL);
    object_class_property_set_description(oc, "size", "Size of the memory region (ex: 500M)");
    object_class_property_add(oc, "prealloc-threads", "int", get_threads, set_threads, NULL, NULL);
    object_class_property_set_description(oc, "prealloc-threads",
                                          "Number of CPU threads to use for prealloc");
    object_class_property_add(oc, "host-nodes", "int", get_nodes, set_nodes, NULL, NULL);
    object_class_property_set_description(oc, "host-nodes",
                                          "Binds memory to the list of NUMA host nodes");
    object_class_property_add_enum(oc, "policy", "HostMemPolicy", &policy_lookup, get_policy,
                                   set_policy);
    object_class_property_set_description(oc, "policy", "Set the NUMA policy");
}

static void backend_init(Object *obj)
{
    HostMemoryBackend *b = MEMORY_BACKEND(obj);

    b->merge = host_memory_default_merge;
    b->dump = host_memory_default_dump;
    b->prealloc_threads = 1;
}

static const TypeInfo backend_types[] = {
    {
        .name = TYPE_MEMORY_BACKEND,
        .parent = TYPE_OBJECT,
        .abstract = true,
        .class_size = sizeof(HostMemoryBackendClass),
        .class_init = backend_class_init,
        .instance_size = sizeof(HostMemoryBackend),
        .instance_init = backend_init,
        .interfaces = (InterfaceInfo[]){ { TYPE_USER_CREATABLE }, { NULL } },
    },
};

DEFINE_TYPES(backend_types)
