/*
 * Accesses to devices in the log: `-d io`, and trace points named after regions and registers.
 *
 * An access at a register that the region's MemoryRegionNames knows is the trace point
 * "io.REGION.REGISTER"; any other is "io.REGION".
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/module.h"
#include "qemu/trace.h"
#include "internal.h"

typedef struct Access {
    const MemoryRegion *mr;
    bool wanted;
    GString *registers; /* "SCCFG+SCERR[2]" */
    GString *fields;
} Access;

static char *point_name(const MemoryRegion *mr, const char *reg)
{
    return g_strdup_printf("io.%s%s%s", memory_region_name(mr), reg ? "." : "", reg ? reg : "");
}

static bool is_wanted(const MemoryRegion *mr, const char *reg)
{
    g_autofree char *name = point_name(mr, reg);

    return trace_is_on(name);
}

/* MemoryRegionNameFunc */
static void add_register(const char *name, const char *part, const char *fields, void *data)
{
    Access *access = data;

    access->wanted = access->wanted || is_wanted(access->mr, name);
    g_string_append_printf(access->registers, "%s%s%s", access->registers->len ? "+" : "", name,
                           part);
    g_string_append(access->fields, fields);
}

/* Where the access is seen in the first address space that shows the region there. */
static bool find_address(const MemoryRegion *mr, hwaddr offset, hwaddr *addr)
{
    AddressSpace *as;

    QTAILQ_FOREACH (as, &address_spaces, address_spaces_link) {
        const FlatView *view = as->current_map;

        for (unsigned i = 0; i < view->nr; i++) {
            const FlatRange *fr = &view->ranges[i];
            hwaddr into = offset - fr->offset_in_region;

            if (fr->mr == mr && offset >= fr->offset_in_region && into <= fr->last - fr->start) {
                *addr = fr->start + into;
                return true;
            }
        }
    }
    return false;
}

void memory_trace_access(const MemoryRegion *mr, hwaddr offset, uint64_t value, unsigned size,
                         bool is_write, MemTxResult result)
{
    g_autoptr(GString) registers = g_string_new(NULL), fields = g_string_new(NULL);
    Access access = { .mr = mr, .registers = registers, .fields = fields };
    hwaddr addr = offset;
    bool shown = find_address(mr, offset, &addr);

    if (!qemu_log_in_addr_range(addr)) {
        return;
    }
    access.wanted = qemu_loglevel_mask(LOG_IO) ||
                    trace_is_on(is_write ? "memory_region_ops_write" : "memory_region_ops_read");
    if (mr->ops->names) {
        mr->ops->names->at(mr->opaque, offset, size, value, add_register, &access);
    }
    if (!registers->len) {
        access.wanted = access.wanted || is_wanted(mr, NULL);
    }
    if (access.wanted) {
        trace_log(LOG_IO, "%s%s%s: %s 0x%0*" PRIx64 " %s 0x%" HWADDR_PRIx "%s%s%s",
                  memory_region_name(mr), registers->len ? " " : "", registers->str,
                  is_write ? "write" : "read", (int)size * 2, value, shown ? "at" : "at offset",
                  addr, fields->len ? ":" : "", fields->str,
                  result == MEMTX_OK ? "" : ", the device reports an error");
    }
}

/* ---- What there is to follow ---- */

typedef struct Listing {
    TraceNameFunc *add;
    void *data;
    const MemoryRegion *mr;
} Listing;

/* MemoryRegionNameFunc */
static void list_register(const char *name, const char *part, const char *fields, void *data)
{
    const Listing *listing = data;
    g_autofree char *point = point_name(listing->mr, name);

    listing->add(point, listing->data);
}

static void list_region(const Listing *listing)
{
    const MemoryRegion *mr = listing->mr;
    g_autofree char *point = point_name(mr, NULL);

    listing->add(point, listing->data);
    if (mr->ops->names) {
        mr->ops->names->all(mr->opaque, list_register, (void *)listing);
    }
}

static int list_object(Object *obj, void *opaque)
{
    Listing *listing = opaque;

    if (object_dynamic_cast(obj, TYPE_MEMORY_REGION)) {
        listing->mr = MEMORY_REGION(obj);
        if (!listing->mr->ram && !listing->mr->alias && listing->mr->terminates &&
            listing->mr->ops != &unassigned_mem_ops) {
            list_region(listing);
        }
    }
    return 0;
}

/* Those of regions that aren't mapped (yet), too. */
static void list_points(TraceNameFunc *add, void *data)
{
    Listing listing = { add, data, NULL };

    add("memory_region_ops_read", data);
    add("memory_region_ops_write", data);
    object_child_foreach_recursive(object_get_root(), list_object, &listing);
}

static void add_source(void)
{
    static const TraceSource source = { list_points };

    trace_add_source(&source);
}

type_init(add_source)
