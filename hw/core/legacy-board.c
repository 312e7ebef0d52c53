/*
 * Adapter for boards written to the interface of QEMU 0.14: see hw/legacy-board.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/hw.h"
#include "hw/legacy-board.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/units.h"

void hw_error(const char *fmt, ...)
{
    char *text;
    va_list ap;

    va_start(ap, fmt);
    text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    error_report("hardware error: %s", g_strchomp(text));
    g_free(text);
    exit(1);
}

/* ---- Machines ---- */

#define DEFAULT_RAM_SIZE (128 * MiB)

/* A class whose init() calls a QEMUMachine's. */
typedef struct LegacyMachineClass {
    MachineClass parent_class;
    const QEMUMachine *machine;
} LegacyMachineClass;

static void legacy_machine_init(MachineState *ms)
{
    const QEMUMachine *m = ((LegacyMachineClass *)MACHINE_GET_CLASS(ms))->machine;

    m->init(ms->ram_size, ms->boot_config.order, ms->kernel_filename, ms->kernel_cmdline,
            ms->initrd_filename, ms->cpu_type);
}

static void legacy_machine_class_init(ObjectClass *oc, void *data)
{
    const QEMUMachine *m = data;
    MachineClass *mc = MACHINE_CLASS(oc);

    ((LegacyMachineClass *)oc)->machine = m;
    mc->init = legacy_machine_init;
    mc->alias = m->alias;
    mc->desc = m->desc;
    mc->max_cpus = m->max_cpus ? m->max_cpus : 1;
    mc->is_default = m->is_default;
    mc->no_serial = m->no_serial;
    mc->no_parallel = m->no_parallel;
    mc->no_floppy = m->no_floppy;
    mc->no_cdrom = m->no_cdrom;
    mc->no_sdcard = m->no_sdcard;
    mc->default_ram_size = DEFAULT_RAM_SIZE;
    mc->default_boot_order = "";
}

int qemu_register_machine(QEMUMachine *m)
{
    g_autofree char *name = g_strconcat(m->name, TYPE_MACHINE_SUFFIX, NULL);
    TypeInfo info = {
        .name = name,
        .parent = TYPE_MACHINE,
        .class_size = sizeof(LegacyMachineClass),
        .class_init = legacy_machine_class_init,
        .class_data = m,
    };

    type_register(&info);
    return 0;
}

CPUState *cpu_init(const char *cpu_model)
{
    ObjectClass *oc = object_class_by_name(cpu_model);
    g_autoptr(GSList) classes = object_class_get_list_sorted(TYPE_CPU, true);

    for (GSList *l = classes; l && !oc; l = l->next) {
        CPUClass *cc = CPU_CLASS(l->data);
        oc = cc->class_by_name ? cc->class_by_name(cpu_model) : NULL;
    }
    if (!oc || !object_class_dynamic_cast(oc, TYPE_CPU) || object_class_is_abstract(oc)) {
        return NULL;
    }
    return cpu_create(object_class_get_name(oc));
}

/* ---- Physical memory ---- */

/* The low bits of a phys_offset tell what it is. */
#define IO_MEM_TYPE_MASK (TARGET_PAGE_SIZE - 1)
#define FIRST_IO_INDEX   3

typedef struct LegacyIO {
    MemoryRegion mr;
    MemoryRegionOps ops;
    CPUReadMemoryFunc *read[3];
    CPUWriteMemoryFunc *write[3];
    void *opaque; /* of the board's functions */
} LegacyIO;

typedef struct Mapping {
    MemoryRegion alias;
    target_phys_addr_t start;
    ram_addr_t size;
} Mapping;

static GPtrArray *io_regions; /* LegacyIO; index FIRST_IO_INDEX is the first */
static GPtrArray *mappings;   /* Mapping; later ones have higher priority */
static MemoryRegion *unassigned;
static int next_priority = 1;

ram_addr_t legacy_ram_alloc(DeviceState *dev, const char *name, ram_addr_t size)
{
    MemoryRegion *mr = g_new0(MemoryRegion, 1);

    memory_region_init_ram(mr, OBJECT(dev), name, size, &error_fatal);
    return memory_region_get_ram_addr(mr);
}

void *qemu_get_ram_ptr(ram_addr_t addr)
{
    return qemu_map_ram_ptr(NULL, addr);
}

static bool legacy_io_accepts(void *opaque, hwaddr addr, unsigned size, bool is_write,
                              MemTxAttrs attrs)
{
    LegacyIO *io = opaque;
    unsigned i = __builtin_ctz(size);

    return i < 3 && (is_write ? io->write[i] != NULL : io->read[i] != NULL);
}

static uint64_t legacy_io_read(void *opaque, hwaddr addr, unsigned size)
{
    LegacyIO *io = opaque;

    return io->read[__builtin_ctz(size)](io->opaque, addr);
}

static void legacy_io_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    LegacyIO *io = opaque;

    io->write[__builtin_ctz(size)](io->opaque, addr, value);
}

int cpu_register_io_memory(CPUReadMemoryFunc *const *mem_read, CPUWriteMemoryFunc *const *mem_write,
                           void *opaque, enum device_endian endian)
{
    LegacyIO *io = g_new0(LegacyIO, 1);

    memcpy(io->read, mem_read, sizeof(io->read));
    memcpy(io->write, mem_write, sizeof(io->write));
    io->opaque = opaque;
    io->ops = (MemoryRegionOps){
        .read = legacy_io_read,
        .write = legacy_io_write,
        .endianness = endian,
        .valid = { .min_access_size = 1, .max_access_size = 4, .accepts = legacy_io_accepts },
        .impl = { .min_access_size = 1, .max_access_size = 4 },
    };
    memory_region_init_io(&io->mr, NULL, &io->ops, io, "legacy-io", UINT64_MAX);
    if (!io_regions) {
        io_regions = g_ptr_array_new();
    }
    g_ptr_array_add(io_regions, io);
    return (io_regions->len - 1 + FIRST_IO_INDEX) << IO_MEM_SHIFT;
}

/* What phys_offset stands for: *offset is where in the region. Exits if it is nothing. */
static MemoryRegion *resolve(ram_addr_t phys_offset, ram_addr_t *offset, bool *readonly)
{
    unsigned type = phys_offset & IO_MEM_TYPE_MASK;
    unsigned index = type >> IO_MEM_SHIFT;
    RAMBlock *rb;

    *readonly = type == IO_MEM_ROM;
    *offset = 0;
    if (type == IO_MEM_UNASSIGNED) {
        return unassigned;
    }
    if (index >= FIRST_IO_INDEX && io_regions && index - FIRST_IO_INDEX < io_regions->len) {
        LegacyIO *io = g_ptr_array_index(io_regions, index - FIRST_IO_INDEX);
        return &io->mr;
    }
    rb = type == IO_MEM_RAM || type == IO_MEM_ROM
             ? qemu_ram_block_from_addr(phys_offset & ~(ram_addr_t)IO_MEM_TYPE_MASK, offset)
             : NULL;
    if (!rb) {
        error_report("cpu_register_physical_memory: 0x%" PRIx64 " is neither RAM nor registers",
                     phys_offset);
        exit(1);
    }
    return rb->mr;
}

static void unmap_same_range(target_phys_addr_t start, ram_addr_t size)
{
    for (unsigned i = 0; i < mappings->len; i++) {
        Mapping *m = g_ptr_array_index(mappings, i);

        if (m->start == start && m->size == size) {
            memory_region_del_subregion(get_system_memory(), &m->alias);
            g_ptr_array_remove_index(mappings, i);
            /* The alias itself stays: a view that is being read may hold it. */
            return;
        }
    }
}

void cpu_register_physical_memory(target_phys_addr_t start, ram_addr_t size,
                                  ram_addr_t phys_offset)
{
    cpu_register_physical_memory_offset(start, size, phys_offset, 0);
}

void cpu_register_physical_memory_offset(target_phys_addr_t start, ram_addr_t size,
                                         ram_addr_t phys_offset, ram_addr_t region_offset)
{
    Mapping *m = g_new0(Mapping, 1);
    bool readonly;
    ram_addr_t offset;
    MemoryRegion *target;

    if (!mappings) {
        mappings = g_ptr_array_new();
        unassigned = g_new0(MemoryRegion, 1);
        memory_region_init_reservation(unassigned, NULL, "unassigned", UINT64_MAX);
    }
    target = resolve(phys_offset, &offset, &readonly);
    m->start = start;
    m->size = size;
    memory_region_init_alias(&m->alias, NULL, memory_region_name(target), target,
                             target->ram ? offset : region_offset, size);
    memory_region_transaction_begin();
    unmap_same_range(start, size);
    memory_region_set_readonly(&m->alias, readonly);
    memory_region_add_subregion_overlap(get_system_memory(), start, &m->alias, next_priority++);
    memory_region_transaction_commit();
    g_ptr_array_add(mappings, m);
}

/* ---- Devices ---- */

/* qdev_new() has no bus; qdev_init() has to know what qdev_create() was given. */
static GHashTable *created; /* DeviceState -> BusState */

DeviceState *qdev_create(BusState *bus, const char *name)
{
    DeviceState *dev;

    if (!object_class_by_name(name)) {
        error_report("There is no device type '%s'", name);
        exit(1);
    }
    dev = qdev_new(name);
    if (!created) {
        created = g_hash_table_new(NULL, NULL);
    }
    g_hash_table_insert(created, dev, bus);
    return dev;
}

static bool realize_created(DeviceState *dev, Error **errp)
{
    BusState *bus = created ? g_hash_table_lookup(created, dev) : NULL;

    if (created) {
        g_hash_table_remove(created, dev);
    }
    if (!bus && object_dynamic_cast(OBJECT(dev), TYPE_SYS_BUS_DEVICE)) {
        return sysbus_realize_and_unref(SYS_BUS_DEVICE(dev), errp);
    }
    return qdev_realize_and_unref(dev, bus, errp);
}

int qdev_init(DeviceState *dev)
{
    Error *err = NULL;

    if (!realize_created(dev, &err)) {
        error_report_err(err);
        return -1;
    }
    return 0;
}

void qdev_init_nofail(DeviceState *dev)
{
    realize_created(dev, &error_fatal);
}
