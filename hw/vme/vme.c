/*
 * VMEbus: address modifiers, data cycles, interrupt levels and the acknowledge daisy chain.
 *
 * Reference: ANSI/VITA 1-1994, VME64: table 2-3 (address modifiers), chapters 2 (data transfer) and
 * 4 (interrupts).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "hw/vme/vme.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/module.h"

/* --- address modifiers --- */

typedef struct SpaceInfo {
    const char *name;
    uint64_t size;
    /* Modifier for each kind, user mode first; 0: the space has no such kind. */
    uint8_t data[2], program[2], block[2], mblock[2];
} SpaceInfo;

static const SpaceInfo spaces[VME_NUM_SPACES] = {
    [VME_A16] = { "a16", 1ULL << 16, { 0x29, 0x2d }, { 0 }, { 0 }, { 0 } },
    [VME_A24] = { "a24", 1ULL << 24, { 0x39, 0x3d }, { 0x3a, 0x3e }, { 0x3b, 0x3f },
                  { 0x38, 0x3c } },
    [VME_A32] = { "a32", 1ULL << 32, { 0x09, 0x0d }, { 0x0a, 0x0e }, { 0x0b, 0x0f },
                  { 0x08, 0x0c } },
    [VME_CRCSR] = { "crcsr", 1ULL << 24, { 0x2f, 0x2f }, { 0 }, { 0 }, { 0 } },
};

static const uint8_t *modifiers_of(const SpaceInfo *space, uint8_t kinds)
{
    const uint8_t *row = kinds & VME_MBLOCK  ? space->mblock
                         : kinds & VME_BLOCK ? space->block
                         : kinds & VME_PROGRAM ? space->program
                                               : space->data;

    return row[0] ? row : space->data;
}

uint8_t vme_am(VMESpace space, uint8_t kinds)
{
    g_assert(space < VME_NUM_SPACES);
    return modifiers_of(&spaces[space], kinds)[!!(kinds & VME_SUPERVISOR)];
}

VMEModifier vme_modifier(uint8_t am)
{
    static const uint8_t kinds[] = { VME_DATA, VME_PROGRAM, VME_BLOCK, VME_MBLOCK };

    if (am == spaces[VME_CRCSR].data[0]) {
        return (VMEModifier){ VME_CRCSR, VME_DATA | VME_USER_MODE | VME_SUPERVISOR };
    }
    for (VMESpace space = VME_A16; space < VME_CRCSR; space++) {
        for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
            const uint8_t *row = modifiers_of(&spaces[space], kinds[i]);

            if (row[0] == am) {
                return (VMEModifier){ space, kinds[i] | VME_USER_MODE };
            } else if (row[1] == am) {
                return (VMEModifier){ space, kinds[i] | VME_SUPERVISOR };
            }
        }
    }
    return (VMEModifier){ am >= 0x10 && am <= 0x1f ? VME_USER : VME_RESERVED, 0 };
}

const char *vme_space_name(VMESpace space)
{
    return space < VME_NUM_SPACES ? spaces[space].name : "user";
}

bool vme_space_parse(const char *name, VMESpace *space)
{
    for (VMESpace i = VME_A16; i < VME_NUM_SPACES; i++) {
        if (!g_ascii_strcasecmp(name, spaces[i].name)) {
            *space = i;
            return true;
        }
    }
    return false;
}

uint64_t vme_space_size(VMESpace space)
{
    return space < VME_NUM_SPACES ? spaces[space].size : 0;
}

/* --- who answers --- */

#define KINDS_OF_ACCESS (VME_DATA | VME_PROGRAM | VME_BLOCK | VME_MBLOCK)

static bool slave_takes(const VMESlave *slave, VMEModifier modifier, uint32_t addr, uint32_t len)
{
    return slave->size && slave->space == modifier.space && addr >= slave->base &&
           addr - slave->base < slave->size && len <= slave->size - (addr - slave->base) &&
           (modifier.kinds & slave->kinds & KINDS_OF_ACCESS) &&
           (modifier.kinds & slave->kinds & (VME_USER_MODE | VME_SUPERVISOR));
}

static VMESlave *find_slave(VMEBus *bus, uint8_t am, uint32_t addr, uint32_t len)
{
    VMEModifier modifier = vme_modifier(am);

    for (int slot = 1; slot <= VME_SLOTS; slot++) {
        VMEDevice *dev = bus->slots[slot];

        for (unsigned i = 0; dev && i < dev->slaves->len; i++) {
            VMESlave *slave = g_ptr_array_index(dev->slaves, i);

            if (slave_takes(slave, modifier, addr, len)) {
                return slave;
            }
        }
    }
    return NULL;
}

/* The next board after `slot` that answers for what is behind it. */
static VMEDevice *next_remote(VMEBus *bus, int *slot)
{
    while (++*slot <= VME_SLOTS) {
        VMEDevice *dev = bus->slots[*slot];

        if (dev && dev->remote) {
            return dev;
        }
    }
    return NULL;
}

/*
 * Asks the boards that stand for another crate. They wait for its answer; meanwhile, what comes
 * from there has the bus here, or two that ask each other would both wait in vain.
 */
static bool remote_cycle(VMEBus *bus, VMECycle *cycle)
{
    VMEDevice *remote;
    bool ok = false;
    int slot = 0;

    bus->busy = false;
    while (!ok && (remote = next_remote(bus, &slot))) {
        ok = VME_DEVICE_GET_CLASS(remote)->cycle(remote, cycle);
    }
    bus->busy = true;
    return ok;
}

static bool remote_block(VMEBus *bus, uint8_t am, uint32_t addr, uint8_t *buf, uint32_t len,
                         bool write)
{
    VMEDevice *remote;
    bool ok = false;
    int slot = 0;

    bus->busy = false;
    while (!ok && (remote = next_remote(bus, &slot))) {
        ok = VME_DEVICE_GET_CLASS(remote)->block(remote, am, addr, buf, len, write);
    }
    bus->busy = true;
    return ok;
}

static uint64_t low_bytes(uint64_t value, unsigned size)
{
    return size == 8 ? value : value & ((1ULL << (8 * size)) - 1);
}

static bool do_cycle(VMEBus *bus, VMEDevice *master, VMECycle *cycle)
{
    VMESlave *slave = find_slave(bus, cycle->am, cycle->addr, cycle->size);
    bool ok;

    if (slave) {
        ok = (slave->widths & cycle->size) &&
             slave->cycle(slave->opaque, cycle->addr - slave->base, cycle);
    } else {
        ok = !master->remote && remote_cycle(bus, cycle);
    }
    cycle->data = low_bytes(cycle->data, cycle->size);
    return ok;
}

static bool take_bus(VMEBus *bus)
{
    bool free = !bus->busy;

    bus->busy = true;
    return free;
}

/*
 * Tells all boards that lines have changed. Not during a cycle, so that they may do one: then when
 * it ends. A hook may change lines itself: everybody is told once more when all have been told.
 */
static void tell_boards(VMEBus *bus)
{
    if (bus->busy || bus->telling) {
        return;
    }
    bus->telling = true;
    while (bus->lines_stale) {
        bus->lines_stale = false;
        for (int slot = 1; slot <= VME_SLOTS; slot++) {
            VMEDevice *dev = bus->slots[slot];

            if (dev && VME_DEVICE_GET_CLASS(dev)->lines_changed) {
                VME_DEVICE_GET_CLASS(dev)->lines_changed(dev);
            }
        }
    }
    bus->telling = false;
}

static void release_bus(VMEBus *bus)
{
    bus->busy = false;
    tell_boards(bus);
}

bool vme_cycle(VMEDevice *master, VMECycle *cycle)
{
    VMEBus *bus = vme_bus_of(master);
    bool ok;

    if (!take_bus(bus)) {
        return false;
    }
    ok = do_cycle(bus, master, cycle);
    release_bus(bus);
    return ok;
}

bool vme_read_modify_write(VMEDevice *master, VMECycle *cycle,
                           bool (*decide)(void *opaque, VMECycle *cycle), void *opaque)
{
    VMEBus *bus = vme_bus_of(master);
    bool ok;

    if (!take_bus(bus)) {
        return false;
    }
    cycle->write = false;
    ok = do_cycle(bus, master, cycle);
    if (ok && decide(opaque, cycle)) {
        cycle->write = true;
        ok = do_cycle(bus, master, cycle);
    }
    release_bus(bus);
    return ok;
}

/* False: there is nobody who takes blocks in one go, or it failed. */
static bool do_block(VMEBus *bus, VMEDevice *master, uint8_t am, uint32_t addr, uint8_t *buf,
                     uint32_t len, bool write)
{
    VMESlave *slave = find_slave(bus, am, addr, len);

    if (slave) {
        return slave->block && slave->block(slave->opaque, addr - slave->base, am, buf, len, write);
    }
    return !find_slave(bus, am, addr, 1) && !master->remote &&
           remote_block(bus, am, addr, buf, len, write);
}

/* The widest cycle that the address and what is left allow. */
static unsigned cycle_size(uint32_t addr, uint32_t left, unsigned width)
{
    unsigned size = width;

    while (size > 1 && (addr % size || size > left)) {
        size /= 2;
    }
    return size;
}

uint32_t vme_transfer(VMEDevice *master, uint8_t am, uint32_t addr, uint8_t *buf, uint32_t len,
                      unsigned width, bool write)
{
    VMEBus *bus = vme_bus_of(master);
    uint32_t at = 0;

    if (!take_bus(bus)) {
        return 0;
    }
    if ((vme_modifier(am).kinds & (VME_BLOCK | VME_MBLOCK)) &&
        do_block(bus, master, am, addr, buf, len, write)) {
        at = len;
    }
    /* Also to find out how far a block goes that has failed as a whole. */
    while (at < len) {
        VMECycle cycle = { .addr = addr + at, .am = am, .write = write,
                           .size = (uint8_t)cycle_size(addr + at, len - at, width) };

        if (write) {
            cycle.data = ldn_be_p(buf + at, cycle.size);
        }
        if (!do_cycle(bus, master, &cycle)) {
            break;
        }
        if (!write) {
            stn_be_p(buf + at, cycle.size, cycle.data);
        }
        at += cycle.size;
    }
    release_bus(bus);
    return at;
}

/* --- interrupts and lines --- */

static void lines_have_changed(VMEBus *bus)
{
    bus->lines_stale = true;
    tell_boards(bus);
}

void vme_set_irq_levels(VMEDevice *dev, uint8_t levels)
{
    levels &= 0xfe;
    if (levels != dev->irq_levels) {
        dev->irq_levels = levels;
        lines_have_changed(vme_bus_of(dev));
    }
}

void vme_set_lines(VMEDevice *dev, uint8_t lines)
{
    if (lines != dev->lines) {
        dev->lines = lines;
        lines_have_changed(vme_bus_of(dev));
    }
}

void vme_look_at_lines(VMEDevice *dev)
{
    lines_have_changed(vme_bus_of(dev));
}

typedef struct AllLines {
    uint8_t irq_levels;
    uint8_t lines;
} AllLines;

static AllLines all_lines(VMEDevice *asking)
{
    VMEBus *bus = vme_bus_of(asking);
    AllLines all = { 0 };

    for (int slot = 1; slot <= VME_SLOTS; slot++) {
        VMEDevice *dev = bus->slots[slot];

        if (dev && !(asking->remote && dev->remote)) {
            all.irq_levels |= dev->irq_levels;
            all.lines |= dev->lines;
        }
    }
    return all;
}

uint8_t vme_irq_levels(VMEDevice *asking)
{
    return all_lines(asking).irq_levels;
}

uint8_t vme_lines(VMEDevice *asking)
{
    return all_lines(asking).lines;
}

bool vme_iack(VMEDevice *handler, int level, uint8_t *statid)
{
    VMEBus *bus = vme_bus_of(handler);
    bool ok = false;

    if (!take_bus(bus)) {
        return false;
    }
    for (int slot = 1; slot <= VME_SLOTS; slot++) {
        VMEDevice *dev = bus->slots[slot];

        if (dev && (dev->irq_levels & (1 << level)) && !(handler->remote && dev->remote)) {
            bus->busy = !dev->remote;
            ok = VME_DEVICE_GET_CLASS(dev)->iack &&
                 VME_DEVICE_GET_CLASS(dev)->iack(dev, level, statid);
            break;
        }
    }
    release_bus(bus);
    return ok;
}

void vme_sysreset(VMEDevice *dev)
{
    VMEBus *bus = vme_bus_of(dev);

    for (int slot = 1; slot <= VME_SLOTS; slot++) {
        VMEDevice *board = bus->slots[slot];

        if (board && VME_DEVICE_GET_CLASS(board)->sysreset && !(dev->remote && board->remote)) {
            VME_DEVICE_GET_CLASS(board)->sysreset(board);
        }
    }
}

/* --- boards and bus --- */

VMEBus *vme_bus_new(DeviceState *parent, const char *name)
{
    return VME_BUS(qbus_new(TYPE_VME_BUS, parent, name));
}

VMEBus *vme_bus_of(const VMEDevice *dev)
{
    return VME_BUS(qdev_get_parent_bus(&dev->qdev));
}

bool vme_slave_place(VMESlave *slave, const char *card, const char *space, uint64_t addr,
                     uint64_t size, Error **errp)
{
    VMESpace found;

    if (!space || !vme_space_parse(space, &found)) {
        error_setg(errp, "%s: space=%s: expected a16, a24, a32 or crcsr", card, space ? space : "");
        return false;
    }
    if (!size) {
        error_setg(errp, "%s: 'size' must be given", card);
        return false;
    }
    if (addr >= vme_space_size(found) || size > vme_space_size(found) - addr) {
        error_setg(errp, "%s: addr=0x%" PRIx64 " and size=0x%" PRIx64 " reach past the end of %s",
                   card, addr, size, vme_space_name(found));
        return false;
    }
    *slave = (VMESlave){ .space = found, .kinds = VME_ANY, .widths = VME_ALL_WIDTHS,
                         .base = (uint32_t)addr, .size = size };
    return true;
}

bool vme_slave_limit_width(VMESlave *slave, const char *card, unsigned bits, Error **errp)
{
    if (bits != 8 && bits != 16 && bits != 32 && bits != 64) {
        error_setg(errp, "%s: width=%u: expected 8, 16, 32 or 64", card, bits);
        return false;
    }
    slave->widths = (uint8_t)(bits / 4 - 1);
    return true;
}

void vme_add_slave(VMEDevice *dev, VMESlave *slave)
{
    g_ptr_array_add(dev->slaves, slave);
}

static bool take_slot(VMEBus *bus, VMEDevice *dev, Error **errp)
{
    int slot = dev->slot;

    if (!slot) {
        while (++slot <= VME_SLOTS && bus->slots[slot]) {
        }
        if (slot > VME_SLOTS) {
            error_setg(errp, "VME: all %d slots of the crate are in use", VME_SLOTS);
            return false;
        }
    } else if (slot > VME_SLOTS) {
        error_setg(errp, "VME: slot %d doesn't exist, a crate has slots 1 to %d", slot, VME_SLOTS);
        return false;
    } else if (bus->slots[slot]) {
        error_setg(errp, "VME: slot %d is in use by %s", slot,
                   object_get_typename(OBJECT(bus->slots[slot])));
        return false;
    }
    dev->slot = (uint8_t)slot;
    bus->slots[slot] = dev;
    return true;
}

static void leave_slot(VMEDevice *dev)
{
    vme_set_irq_levels(dev, 0);
    vme_set_lines(dev, 0);
    vme_bus_of(dev)->slots[dev->slot] = NULL;
}

static void board_realize(DeviceState *qdev, Error **errp)
{
    VMEDevice *dev = VME_DEVICE(qdev);
    Error *refusal = NULL;

    if (!take_slot(vme_bus_of(dev), dev, errp)) {
        return;
    }
    if (VME_DEVICE_GET_CLASS(dev)->realize) {
        VME_DEVICE_GET_CLASS(dev)->realize(dev, &refusal);
    }
    if (refusal) {
        leave_slot(dev);
        error_propagate(errp, refusal);
    }
}

static void board_unrealize(DeviceState *qdev)
{
    VMEDevice *dev = VME_DEVICE(qdev);

    leave_slot(dev);
    if (VME_DEVICE_GET_CLASS(dev)->unrealize) {
        VME_DEVICE_GET_CLASS(dev)->unrealize(dev);
    }
}

static void board_instance_init(Object *obj)
{
    VME_DEVICE(obj)->slaves = g_ptr_array_new();
}

static void board_finalize(Object *obj)
{
    g_ptr_array_unref(VME_DEVICE(obj)->slaves);
}

static Property board_properties[] = {
    DEFINE_PROP_UINT8("slot", VMEDevice, slot, 0),
    DEFINE_PROP_END_OF_LIST(),
};

/* --- `info qtree` --- */

static void print_set(FILE *out, const char *title, unsigned set, const char *const *names,
                      size_t n)
{
    fputs(title, out);
    for (size_t i = 0; i < n; i++) {
        if (set & (1u << i)) {
            fprintf(out, " %s", names[i]);
        }
    }
}

/* What the board answers to at the moment, and what it drives. */
static void print_board(FILE *out, DeviceState *qdev, int indent)
{
    static const char *const kinds[] = { "data",   "program", "block",
                                         "mblock", "user",    "supervisor" };
    static const char *const widths[] = { "8", "16", "32", "64" };
    static const char *const levels[] = { "0", "1", "2", "3", "4", "5", "6", "7" };
    static const char *const lines[] = { "SYSFAIL", "ACFAIL" };
    VMEDevice *dev = VME_DEVICE(qdev);

    for (unsigned i = 0; i < dev->slaves->len; i++) {
        const VMESlave *slave = g_ptr_array_index(dev->slaves, i);

        if (slave->size) {
            fprintf(out, "%*s%s %08" PRIx64 "-%08" PRIx64, indent, "", vme_space_name(slave->space),
                    (uint64_t)slave->base, slave->base + slave->size - 1);
            print_set(out, ":", slave->kinds, kinds, G_N_ELEMENTS(kinds));
            print_set(out, ", bits", slave->widths, widths, G_N_ELEMENTS(widths));
            fputc('\n', out);
        }
    }
    if (dev->irq_levels || dev->lines) {
        fprintf(out, "%*sdrives", indent, "");
        print_set(out, "", dev->irq_levels, levels, G_N_ELEMENTS(levels));
        print_set(out, "", dev->lines, lines, G_N_ELEMENTS(lines));
        fputc('\n', out);
    }
}

static void bus_class_init(ObjectClass *klass, void *data)
{
    BUS_CLASS(klass)->print_dev = print_board;
}

static const DeviceTraits board_traits = {
    .bus_type = TYPE_VME_BUS,
    .realize = board_realize,
    .unrealize = board_unrealize,
    .properties = board_properties,
};

static const TypeInfo vme_types[] = {
    { TYPE_VME_BUS, TYPE_BUS, .instance_size = sizeof(VMEBus), .class_init = bus_class_init },
    { TYPE_VME_DEVICE, TYPE_DEVICE, .abstract = true, .instance_size = sizeof(VMEDevice),
      .instance_init = board_instance_init, .instance_finalize = board_finalize,
      .class_size = sizeof(VMEDeviceClass), .class_init = device_class_init_traits,
      .class_data = (void *)&board_traits },
};

DEFINE_TYPES(vme_types)
