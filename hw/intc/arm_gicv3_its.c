/*
 * Interrupt translation service of a GICv3: see hw/intc/arm_gicv3_its.h.
 *
 * A message says who sends it (DeviceID) and which of its events it is (EventID). Three tables,
 * which are in the guest's memory and which commands fill, make an interrupt of that:
 *
 *     DeviceID -> device table       -> where the device's own table is, and for how many events
 *     EventID  -> the device's table -> number of the LPI, and a collection
 *     collection -> collection table -> CPU
 *
 * An entry of any of them has 8 bytes; what is in it is our affair:
 *
 *     device      63 valid, 51:8 address, 4:0 bits of EventIDs, less 1: as in the command MAPD
 *     event       63 valid, 47:32 collection, 31:0 number of the LPI
 *     collection  63 valid, 51:16 number of the CPU: as in the command MAPC
 *
 * Commands lie in a ring in memory, and are executed when GITS_CWRITER is written, up to a number
 * at a time: the rest follows a little later. SYNC has nothing to wait for, and the ITS is
 * quiescent whenever it is disabled. Tables and ring are accessed as memory only: where the guest
 * puts them into registers (of this device perhaps), there is none. Of what the architecture allows
 * for commands that make no sense, they are logged and ignored; the ring stalls where memory is
 * missing, until GITS_CWRITER.Retry is written.
 *
 * Reference: Arm Generic Interrupt Controller Architecture Specification, versions 3 and 4 (IHI
 * 0069), chapter 6 (ITS; 6.3 commands), 12.18 (GITS registers).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/qdev-properties.h"
#include "core/register.h"
#include "core/sysbus.h"
#include "gicv3-lpi.h"
#include "hw/intc/arm_gicv3.h"
#include "hw/intc/arm_gicv3_its.h"
#include "hw/intc/intc.h"
#include "qapi/error.h"
#include "qemu/bitops.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "qemu/units.h"
#include "system/address-spaces.h"

OBJECT_DECLARE_SIMPLE_TYPE(ARMGICv3ITS, ARM_GICV3_ITS)

#define LOG_NAME "arm-gicv3-its"

struct ARMGICv3ITS {
    SysBusDevice parent_obj;

    MemoryRegion frames, translation;
    RegisterBlock control;
    QEMUTimer *next;  /* commands */
    DeviceState *gic; /* property */
};

enum {
    CTLR,
    IIDR,
    TYPER,
    CBASER,
    CWRITER,
    CREADR,
    BASER_DEVICES,
    BASER_COLLECTIONS,
    BASER_NONE,
    IDENTIFICATION
};

#define ENTRY_SIZE       8
#define COMMAND_SIZE     32
#define VALID            (1ull << 63)
#define ADDRESS_MASK     0x000ffffffffff000ull /* bits 51 to 12 */

/* So many commands in one go, and so much later the next ones. */
#define COMMANDS_AT_ONCE 64
#define PAUSE_NS         10000

enum { CTLR_ENABLED = 1u << 0, CTLR_QUIESCENT = 1u << 31 };
enum {
    CWRITER_RETRY = 1,
    CREADR_STALLED = 1,
    RING_OFFSET = 0xfffe0,
    RING_PAGES = 0xff,
    RING_PAGE = 4 * KiB
};

/* DeviceIDs, EventIDs and collections have 16 bits; a collection's target is a CPU's number;
 * entries of 8 bytes. */
#define DEVICE_BITS     16
#define EVENT_BITS      16
#define COLLECTION_BITS 16
#define TYPER_VALUE                                                                                \
    (1ull | (ENTRY_SIZE - 1) << 4 | (EVENT_BITS - 1) << 8 | (DEVICE_BITS - 1) << 13 |              \
     (uint64_t)(COLLECTION_BITS - 1) << 32 | 1ull << 36)

/* GITS_BASER: cacheability is stored, and means nothing here. */
#define BASER_INDIRECT     (1ull << 62)
#define BASER_WRITABLE     0xf8e0ffffffffffffull
#define BASER_RESET(type)  ((type) << 56 | (ENTRY_SIZE - 1ull) << 48)
#define BASER_PAGE_SIZE(b) extract64(b, 8, 2) /* 4, 16, 64 KiB */
#define TYPE_DEVICES       1ull
#define TYPE_COLLECTIONS   4ull
#define CBASER_WRITABLE    0xb8effffffffffcffull

/* ---- Memory: functions return what is wrong, NULL: nothing ---- */

static const char no_memory[] = "there is no memory at its place in a table";

static const MemTxAttrs as_memory = { .memory = 1 };

static const char *load(hwaddr place, uint64_t *value)
{
    MemTxResult result;

    *value = address_space_ldq_le(&address_space_memory, place, as_memory, &result);
    return result == MEMTX_OK ? NULL : no_memory;
}

static const char *store(hwaddr place, uint64_t value)
{
    MemTxResult result;

    address_space_stq_le(&address_space_memory, place, value, as_memory, &result);
    return result == MEMTX_OK ? NULL : no_memory;
}

/* ---- Tables ---- */

/* The entry of a table that GITS_BASERn describes, which has one level or two. */
static const char *find_entry(ARMGICv3ITS *s, unsigned row, uint32_t id, hwaddr *place)
{
    uint64_t base = register_get(&s->control, row), first, next;
    uint64_t page = 4 * KiB << 2 * MIN(BASER_PAGE_SIZE(base), 2), in_page = page / ENTRY_SIZE;
    uint64_t entries = ((base & 0xff) + 1) * in_page;
    const char *trouble;

    first = base & MAKE_64BIT_MASK(12, 36) & -page;
    if (page == 64 * KiB) {
        first |= extract64(base, 12, 4) << 48;
    }
    if (!(base & VALID)) {
        return "there is no table for it";
    }
    if ((base & BASER_INDIRECT ? id / in_page : id) >= entries) {
        return "it is beyond its table's end";
    }
    if (!(base & BASER_INDIRECT)) {
        *place = first + (uint64_t)id * ENTRY_SIZE;
        return NULL;
    }
    trouble = load(first + id / in_page * ENTRY_SIZE, &next);
    if (!trouble && !(next & VALID)) {
        return "its table has no page there";
    }
    *place = (next & ADDRESS_MASK & -page) + id % in_page * ENTRY_SIZE;
    return trouble;
}

static const char *find_device(ARMGICv3ITS *s, uint32_t device, hwaddr *place)
{
    return device >> DEVICE_BITS ? "DeviceIDs have 16 bits"
                                 : find_entry(s, BASER_DEVICES, device, place);
}

/* Where the event's entry is, mapped or not. */
static const char *find_event(ARMGICv3ITS *s, uint32_t device, uint32_t event, hwaddr *place)
{
    hwaddr device_place;
    uint64_t entry;
    const char *trouble = find_device(s, device, &device_place);

    trouble = trouble ? trouble : load(device_place, &entry);
    if (trouble) {
        return trouble;
    }
    if (!(entry & VALID)) {
        return "the device isn't mapped";
    }
    if ((uint64_t)event >> (extract64(entry, 0, 5) + 1)) {
        return "the EventID is beyond the device's";
    }
    *place = (entry & MAKE_64BIT_MASK(8, 44)) + (uint64_t)event * ENTRY_SIZE;
    return NULL;
}

static const char *find_cpu(ARMGICv3ITS *s, uint16_t collection, unsigned *cpu)
{
    hwaddr place;
    uint64_t entry;
    const char *trouble = find_entry(s, BASER_COLLECTIONS, collection, &place);

    trouble = trouble ? trouble : load(place, &entry);
    if (trouble) {
        return trouble;
    }
    *cpu = extract64(entry, 16, 32);
    return !(entry & VALID)                     ? "the collection isn't mapped"
           : *cpu >= arm_gicv3_num_cpus(s->gic) ? "the collection's entry names no CPU"
                                                : NULL;
}

typedef struct Mapping {
    hwaddr place; /* of the event's entry */
    uint32_t irq;
    unsigned cpu;
} Mapping;

static const char *find_mapping(ARMGICv3ITS *s, uint32_t device, uint32_t event, Mapping *m)
{
    uint64_t entry;
    const char *trouble = find_event(s, device, event, &m->place);

    trouble = trouble ? trouble : load(m->place, &entry);
    if (trouble) {
        return trouble;
    }
    m->irq = (uint32_t)entry;
    return entry & VALID ? find_cpu(s, extract64(entry, 32, 16), &m->cpu)
                         : "the event isn't mapped";
}

/* ---- Commands, of four words ---- */

static uint32_t device_of(const uint64_t *c)
{
    return c[0] >> 32;
}

static uint32_t event_of(const uint64_t *c)
{
    return (uint32_t)c[1];
}

static uint16_t collection_of(const uint64_t *c)
{
    return (uint16_t)c[2];
}

static const char *target_of(ARMGICv3ITS *s, uint64_t word, unsigned *cpu)
{
    uint64_t target = extract64(word, 16, 36);

    *cpu = (unsigned)target;
    return target < arm_gicv3_num_cpus(s->gic) ? NULL : "there is no CPU of that number";
}

static const char *map_device(ARMGICv3ITS *s, const uint64_t *c)
{
    unsigned size = extract64(c[1], 0, 5);
    hwaddr place;
    const char *trouble = find_device(s, device_of(c), &place);

    if (trouble) {
        return trouble;
    }
    if (!(c[2] & VALID)) {
        return store(place, 0);
    }
    return size >= EVENT_BITS ? "EventIDs have at most 16 bits"
                              : store(place, (c[2] & (VALID | MAKE_64BIT_MASK(8, 44))) | size);
}

static const char *map_collection(ARMGICv3ITS *s, const uint64_t *c)
{
    bool valid = c[2] & VALID;
    unsigned cpu;
    hwaddr place;
    const char *trouble = find_entry(s, BASER_COLLECTIONS, collection_of(c), &place);

    trouble = trouble || !valid ? trouble : target_of(s, c[2], &cpu);
    return trouble ? trouble : store(place, valid ? VALID | (uint64_t)cpu << 16 : 0);
}

static const char *map_event_to(ARMGICv3ITS *s, const uint64_t *c, uint32_t irq)
{
    hwaddr place, collection_place;
    const char *trouble = find_event(s, device_of(c), event_of(c), &place);

    trouble =
        trouble ? trouble : find_entry(s, BASER_COLLECTIONS, collection_of(c), &collection_place);
    if (trouble) {
        return trouble;
    }
    return irq < GIC_FIRST_LPI || irq >= GIC_LPI_END
               ? "no LPI has that number"
               : store(place, VALID | (uint64_t)collection_of(c) << 32 | irq);
}

static const char *map_event(ARMGICv3ITS *s, const uint64_t *c)
{
    return map_event_to(s, c, c[1] >> 32);
}

static const char *map_event_as_it_is(ARMGICv3ITS *s, const uint64_t *c)
{
    return map_event_to(s, c, event_of(c));
}

/* The event goes to another collection; if it is pending, that goes with it. */
static const char *move_event(ARMGICv3ITS *s, const uint64_t *c)
{
    unsigned cpu;
    Mapping m;
    const char *trouble = find_mapping(s, device_of(c), event_of(c), &m);

    trouble = trouble ? trouble : find_cpu(s, collection_of(c), &cpu);
    trouble = trouble ? trouble : store(m.place, VALID | (uint64_t)collection_of(c) << 32 | m.irq);
    if (!trouble && cpu != m.cpu && arm_gicv3_lpi_is_pending(s->gic, m.cpu, m.irq)) {
        arm_gicv3_set_lpi(s->gic, m.cpu, m.irq, false);
        arm_gicv3_set_lpi(s->gic, cpu, m.irq, true);
    }
    return trouble;
}

static const char *move_all(ARMGICv3ITS *s, const uint64_t *c)
{
    unsigned from, to;
    const char *trouble = target_of(s, c[2], &from);

    trouble = trouble ? trouble : target_of(s, c[3], &to);
    if (!trouble) {
        arm_gicv3_move_lpis(s->gic, from, to);
    }
    return trouble;
}

static const char *set_pending(ARMGICv3ITS *s, uint32_t device, uint32_t event, bool pending)
{
    Mapping m;
    const char *trouble = find_mapping(s, device, event, &m);

    if (!trouble) {
        arm_gicv3_set_lpi(s->gic, m.cpu, m.irq, pending);
    }
    return trouble;
}

static const char *interrupt(ARMGICv3ITS *s, const uint64_t *c)
{
    return set_pending(s, device_of(c), event_of(c), true);
}

static const char *clear(ARMGICv3ITS *s, const uint64_t *c)
{
    return set_pending(s, device_of(c), event_of(c), false);
}

static const char *discard(ARMGICv3ITS *s, const uint64_t *c)
{
    Mapping m;
    const char *trouble = find_mapping(s, device_of(c), event_of(c), &m);

    trouble = trouble ? trouble : store(m.place, 0);
    if (!trouble) {
        arm_gicv3_set_lpi(s->gic, m.cpu, m.irq, false);
    }
    return trouble;
}

static const char *invalidate(ARMGICv3ITS *s, const uint64_t *c)
{
    Mapping m;
    const char *trouble = find_mapping(s, device_of(c), event_of(c), &m);

    if (!trouble) {
        arm_gicv3_invalidate_lpi(s->gic, m.cpu, m.irq);
    }
    return trouble;
}

static const char *invalidate_all(ARMGICv3ITS *s, const uint64_t *c)
{
    unsigned cpu;
    const char *trouble = find_cpu(s, collection_of(c), &cpu);

    if (!trouble) {
        arm_gicv3_invalidate_lpis(s->gic, cpu);
    }
    return trouble;
}

static const char *synchronize(ARMGICv3ITS *s, const uint64_t *c)
{
    unsigned cpu;

    return target_of(s, c[2], &cpu);
}

static const struct {
    const char *name;
    const char *(*execute)(ARMGICv3ITS *s, const uint64_t *c);
} commands[] = {
    [0x01] = { "MOVI", move_event }, [0x03] = { "INT", interrupt },
    [0x04] = { "CLEAR", clear },     [0x05] = { "SYNC", synchronize },
    [0x08] = { "MAPD", map_device }, [0x09] = { "MAPC", map_collection },
    [0x0a] = { "MAPTI", map_event }, [0x0b] = { "MAPI", map_event_as_it_is },
    [0x0c] = { "INV", invalidate },  [0x0d] = { "INVALL", invalidate_all },
    [0x0e] = { "MOVALL", move_all }, [0x0f] = { "DISCARD", discard },
};

/* ---- The ring ---- */

static const char *execute(ARMGICv3ITS *s, hwaddr place)
{
    uint64_t c[COMMAND_SIZE / 8] = { 0 };
    const char *trouble = NULL, *name = "a command";
    unsigned code;

    for (size_t i = 0; !trouble && i < ARRAY_SIZE(c); i++) {
        trouble = load(place + 8 * i, &c[i]);
    }
    code = c[0] & 0xff;
    if (!trouble && (code >= ARRAY_SIZE(commands) || !commands[code].name)) {
        trouble = "there is no such command";
    } else if (!trouble) {
        name = commands[code].name;
        trouble = commands[code].execute(s, c);
    }
    if (trouble) {
        qemu_log_dev(LOG_GUEST_ERROR, LOG_NAME, name,
                     "%016" PRIx64 " %016" PRIx64 " %016" PRIx64 " %016" PRIx64
                     " at 0x%" HWADDR_PRIx ": %s",
                     c[0], c[1], c[2], c[3], place, trouble);
    }
    return trouble;
}

static void execute_commands(void *opaque)
{
    ARMGICv3ITS *s = opaque;
    uint64_t ring = register_get(&s->control, CBASER);
    uint32_t size = ((ring & RING_PAGES) + 1) * RING_PAGE;
    uint32_t write = register_get(&s->control, CWRITER) & RING_OFFSET;
    uint32_t read = register_get(&s->control, CREADR) & RING_OFFSET;

    if (!(register_get(&s->control, CTLR) & CTLR_ENABLED) || !(ring & VALID) ||
        (register_get(&s->control, CREADR) & CREADR_STALLED)) {
        return;
    }
    if (write >= size) {
        qemu_log_dev(LOG_GUEST_ERROR, LOG_NAME, "GITS_CWRITER",
                     "0x%x is beyond the ring of 0x%x bytes", write, size);
        return;
    }
    for (unsigned i = 0; read != write; i++) {
        if (i == COMMANDS_AT_ONCE) {
            timer_mod(s->next, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + PAUSE_NS);
            break;
        }
        if (execute(s, (ring & ADDRESS_MASK) + read) == no_memory) {
            read |= CREADR_STALLED;
            break;
        }
        read = (read + COMMAND_SIZE) % size;
    }
    register_set(&s->control, CREADR, read);
}

/* ---- Registers ---- */

static uint64_t write_control(RegisterBlock *block, const Register *reg, uint64_t value)
{
    return value & CTLR_ENABLED ? CTLR_ENABLED : CTLR_QUIESCENT;
}

static void control_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    execute_commands(ARM_GICV3_ITS(block->owner));
}

/* Where tables and ring are isn't changed while they are in use. */
static uint64_t write_base(RegisterBlock *block, const Register *reg, uint64_t value)
{
    uint64_t stored = *register_value(block, reg);

    if (register_get(block, CTLR) & CTLR_ENABLED) {
        qemu_log_dev(LOG_GUEST_ERROR, LOG_NAME, reg->name,
                     "written while GITS_CTLR.Enabled is 1: ignored");
        return stored;
    }
    return (stored & ~reg->writable) | (value & reg->writable);
}

static void ring_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    if (!(register_get(block, CTLR) & CTLR_ENABLED)) {
        register_set(block, CREADR, 0);
    }
}

static void end_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    if (value & CWRITER_RETRY) {
        register_set(block, CREADR, register_get(block, CREADR) & ~(uint64_t)CREADR_STALLED);
    }
    execute_commands(ARM_GICV3_ITS(block->owner));
}

static uint64_t read_identification(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    return arm_gicv3_identification(block->index, ARM_GICV3_FRAME_ITS);
}

static const Register its_registers[] = {
    [CTLR] = { "GITS_CTLR", .offset = 0x0000, .size = 4, .reset = CTLR_QUIESCENT,
               .write = write_control, .written = control_written },
    [IIDR] = { "GITS_IIDR", .offset = 0x0004, .size = 4, .reset = ARM_GICV3_IIDR,
               .read_only = true },
    [TYPER] = { "GITS_TYPER", .offset = 0x0008, .size = 8, .reset = TYPER_VALUE,
                .read_only = true },
    [CBASER] = { "GITS_CBASER", .offset = 0x0080, .size = 8, .writable = CBASER_WRITABLE,
                 .write = write_base, .written = ring_written },
    [CWRITER] = { "GITS_CWRITER", .offset = 0x0088, .size = 8, .writable = RING_OFFSET,
                  .written = end_written },
    [CREADR] = { "GITS_CREADR", .offset = 0x0090, .size = 8, .read_only = true },
    [BASER_DEVICES] = { "GITS_BASER0", .offset = 0x0100, .size = 8,
                        .reset = BASER_RESET(TYPE_DEVICES), .writable = BASER_WRITABLE,
                        .write = write_base },
    [BASER_COLLECTIONS] = { "GITS_BASER1", .offset = 0x0108, .size = 8,
                            .reset = BASER_RESET(TYPE_COLLECTIONS), .writable = BASER_WRITABLE,
                            .write = write_base },
    [BASER_NONE] = { "GITS_BASER2+", .offset = 0x0110, .size = 8, .count = 6 },
    [IDENTIFICATION] = { "GITS_PIDR4+", .offset = ARM_GICV3_IDENTIFICATION, .size = 4, .count = 12,
                         .read_only = true, .read = read_identification },
};

/* ---- Messages ---- */

enum { GITS_TRANSLATER = 0x40 };

static MemTxResult translation_read(void *opaque, hwaddr offset, uint64_t *value, unsigned size,
                                    MemTxAttrs attrs)
{
    *value = 0;
    return MEMTX_OK;
}

/* A CPU that writes there is device 0. */
static MemTxResult translation_write(void *opaque, hwaddr offset, uint64_t value, unsigned size,
                                     MemTxAttrs attrs)
{
    ARMGICv3ITS *s = opaque;
    const char *trouble = offset != GITS_TRANSLATER ? "no register is there"
                          : !(register_get(&s->control, CTLR) & CTLR_ENABLED)
                              ? "the ITS is disabled"
                              : NULL;

    trouble = trouble ? trouble : set_pending(s, attrs.requester_id, value, true);
    if (trouble) {
        qemu_log_dev(LOG_GUEST_ERROR, LOG_NAME, "GITS_TRANSLATER",
                     "event 0x%" PRIx64 " of device 0x%x (offset 0x%" HWADDR_PRIx ") is lost: %s",
                     value, attrs.requester_id, offset, trouble);
    }
    return MEMTX_OK;
}

static const MemoryRegionOps translation_ops = {
    .read_with_attrs = translation_read,
    .write_with_attrs = translation_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 2, .max_access_size = 4 },
    .impl = { .min_access_size = 2, .max_access_size = 4 },
};

/* ---- The device ---- */

static void its_print_info(InterruptStatsProvider *obj, GString *text)
{
    const ARMGICv3ITS *s = ARM_GICV3_ITS(obj);
    uint64_t read = register_get(&s->control, CREADR);

    g_string_append_printf(text, "its: %s, commands at %016" PRIx64 ": read up to %05x of %05x%s\n",
                           register_get(&s->control, CTLR) & CTLR_ENABLED ? "enabled" : "disabled",
                           (uint64_t)(register_get(&s->control, CBASER) & ADDRESS_MASK),
                           (unsigned)(read & RING_OFFSET),
                           (unsigned)register_get(&s->control, CWRITER),
                           read & CREADR_STALLED ? ", stalled" : "");
    g_string_append_printf(
        text, "its: devices' table %016" PRIx64 ", collections' table %016" PRIx64 "\n",
        register_get(&s->control, BASER_DEVICES), register_get(&s->control, BASER_COLLECTIONS));
}

static void its_reset(DeviceState *dev)
{
    ARMGICv3ITS *s = ARM_GICV3_ITS(dev);

    timer_del(s->next);
    register_block_reset(&s->control);
}

static void its_realize(DeviceState *dev, Error **errp)
{
    ARMGICv3ITS *s = ARM_GICV3_ITS(dev);

    if (!s->gic || !object_property_get_bool(OBJECT(s->gic), "has-lpi", errp)) {
        error_setg(errp, "parent-gicv3: expected a %s with has-lpi=on", TYPE_ARM_GICV3);
    }
}

static void its_init(Object *obj)
{
    ARMGICv3ITS *s = ARM_GICV3_ITS(obj);

    memory_region_init(&s->frames, obj, "gicv3_its", ARM_GICV3_ITS_SIZE);
    register_block_init(&s->control, DEVICE(obj), "control", its_registers,
                        ARRAY_SIZE(its_registers), DEVICE_LITTLE_ENDIAN, ARM_GICV3_ITS_TRANSLATION);
    s->control.name = LOG_NAME;
    memory_region_init_io(&s->translation, obj, &translation_ops, s, "translation",
                          ARM_GICV3_ITS_SIZE - ARM_GICV3_ITS_TRANSLATION);
    memory_region_add_subregion(&s->frames, 0, &s->control.mmio);
    memory_region_add_subregion(&s->frames, ARM_GICV3_ITS_TRANSLATION, &s->translation);
    sysbus_init_mmio(SYS_BUS_DEVICE(obj), &s->frames);
    s->next = timer_new_ns(QEMU_CLOCK_VIRTUAL, execute_commands, s);
}

static void its_finalize(Object *obj)
{
    timer_free(ARM_GICV3_ITS(obj)->next);
    register_block_finalize(&ARM_GICV3_ITS(obj)->control);
}

static const VMStateDescription vmstate_its = {
    .name = TYPE_ARM_GICV3_ITS,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_REGISTER_BLOCK(control, ARMGICv3ITS),
            VMSTATE_TIMER_PTR(next, ARMGICv3ITS),
            VMSTATE_END_OF_LIST(),
        },
};

static Property its_properties[] = {
    DEFINE_PROP_LINK("parent-gicv3", ARMGICv3ITS, gic, TYPE_ARM_GICV3, DeviceState *),
    DEFINE_PROP_END_OF_LIST(),
};

static const DeviceTraits its_traits = {
    .desc = "Arm GICv3 interrupt translation service (messages become LPIs)",
    .realize = its_realize,
    .reset = its_reset,
    .state = &vmstate_its,
    .properties = its_properties,
    .board_only = true, /* it belongs to a GIC */
};

static void its_class_init(ObjectClass *oc, void *data)
{
    device_class_init_traits(oc, data);
    INTERRUPT_STATS_PROVIDER_CLASS(oc)->print_info = its_print_info;
}

static const TypeInfo its_types[] = {
    {
        .name = TYPE_ARM_GICV3_ITS,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(ARMGICv3ITS),
        .instance_init = its_init,
        .instance_finalize = its_finalize,
        .class_init = its_class_init,
        .class_data = (void *)&its_traits,
        .interfaces = (InterfaceInfo[]){ { TYPE_INTERRUPT_STATS_PROVIDER }, { NULL } },
    },
};

DEFINE_TYPES(its_types)
