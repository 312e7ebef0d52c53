/*
 * ISA: a bus with memory, ports, 16 interrupt lines and 8 DMA channels.
 *
 * A bridge makes the bus and says what stands behind it: the two address spaces, the inputs of the
 * interrupt controller, the DMA controllers. A device below TYPE_ISA_DEVICE puts its regions at the
 * addresses that its own properties say.
 *
 * All functions run with the big lock held.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_ISA_ISA_H
#define HW_ISA_ISA_H

#include "hw/qdev-core.h"
#include "system/memory.h"

#define ISA_NUM_IRQS     16
#define ISA_NUM_CHANNELS 8

#define TYPE_ISA_BUS "ISA"
OBJECT_DECLARE_SIMPLE_TYPE(ISABus, ISA_BUS)

#define TYPE_ISA_DEVICE "isa-device"
OBJECT_DECLARE_SIMPLE_TYPE(ISADevice, ISA_DEVICE)

/* ---- DMA: what a controller offers to devices ---- */

#define TYPE_ISADMA "isa-dma"
typedef struct IsaDma IsaDma;
typedef struct IsaDmaClass IsaDmaClass;
DECLARE_CLASS_CHECKERS(IsaDmaClass, ISADMA, TYPE_ISADMA)
#define ISADMA(obj) INTERFACE_CHECK(IsaDma, (obj), TYPE_ISADMA)

/*
 * The controller serves the channel: `done` bytes of the current block of `size` bytes have been
 * moved so far. The device moves more with read_memory() or write_memory(), and returns how many
 * are moved now, from `done` to `size`. Where it returns `size` the block ends (terminal count).
 */
typedef int (*IsaDmaTransferHandler)(void *opaque, int channel, int done, int size);

/* `channel` is the bus's: 0 to 3 with 8 bits, 5 to 7 with 16. Positions and sizes are in bytes. */
struct IsaDmaClass {
    InterfaceClass parent;

    /* Whether the guest has it begin again at the end of a block. */
    bool (*has_autoinitialization)(IsaDma *dma, int channel);
    /*
     * From, to the memory of the channel's block, at `pos` of it. How many bytes of `len` are
     * within the block; the rest is left alone. Transfers that the guest has programmed as
     * "verify" change nothing.
     */
    int (*read_memory)(IsaDma *dma, int channel, void *buf, int pos, int len);
    int (*write_memory)(IsaDma *dma, int channel, void *buf, int pos, int len);
    /* The device raises, lowers its request line. */
    void (*hold_DREQ)(IsaDma *dma, int channel);
    void (*release_DREQ)(IsaDma *dma, int channel);
    /* The device is ready for more: served soon, from the main loop. */
    void (*schedule)(IsaDma *dma);
    /* Who is called to move data; NULL: nobody any more. */
    void (*register_channel)(IsaDma *dma, int channel, IsaDmaTransferHandler handler,
                             void *opaque);
};

/* ---- The bus ---- */

struct ISABus {
    BusState parent_obj;

    MemoryRegion *memory, *ports;
    qemu_irq *irqs;    /* ISA_NUM_IRQS of them, the caller's; NULL: not connected yet */
    IsaDma *dma[2];    /* channels 0 to 3, 4 to 7; NULL: none */
};

struct ISADevice {
    DeviceState parent_obj;

    int32_t port; /* the first one that it registered; -1: none */
};

/*
 * A bus that `bridge` provides (NULL: a bridge of its own on the system bus), over these two
 * regions, which the bridge keeps. NULL and *errp on failure.
 */
ISABus *isa_bus_new(DeviceState *bridge, MemoryRegion *memory, MemoryRegion *ports, Error **errp);

/*
 * The inputs that the bus's lines 0 to 15 lead to: an array of ISA_NUM_IRQS, which stays the
 * caller's. Before devices with interrupts are realized. Both names are one function.
 */
void isa_bus_register_input_irqs(ISABus *bus, qemu_irq *irqs);
void isa_bus_irqs(ISABus *bus, qemu_irq *irqs);
/*
 * Line n, to be driven. A line that there isn't, or one of a bus without a controller, is an
 * unconnected one: NULL. isa_get_irq(NULL, n): of the only bus there is.
 */
qemu_irq isa_bus_get_irq(ISABus *bus, unsigned n);
qemu_irq isa_get_irq(ISADevice *dev, unsigned n);
/* Connects unnamed output n of the device to the bus's line. */
void isa_connect_gpio_out(ISADevice *dev, int n, unsigned line);

/* The controllers of channels 0 to 3 and 4 to 7; the bus keeps no reference. */
void isa_bus_dma(ISABus *bus, IsaDma *low, IsaDma *high);
/* The one that has this channel, NULL if none. */
IsaDma *isa_get_dma(ISABus *bus, int channel);

MemoryRegion *isa_address_space(ISADevice *dev);
MemoryRegion *isa_address_space_io(ISADevice *dev);
ISABus *isa_bus_from_device(ISADevice *dev);

/* Shows the region at port `start`; memory_region_del_subregion() takes it away. In realize(). */
void isa_register_ioport(ISADevice *dev, MemoryRegion *io, uint16_t start);

/* The lowest `index` (a property) that no realized device of the same type on the bus has. */
uint32_t isa_free_index(ISADevice *dev);

/* ---- Making devices, for boards ---- */

/* As qdev_new(): ends the program if there is no such type. _try_new: NULL. */
ISADevice *isa_new(const char *type);
ISADevice *isa_try_new(const char *type);
/* Puts it onto the bus, realizes it and drops the caller's reference. False and *errp if not. */
bool isa_realize_and_unref(ISADevice *dev, ISABus *bus, Error **errp);
/* Both; ends the program where it can't be realized. */
ISADevice *isa_create_simple(ISABus *bus, const char *type);

#endif
