/*
 * The device "loader": puts a file, or a number, into memory at every reset, and may say where a CPU
 * starts. Its users are command lines (-device loader,…).
 *
 * A file is an image like a board's own: a rom, which mustn't overlap others. A number is written
 * through the CPU's bus after all images, so that it can patch one, and reach registers.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/qdev-core.h"
#include "core/qdev-properties.h"
#include "hw/boards.h"
#include "hw/loader.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "qemu/module.h"
#include "system/address-spaces.h"

#define TYPE_LOADER "loader"
OBJECT_DECLARE_SIMPLE_TYPE(LoaderState, LOADER)

#define NOT_GIVEN      UINT64_MAX
#define NO_CPU         UINT32_MAX
#define MAX_DATA_BYTES 8

struct LoaderState {
    DeviceState parent_obj;

    /* Properties. */
    uint64_t addr;
    uint64_t data;
    uint8_t data_len;
    bool data_be;
    bool force_raw;
    char *file;
    uint32_t cpu_num;

    uint64_t start; /* where it begins */
    uint8_t bytes[MAX_DATA_BYTES];
    Notifier after_reset;
};

/* NULL: none was named, or it has left the machine. */
static CPUState *named_cpu(const LoaderState *s)
{
    return s->cpu_num == NO_CPU ? NULL : qemu_get_cpu(s->cpu_num);
}

static AddressSpace *address_space(const LoaderState *s)
{
    CPUState *cpu = named_cpu(s);

    return cpu ? cpu_default_space(cpu) : &address_space_memory;
}

/* Registers take the number in one access, as memory does; flash and ROM take it too. */
static void write_number(LoaderState *s)
{
    AddressSpace *as = address_space(s);
    MemoryRegionSection section = memory_region_find(as->root, s->addr, s->data_len);
    bool is_memory = section.mr && (section.mr->ram || section.mr->rom_device);
    MemTxResult result;

    if (section.mr) {
        memory_region_unref(section.mr);
    }
    result = is_memory ? address_space_write_rom(as, s->addr, MEMTXATTRS_UNSPECIFIED, s->bytes,
                                                 s->data_len)
                       : address_space_write(as, s->addr, MEMTXATTRS_UNSPECIFIED, s->bytes,
                                             s->data_len);
    if (result != MEMTX_OK) {
        warn_report_once("-device loader: nothing takes the %u bytes for 0x%" PRIx64, s->data_len,
                         s->addr);
    }
}

static void loader_after_reset(Notifier *notifier, void *unused)
{
    LoaderState *s = container_of(notifier, LoaderState, after_reset);
    CPUState *cpu = named_cpu(s);

    if (s->data_len) {
        write_number(s);
    } else if (cpu) {
        CPU_GET_CLASS(cpu)->set_pc(cpu, s->start);
    }
}

/* ---- What the properties say ---- */

/* A negative number is as long as its digits without the sign's. */
static bool number_fits(uint64_t data, unsigned bytes)
{
    unsigned unused = 64 - 8 * bytes;

    return unused == 0 || data << unused >> unused == data ||
           (uint64_t)((int64_t)(data << unused) >> unused) == data;
}

static bool check_number(LoaderState *s, Error **errp)
{
    if (s->file) {
        error_setg(errp, "Specifying a file is not supported when loading memory values");
    } else if (s->force_raw) {
        error_setg(errp, "Specifying force-raw is not supported when loading memory values");
    } else if (!s->data_len) {
        error_setg(errp, "Both data and data-len must be specified");
    } else if (s->data_len > MAX_DATA_BYTES) {
        error_setg(errp, "data-len cannot be greater than %d bytes", MAX_DATA_BYTES);
    } else if (s->addr == NOT_GIVEN) {
        error_setg(errp, "data needs an address: addr=");
    } else if (s->addr + s->data_len - 1 < s->addr) {
        error_setg(errp, "addr and data-len go beyond the end of the address space");
    } else if (!number_fits(s->data, s->data_len)) {
        error_setg(errp, "data 0x%" PRIx64 " is longer than the %u bytes of data-len", s->data,
                   s->data_len);
    } else {
        (s->data_be ? stn_be_p : stn_le_p)(s->bytes, s->data_len, s->data);
        return true;
    }
    return false;
}

static bool load_file(LoaderState *s, Error **errp)
{
    CPUState *named = named_cpu(s);
    CPUState *cpu = named ? named : QTAILQ_FIRST(&cpus); /* a file for none is for all */
    const ProgramOptions options = {
        .elf = { .any_endian = !cpu, .big_endian = cpu && cpu_memory_view(cpu).big_endian,
                 .as = address_space(s) },
        .uimage_arch = IH_ARCH_ANY,
        .addr = s->addr == NOT_GIVEN ? 0 : s->addr,
        .has_addr = s->addr != NOT_GIVEN,
        .force_raw = s->force_raw,
    };
    unsigned mark = rom_count_added();
    ProgramInfo info;

    if (!load_program(s->file, &options, &info, errp) || !rom_check_memory(mark, errp)) {
        return false;
    }
    s->start = info.entry;
    return true;
}

static bool check_start(LoaderState *s, Error **errp)
{
    if (s->addr == NOT_GIVEN) {
        error_setg(errp, "please include valid arguments: file=, or addr= with data= and "
                         "data-len=, or addr= with cpu-num=");
        return false;
    }
    if (s->cpu_num == NO_CPU) {
        error_setg(errp, "cpu-num must be specified when setting a program counter");
        return false;
    }
    s->start = s->addr;
    return true;
}

static bool check_cpu(const LoaderState *s, Error **errp)
{
    if (s->cpu_num != NO_CPU && !named_cpu(s)) {
        error_setg(errp, "Specified boot CPU#%u is nonexistent", s->cpu_num);
        return false;
    }
    return true;
}

static void loader_realize(DeviceState *dev, Error **errp)
{
    LoaderState *s = LOADER(dev);
    bool is_number = s->data || s->data_len || s->data_be;

    if (check_cpu(s, errp) && (is_number ? check_number(s, errp) : s->file ? load_file(s, errp)
                                                                        : check_start(s, errp))) {
        s->after_reset.notify = loader_after_reset;
        machine_add_reset_done_notifier(&s->after_reset);
    }
}

static void loader_unrealize(DeviceState *dev)
{
    notifier_remove(&LOADER(dev)->after_reset);
}

static Property loader_properties[] = {
    DEFINE_PROP_UINT64("addr", LoaderState, addr, NOT_GIVEN),
    DEFINE_PROP_UINT64("data", LoaderState, data, 0),
    DEFINE_PROP_UINT8("data-len", LoaderState, data_len, 0),
    DEFINE_PROP_BOOL("data-be", LoaderState, data_be, false),
    DEFINE_PROP_UINT32("cpu-num", LoaderState, cpu_num, NO_CPU),
    DEFINE_PROP_BOOL("force-raw", LoaderState, force_raw, false),
    DEFINE_PROP_STRING("file", LoaderState, file),
    DEFINE_PROP_END_OF_LIST(),
};

static void loader_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->desc = "a file or a number in memory, a CPU's start";
    dc->realize = loader_realize;
    dc->unrealize = loader_unrealize;
    dc->hotpluggable = false; /* what it loads comes with a reset of the machine */
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    device_class_set_props(dc, loader_properties);
}

static const TypeInfo loader_types[] = {
    {
        .name = TYPE_LOADER,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(LoaderState),
        .class_init = loader_class_init,
    },
};

DEFINE_TYPES(loader_types)
