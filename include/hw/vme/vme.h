/*
 * VMEbus: one crate's backplane and the boards in it.
 *
 * A master says what it wants in a VMECycle; the address modifier in it names the address space and
 * the kind of access. The slaves of the boards are asked in the order of the slots; the first whose
 * range and modifiers fit answers. Where nobody does, or the one that does says so, the cycle ends
 * with a bus error.
 *
 * Interrupts are seven wired-or levels. A handler acknowledges a level; the acknowledgement passes
 * from slot to slot, and the first board that drives the level gives its status/ID.
 *
 * Numbers on the bus are big-endian: a slave of a little-endian chip swaps.
 *
 * Everything here runs under the big lock.
 *
 * Reference: ANSI/VITA 1-1994, VME64.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_VME_VME_H
#define HW_VME_VME_H

#include "qemu/osdep.h"
#include "hw/qdev-core.h"

#define TYPE_VME_BUS "vme-bus"
OBJECT_DECLARE_SIMPLE_TYPE(VMEBus, VME_BUS)
#define TYPE_VME_DEVICE "vme-device"
OBJECT_DECLARE_TYPE(VMEDevice, VMEDeviceClass, VME_DEVICE)

#define VME_SLOTS  21
#define VME_LEVELS 7

typedef enum VMESpace {
    VME_A16,
    VME_A24,
    VME_A32,
    VME_CRCSR, /* configuration ROM and control/status registers, 24 bits */
    VME_NUM_SPACES,
    VME_USER = VME_NUM_SPACES, /* a user-defined modifier: no slave here knows any */
    VME_RESERVED,
} VMESpace;

/* What a modifier says besides the space; a slave takes a set of these. */
#define VME_DATA       0x01
#define VME_PROGRAM    0x02
#define VME_BLOCK      0x04 /* BLT: 8 to 32 bits at a time */
#define VME_MBLOCK     0x08 /* MBLT: 64 bits at a time */
#define VME_USER_MODE  0x10
#define VME_SUPERVISOR 0x20
#define VME_ANY        0x3f

typedef struct VMEModifier {
    VMESpace space;
    uint8_t kinds; /* one of the first four and one of the last two */
} VMEModifier;

/* What address modifier `am` (6 bits) means. */
VMEModifier vme_modifier(uint8_t am);
/* The modifier for the space and the kinds; where the space has fewer kinds, the one it has. */
uint8_t vme_am(VMESpace space, uint8_t kinds);
/* "a24"; and back, false if there is no such space. */
const char *vme_space_name(VMESpace space);
bool vme_space_parse(const char *name, VMESpace *space);
/* How many bytes the space has. */
uint64_t vme_space_size(VMESpace space);

typedef struct VMECycle {
    uint32_t addr;
    uint8_t am;
    uint8_t size; /* 1, 2, 4, 8 bytes; the address is a multiple of it */
    bool write;
    uint64_t data; /* the low `size` bytes */
} VMECycle;

/*
 * A range of addresses that a board answers to. cycle: offset is from the range's start; false: a
 * bus error. block: a whole block in one go, `len` bytes to or from `buf` in the order of
 * addresses; NULL: it is made of cycles.
 */
typedef struct VMESlave {
    VMESpace space;
    uint8_t kinds;  /* modifiers that it takes, VME_ANY: all */
    uint8_t widths; /* sizes of cycles that it takes, or-ed: 1 | 2 | 4 | 8 */
    uint32_t base;
    uint64_t size;  /* 0: it doesn't answer */
    bool (*cycle)(void *opaque, uint32_t offset, VMECycle *cycle);
    bool (*block)(void *opaque, uint32_t offset, uint8_t am, uint8_t *buf, uint32_t len,
                  bool write);
    void *opaque;
} VMESlave;

#define VME_ALL_WIDTHS 0x0f

/* Lines that any board can pull. */
#define VME_SYSFAIL 0x01
#define VME_ACFAIL  0x02

struct VMEDeviceClass {
    DeviceClass parent_class;

    void (*realize)(VMEDevice *dev, Error **errp);
    void (*unrealize)(VMEDevice *dev);
    /*
     * Where no slave has answered: the device's chance to do so (a cable to another crate).
     * False: a bus error, or not its address.
     */
    bool (*cycle)(VMEDevice *dev, VMECycle *cycle);
    bool (*block)(VMEDevice *dev, uint8_t am, uint32_t addr, uint8_t *buf, uint32_t len,
                  bool write);
    /*
     * The acknowledgement of a level that the device drives. False: a bus error. The device stops
     * driving it, or not, as it likes. Without the hook: a bus error.
     */
    bool (*iack)(VMEDevice *dev, int level, uint8_t *statid);
    /* Somebody's levels or lines have changed: look at vme_irq_levels() and vme_lines(). */
    void (*lines_changed)(VMEDevice *dev);
    /* SYSRESET. */
    void (*sysreset)(VMEDevice *dev);
};

struct VMEDevice {
    DeviceState qdev;

    uint8_t slot; /* 1 to VME_SLOTS; 0 until realized: the first free one */
    uint8_t irq_levels; /* that it drives, bit n: level n */
    uint8_t lines;
    bool remote;  /* it stands for another crate: what comes from there doesn't go back there */
    GPtrArray *slaves; /* of VMESlave, the device's own */
};

struct VMEBus {
    BusState qbus;

    VMEDevice *slots[VME_SLOTS + 1];
    bool busy; /* a cycle is under way */
    bool telling;     /* lines_changed hooks run */
    bool lines_stale; /* they have to run (again) */
};

VMEBus *vme_bus_new(DeviceState *parent, const char *name);
VMEBus *vme_bus_of(const VMEDevice *dev);

/*
 * Sets where a card answers, with all modifiers and widths, from what the user gave; `card` is who
 * says what is wrong with it.
 */
bool vme_slave_place(VMESlave *slave, const char *card, const char *space, uint64_t addr,
                     uint64_t size, Error **errp);
/* No cycles wider than `bits`: 8, 16, 32 or 64. */
bool vme_slave_limit_width(VMESlave *slave, const char *card, unsigned bits, Error **errp);
/* The slave stays the device's, which may change it at any time. */
void vme_add_slave(VMEDevice *dev, VMESlave *slave);

/*
 * Does the cycle for `master`; a read's result is in cycle->data. False: bus error, also if the
 * cycle comes while another one is under way (on hardware the two would wait for each other until
 * the bus timer ends it).
 */
bool vme_cycle(VMEDevice *master, VMECycle *cycle);
/*
 * Reads with `cycle`; if `decide` says so, writes what it left in cycle->data. Nobody comes
 * between.
 */
bool vme_read_modify_write(VMEDevice *master, VMECycle *cycle,
                           bool (*decide)(void *opaque, VMECycle *cycle), void *opaque);
/*
 * `len` bytes as cycles of up to `width` bytes; with a block modifier as one block. Returns how
 * many bytes went before the bus error, len: all.
 */
uint32_t vme_transfer(VMEDevice *master, uint8_t am, uint32_t addr, uint8_t *buf, uint32_t len,
                      unsigned width, bool write);

/* Drives the levels in the set (bits 1 to 7) and no others. */
void vme_set_irq_levels(VMEDevice *dev, uint8_t levels);
/* What all boards drive; but for `asking` if that is remote. */
uint8_t vme_irq_levels(VMEDevice *asking);
/* Has the device's lines_changed hook called, once no cycle is under way. */
void vme_look_at_lines(VMEDevice *dev);
/* Acknowledges the level. False: bus error, nobody drives it. */
bool vme_iack(VMEDevice *handler, int level, uint8_t *statid);

void vme_set_lines(VMEDevice *dev, uint8_t lines);
uint8_t vme_lines(VMEDevice *asking);
/* Pulls SYSRESET for a moment: every board's sysreset hook, that of `dev` too. */
void vme_sysreset(VMEDevice *dev);

#endif
