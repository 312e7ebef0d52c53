/*
 * Devices and the buses between them.
 *
 * A device is created (qdev_new), configured through properties, connected to a bus and realized,
 * and only then takes part in the machine. DeviceClass functions run with the big lock held.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CORE_QDEV_CORE_H
#define CORE_QDEV_CORE_H

#include "qemu/osdep.h"
#include "core/hotplug.h"
#include "core/irq.h"
#include "core/resettable.h"
#include "qemu/queue.h"
#include "qom/object.h"

/* --- devices --- */

#define TYPE_DEVICE "device"
DECLARE_OBJ_CHECKERS(DeviceState, DeviceClass, DEVICE, TYPE_DEVICE)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DeviceState, object_unref)

typedef enum DeviceCategory {
    DEVICE_CATEGORY_BRIDGE,
    DEVICE_CATEGORY_USB,
    DEVICE_CATEGORY_STORAGE,
    DEVICE_CATEGORY_NETWORK,
    DEVICE_CATEGORY_INPUT,
    DEVICE_CATEGORY_DISPLAY,
    DEVICE_CATEGORY_SOUND,
    DEVICE_CATEGORY_MISC,
    DEVICE_CATEGORY_CPU,
    DEVICE_CATEGORY_WATCHDOG,
    DEVICE_CATEGORY_MAX
} DeviceCategory;

typedef void (*DeviceRealize)(DeviceState *dev, Error **errp);
typedef void (*DeviceUnrealize)(DeviceState *dev);
typedef void (*DeviceReset)(DeviceState *dev);

struct DeviceClass {
    ObjectClass parent_class;

    uint32_t categories;  /* bit n: DeviceCategory n */
    const char *fw_name;  /* in firmware device paths; NULL: the type's name */
    const char *desc;     /* one line for -device help */
    Property *props_;     /* device_class_set_props() */
    bool user_creatable;  /* -device may create it */
    bool hotpluggable;    /* may come and go while the machine runs */

    /*
     * Legacy reset: called in the hold phase. Descendants replace it; see
     * device_class_set_parent_reset().
     */
    DeviceReset reset;
    /* May fail, and then has undone what it did. */
    DeviceRealize realize;
    DeviceUnrealize unrealize;

    const VMStateDescription *vmsd; /* what a snapshot saves; NULL: nothing */
    const char *bus_type;           /* the bus it must sit on; NULL: none */
};

/* Lines of a device that have one name. */
typedef struct LineGroup {
    char *name;        /* NULL: the unnamed lines */
    GPtrArray *inputs; /* of qemu_irq */
    unsigned nr_outputs;
} LineGroup;

struct DeviceState {
    Object parent_obj;

    char *id;             /* the user's name for it, or NULL */
    char *canonical_path; /* while realized */
    bool realized;
    bool was_realized; /* now or before: its leaving is an event */
    bool hotplugged;   /* it came while the machine ran */
    BusState *parent_bus;
    unsigned bus_slot;      /* there it is "child[bus_slot]" */
    GPtrArray *child_buses; /* of BusState, last added first */
    GPtrArray *line_groups; /* of LineGroup */
    GPtrArray *clocks;      /* of DeviceClock, core/qdev-clock.h */
    ResettableState reset;
};

/*
 * A new device, not realized. Where there is no such type, or it is abstract, the program ends with
 * a message that names it (_try_new: NULL).
 */
DeviceState *qdev_new(const char *name);
DeviceState *qdev_try_new(const char *name);

/*
 * Connects dev to bus (NULL for a device without bus) and realizes it. A device that has no place
 * in the tree yet goes below /machine/unattached. False and *errp on failure. _and_unref also drops
 * the caller's reference.
 */
bool qdev_realize(DeviceState *dev, BusState *bus, Error **errp);
bool qdev_realize_and_unref(DeviceState *dev, BusState *bus, Error **errp);
/*
 * The way of boards of before QEMU 5.1: hw/core/legacy-board.c. bus NULL: the system bus.
 * _create exits with a message if there is no such type; qdev_init() is 0, or -1 with the reason
 * reported and the device gone; _nofail exits then.
 */
DeviceState *qdev_create(BusState *bus, const char *name);
int qdev_init(DeviceState *dev);
void qdev_init_nofail(DeviceState *dev);
void qdev_unrealize(DeviceState *dev);
bool qdev_is_realized(DeviceState *dev);

/* Moves dev to bus (NULL: takes it off its bus). Before it is realized. */
bool qdev_set_parent_bus(DeviceState *dev, BusState *bus, Error **errp);
BusState *qdev_get_parent_bus(const DeviceState *dev);
/* The child bus of that name, or NULL. */
BusState *qdev_get_child_bus(DeviceState *dev, const char *name);
/*
 * Names dev (takes id); its place is then /machine/peripheral/id. False and *errp if the id is
 * taken.
 */
bool qdev_set_id(DeviceState *dev, char *id, Error **errp);

/* The device with that id, searching below bus, or NULL. */
DeviceState *qdev_find_recursive(BusState *bus, const char *id);
typedef int(qbus_walkerfn)(BusState *bus, void *opaque);
typedef int(qdev_walkerfn)(DeviceState *dev, void *opaque);
/*
 * Calls the functions (each may be NULL) before and after the children; a negative result stops the
 * walk and is returned.
 */
int qdev_walk_children(DeviceState *dev, qdev_walkerfn *pre_devfn, qbus_walkerfn *pre_busfn,
                       qdev_walkerfn *post_devfn, qbus_walkerfn *post_busfn, void *opaque);
int qbus_walk_children(BusState *bus, qdev_walkerfn *pre_devfn, qbus_walkerfn *pre_busfn,
                       qdev_walkerfn *post_devfn, qbus_walkerfn *post_busfn, void *opaque);

/* Set once the machine is complete: devices that are created now are hotplugged. */
extern bool qdev_hotplug;
/* Who is told of dev, see core/hotplug.h: the machine's choice, else the bus's; NULL: nobody. */
HotplugHandler *qdev_get_hotplug_handler(DeviceState *dev);
HotplugHandler *qdev_get_machine_hotplug_handler(DeviceState *dev);
/* The machine's choice, NULL if it leaves it to the bus. Set by the base class of machines. */
extern HotplugHandler *(*qdev_machine_hotplug_hook)(DeviceState *dev);
HotplugHandler *qdev_get_bus_hotplug_handler(DeviceState *dev);
/*
 * What device_del does: asks for dev to go, or takes it out at once. False and *errp if its bus,
 * its type, the machine or the handler refuses.
 */
bool qdev_unplug(DeviceState *dev, Error **errp);
/* For HotplugHandlerClass.unplug where nothing but the device has to know. */
void qdev_simple_device_unplug_cb(HotplugHandler *handler, DeviceState *dev, Error **errp);

/* Resets dev and everything below it. */
void device_cold_reset(DeviceState *dev);
bool device_is_in_reset(DeviceState *dev);

void device_class_set_props(DeviceClass *dc, Property *props);
/*
 * Sets the legacy reset; the parent's (to be called by it) goes to *parent_reset. The same for
 * realize/unrealize.
 */
void device_class_set_legacy_reset(DeviceClass *dc, DeviceReset dev_reset);
void device_class_set_parent_reset(DeviceClass *dc, DeviceReset dev_reset,
                                   DeviceReset *parent_reset);
void device_class_set_parent_realize(DeviceClass *dc, DeviceRealize dev_realize,
                                     DeviceRealize *parent_realize);
void device_class_set_parent_unrealize(DeviceClass *dc, DeviceUnrealize dev_unrealize,
                                       DeviceUnrealize *parent_unrealize);

/* What most devices' class_init does, as data. What is left out stays as the parent has it. */
typedef struct DeviceTraits {
    const char *desc;
    const char *fw_name;
    const char *bus_type;
    DeviceRealize realize;
    DeviceUnrealize unrealize;
    DeviceReset reset;
    const VMStateDescription *state;
    Property *properties;
    bool board_only; /* -device can't create it */
} DeviceTraits;
/* A TypeInfo.class_init whose class_data is a DeviceTraits. */
void device_class_init_traits(ObjectClass *oc, void *traits);

/* set_bit(DEVICE_CATEGORY_X, dc->categories) is how boards and devices write it. */
#define set_bit(nr, word) ((void)((word) |= 1u << (nr)))

/* "/machine", which the machine is (a container where there is none, as in unit tests). */
Object *qdev_get_machine(void);
/* The name for messages: id, else canonical path, else type. Newly allocated. */
char *qdev_get_human_name(DeviceState *dev);
const char *qdev_fw_name(DeviceState *dev);
char *qdev_get_dev_path(DeviceState *dev);
/* Open-Firmware-like path; newly allocated. */
char *qdev_get_fw_dev_path(DeviceState *dev);

/* --- lines --- */

/*
 * n input lines of the device: handler(dev, n, level). Called from instance_init or realize. Calls
 * with the same name add up.
 */
void qdev_init_gpio_in(DeviceState *dev, qemu_irq_handler handler, int n);
void qdev_init_gpio_in_named(DeviceState *dev, qemu_irq_handler handler, const char *name, int n);
void qdev_init_gpio_in_named_with_opaque(DeviceState *dev, qemu_irq_handler handler, void *opaque,
                                         const char *name, int n);
/* n output lines, pins[0..n-1], which the device drives with qemu_set_irq(). */
void qdev_init_gpio_out(DeviceState *dev, qemu_irq *pins, int n);
void qdev_init_gpio_out_named(DeviceState *dev, qemu_irq *pins, const char *name, int n);

/* How many outputs of that name there are. */
unsigned qdev_nr_gpio_out(const DeviceState *dev, const char *name);

/* An input line of a device: to be handed to who drives it. It must exist. */
qemu_irq qdev_get_gpio_in(DeviceState *dev, int n);
qemu_irq qdev_get_gpio_in_named(DeviceState *dev, const char *name, int n);
/* Connects output n; each goes to one input (use TYPE_SPLIT_IRQ for more). */
void qdev_connect_gpio_out(DeviceState *dev, int n, qemu_irq input_pin);
void qdev_connect_gpio_out_named(DeviceState *dev, const char *name, int n, qemu_irq input_pin);
/* What output n is connected to, or NULL. */
qemu_irq qdev_get_gpio_out_connector(DeviceState *dev, const char *name, int n);
/* Makes container's line `name` those of dev (a device made of others). */
void qdev_pass_gpios(DeviceState *dev, DeviceState *container, const char *name);

/* --- buses --- */

#define TYPE_BUS "bus"
DECLARE_OBJ_CHECKERS(BusState, BusClass, BUS, TYPE_BUS)

struct BusClass {
    ObjectClass parent_class;

    /* Adds lines about dev to `info qtree`; indent in columns. */
    void (*print_dev)(FILE *f, DeviceState *dev, int indent);
    char *(*get_dev_path)(DeviceState *dev);    /* newly allocated */
    /* One component, newly allocated; NULL: to firmware, the device is part of its parent. */
    char *(*get_fw_dev_path)(DeviceState *dev);
    /* Whether dev may sit on this bus (address free …); false and *errp if not. */
    bool (*check_address)(BusState *bus, DeviceState *dev, Error **errp);
    void (*realize)(BusState *bus, Error **errp);
    void (*unrealize)(BusState *bus);
    void (*reset)(BusState *bus);
    int max_dev;       /* 0: no limit */
    int automatic_ids; /* names are <lower-case type>.N over all buses of the type */
};

struct BusState {
    Object obj;

    DeviceState *parent; /* who provides the bus; NULL for the main system bus */
    char *name;
    bool realized;
    bool full;
    HotplugHandler *hotplug_handler; /* NULL: devices neither come nor go */
    GPtrArray *children; /* of DeviceState (a reference), in the order they were added */
    unsigned next_slot;  /* of the next one */
    ResettableState reset;
};

/* A bus of type `type` that parent provides. name NULL: "<parent's id>.N" or "<type>.N". */
BusState *qbus_new(const char *type, DeviceState *parent, const char *name);
void qbus_init(void *bus, size_t size, const char *type, DeviceState *parent, const char *name);
bool qbus_realize(BusState *bus, Error **errp);
void qbus_unrealize(BusState *bus);
bool qbus_is_full(BusState *bus);
void bus_cold_reset(BusState *bus);
/* Devices on the bus may come and go; handler (or the bus itself) looks after them. */
void qbus_set_hotplug_handler(BusState *bus, Object *handler);
void qbus_set_bus_hotplug_handler(BusState *bus);
bool qbus_is_hotpluggable(BusState *bus);

/* The main system bus; created at first use. */
BusState *sysbus_get_default(void);

#endif
