/*
 * USB: devices, the ports that they are plugged into, and what controllers do with them.
 *
 * A controller has one USBBus and registers its root ports there; a hub adds its own. A device sits
 * on the bus (`-device usb-kbd,bus=usb-bus.0,port=1.2`) and in one port. The controller finds a
 * device, fills in a USBTransfer and submits it; the device moves data and gives a status, at once
 * or later. Endpoint 0 is looked after here: stages, standard requests and descriptors, from the
 * tables that the device's class names.
 *
 * What each side need not know: the controller, which device it is; the device, which controller.
 * All functions run with the big lock held.
 *
 * Reference: Universal Serial Bus Specification 2.0, chapters 5, 8, 9 and 11; USB 3.2, chapter 9.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_USB_USB_H
#define HW_USB_USB_H

#include "qemu/osdep.h"
#include "core/qdev-core.h"
#include "hw/usb/descriptors.h"
#include "migration/vmstate.h"
#include "qemu/iov.h"
#include "qemu/queue.h"

#define TYPE_USB_BUS    "usb-bus"
#define TYPE_USB_DEVICE "usb-device"

typedef struct USBBus USBBus;
typedef struct USBDevice USBDevice;
typedef struct USBDeviceClass USBDeviceClass;
typedef struct USBPort USBPort;
typedef struct USBTransfer USBTransfer;

DECLARE_INSTANCE_CHECKER(USBBus, USB_BUS, TYPE_USB_BUS)
DECLARE_OBJ_CHECKERS(USBDevice, USBDeviceClass, USB_DEVICE, TYPE_USB_DEVICE)

#define USB_ENDPOINTS      16
#define USB_MAX_INTERFACES 8
#define USB_MAX_DEPTH      5 /* hubs between a device and the root (2.0, 4.1.1) */
#define USB_CONTROL_MAX    4096 /* bytes that a request can move here */
#define USB_PATH_SIZE      32 /* of "15.255.255..." with its NUL */

/* --- transfers --- */

typedef enum USBPid { USB_PID_SETUP, USB_PID_IN, USB_PID_OUT } USBPid;

typedef enum USBStatus {
    USB_DONE,      /* `moved` says how much */
    USB_PENDING,   /* `complete` will be called */
    USB_NAK,       /* nothing to give or no room now: to be tried again */
    USB_STALL,     /* refused; the endpoint is halted, but for endpoint 0 */
    USB_BABBLE,    /* the device had more than there was room for */
    USB_NO_ANSWER, /* nobody is there */
} USBStatus;

/*
 * One transfer, or a part of one: from a whole buffer to a single packet. The controller owns it
 * and what the list points to, and keeps both as they are while it is pending.
 */
struct USBTransfer {
    USBPid pid;
    uint8_t endpoint; /* number, without the direction */
    QEMUIOVector data;
    /* Called once with status and `moved` set, if usb_submit() said USB_PENDING. */
    void (*complete)(USBTransfer *t);
    void *opaque; /* the controller's */

    USBStatus status;
    size_t moved; /* bytes */
    USBDevice *dev;
    void *device_opaque; /* the device's, while it is pending */
    QTAILQ_ENTRY(USBTransfer) link;
};

/*
 * Gives the transfer, whose pid, endpoint, data and complete are set, to the device (NULL: there is
 * none). The status.
 */
USBStatus usb_submit(USBDevice *dev, USBTransfer *t);
/*
 * One packet of an isochronous endpoint, or as much as a microframe moves of one with several: it
 * has no handshake, no halt, and its answer at once. The device's transfer() doesn't say
 * USB_PENDING there; USB_NAK is an empty packet. What an OUT becomes the host can't know: it is
 * always USB_DONE, with all of it moved. USB_NO_ANSWER also for an endpoint that is none of these.
 */
USBStatus usb_isochronous(USBDevice *dev, USBPid pid, uint8_t endpoint, void *data, size_t size,
                          size_t *moved);
/* Takes a pending transfer back: complete isn't called any more. Nothing happens if it is over. */
void usb_cancel(USBTransfer *t);
/* Whether the device still has it. */
static inline bool usb_is_pending(const USBTransfer *t)
{
    return t->status == USB_PENDING;
}

/* For devices: appends up to `size` bytes to what an IN has moved; how many. */
size_t usb_give(USBTransfer *t, const void *data, size_t size);
/* The next up to `size` bytes of what an OUT brings; how many. */
size_t usb_take(USBTransfer *t, void *data, size_t size);
static inline size_t usb_room(const USBTransfer *t)
{
    return t->data.size - t->moved;
}
/* Ends a transfer for which the device said USB_PENDING. */
void usb_complete(USBTransfer *t, USBStatus status);
/*
 * The endpoint (address: number, and USB_DIR_IN) that said USB_NAK has something now. Wakes a
 * suspended device's port too, if the guest allows that.
 */
void usb_endpoint_ready(USBDevice *dev, uint8_t address);

/* --- ports --- */

/* What happens at a port, for the controller or hub that has it. Each may be NULL. */
typedef struct USBPortOps {
    void (*attached)(USBPort *port);
    void (*detached)(USBPort *port); /* port->dev is still set; nothing of it is pending */
    void (*resumed)(USBPort *port);  /* the suspended device signals that it wants to go on */
    /* Of root ports, for all devices behind them. See usb_endpoint_ready(). */
    void (*endpoint_ready)(USBPort *root, USBDevice *dev, uint8_t address);
    void (*gone)(USBPort *root, USBDevice *dev);
} USBPortOps;

struct USBPort {
    USBBus *bus;
    USBDevice *dev; /* what is plugged in, or NULL */
    const USBPortOps *ops;
    void *owner;
    unsigned index;            /* the owner's number for it */
    uint8_t speeds;            /* of the owner; bit n: USBSpeed n */
    uint8_t takes;             /* of the socket, whoever owns it */
    uint8_t depth;             /* hubs above */
    bool enabled;              /* by the owner: traffic gets through */
    char path[USB_PATH_SIZE];  /* "1.2": what the user calls it */
    USBDevice *hub;            /* whose port it is; NULL: a root port */
    QTAILQ_ENTRY(USBPort) link;
};

/*
 * Adds the port to the bus. `hub` NULL: a root port, number `number` (from 1); otherwise the hub's
 * port of that number. The owner keeps the structure until usb_port_remove(), which unplugs what is
 * there.
 */
void usb_port_add(USBBus *bus, USBPort *port, USBDevice *hub, unsigned number, uint8_t speeds,
                  const USBPortOps *ops, void *owner, unsigned index);
void usb_port_remove(USBPort *port);
/*
 * The bus below the port is reset (2.0, 7.1.7.5): its device is in the default state, with address
 * 0, and nothing of it is pending. Enables nothing.
 */
void usb_port_reset(USBPort *port);
/* No traffic; pending transfers end with USB_NO_ANSWER. */
void usb_port_disable(USBPort *port);
void usb_port_suspend(USBPort *port, bool suspend);
/* Something is plugged in and signals that it is there. */
bool usb_port_connected(const USBPort *port);
/*
 * For controllers that share a socket: it has another owner now, who sees what is plugged in there
 * come, at a speed of `speeds`, while the previous one has seen it go.
 */
void usb_port_hand_over(USBPort *port, uint8_t speeds, const USBPortOps *ops, void *owner,
                        unsigned index);
/* The port of the controller that this one is behind, or itself. */
USBPort *usb_root_port(USBPort *port);

/* --- buses --- */

typedef struct USBBusOps {
    /*
     * Gives `n` sockets from `first` on to a companion as well, which then has them first: ports[]
     * are set. NULL: the controller has no companions.
     */
    bool (*add_companion)(USBBus *bus, unsigned first, unsigned n, const USBPortOps *ops,
                          void *owner, USBPort **ports, Error **errp);
    void (*remove_companion)(USBBus *bus, void *owner);
} USBBusOps;

struct USBBus {
    BusState parent_obj;

    int number; /* in `info usb` */
    const USBBusOps *ops;
    QTAILQ_HEAD(, USBPort) ports;
    QTAILQ_ENTRY(USBBus) link;
};

/* The bus of a controller: "<id>.0" or "usb-bus.N". ops may be NULL. */
USBBus *usb_bus_new(DeviceState *controller, const USBBusOps *ops);
/* Before the controller goes: all devices are unplugged, and the bus is forgotten. */
void usb_bus_remove(USBBus *bus);
/* Whether there is any USB bus. */
bool usb_have_bus(void);
/*
 * Makes `owner` a companion on the bus of that name, `n` of whose sockets it has from now on unless
 * the bus's controller takes them. The bus; NULL and an error.
 */
USBBus *usb_bus_add_companion(const char *name, unsigned first, unsigned n, const USBPortOps *ops,
                              void *owner, USBPort **ports, Error **errp);
void usb_bus_remove_companion(USBBus *bus, void *owner);
/* The device that answers to the address behind enabled ports of a root port's owner; NULL. */
USBDevice *usb_find_address(USBBus *bus, const void *owner, uint8_t address);
/* `info usb`. */
void usb_print_info(GString *out);

/* --- devices --- */

/* 2.0, 9.1.1, as far as a controller can tell. */
typedef enum USBDeviceState {
    USB_STATE_DETACHED,
    USB_STATE_ATTACHED, /* and powered: not reset yet */
    USB_STATE_DEFAULT,
    USB_STATE_ADDRESS,
    USB_STATE_CONFIGURED,
} USBDeviceState;

/* Where endpoint 0 is in a control transfer (2.0, 8.5.3). */
typedef enum USBControlStage {
    USB_CONTROL_IDLE,
    USB_CONTROL_DATA_IN,
    USB_CONTROL_DATA_OUT,
    USB_CONTROL_STATUS,
    USB_CONTROL_REFUSED, /* stalls until the next SETUP */
} USBControlStage;

/* A request (2.0, 9.3), in host byte order. */
typedef struct USBRequest {
    uint8_t type; /* direction, type, recipient: USB_DIR_IN | USB_TYPE_… | USB_TO_… */
    uint8_t request;
    uint16_t value, index, length;
} USBRequest;

#define USB_DIR_IN       0x80
#define USB_TYPE_MASK    0x60
#define USB_TYPE_CLASS   0x20
#define USB_TYPE_VENDOR  0x40
#define USB_TO_MASK      0x1f
#define USB_TO_DEVICE    0
#define USB_TO_INTERFACE 1
#define USB_TO_ENDPOINT  2
#define USB_TO_OTHER     3
/* USBRequest.type and .request in one number, to switch over. */
#define USB_REQUEST(type, request) ((type) << 8 | (request))

struct USBDevice {
    DeviceState parent_obj;

    /* properties */
    char *wanted_port; /* NULL: the first that is free */
    char *serial;      /* NULL: what the tables say */

    USBPort *port;
    bool attaches_itself;     /* set in realize: the device decides when it is there */
    uint8_t speed;            /* USBSpeed */
    uint8_t state;            /* USBDeviceState */
    uint8_t address;
    uint8_t configuration;    /* its value; 0: not configured */
    uint8_t alternate[USB_MAX_INTERFACES];
    uint32_t halted;          /* bit n: OUT endpoint n, bit 16 + n: IN endpoint n */
    bool suspended;
    bool remote_wakeup;       /* the guest allows it */
    struct {
        uint8_t stage;        /* USBControlStage */
        USBRequest request;
        uint8_t data[USB_CONTROL_MAX];
        uint32_t length, done; /* of data */
    } control;
    QTAILQ_HEAD(, USBTransfer) pending;
};

struct USBDeviceClass {
    DeviceClass parent_class;

    const USBDescriptors *descriptors;

    /* The port is chosen, the device isn't attached yet. */
    void (*realize)(USBDevice *dev, Error **errp);
    /* It is detached. */
    void (*unrealize)(USBDevice *dev);
    /*
     * The bus was reset or the guest has chosen a configuration: endpoints are empty, nothing is
     * pending.
     */
    void (*bus_reset)(USBDevice *dev);
    /*
     * A request of a class or vendor, or a standard one for an interface's own descriptors. `data`
     * has request->length bytes: what the host sent, or room for the answer. How many bytes the
     * answer has (0 for OUT), negative: refused.
     */
    int (*control)(USBDevice *dev, const USBRequest *request, uint8_t *data);
    /* Endpoints other than 0, which exist in the chosen configuration and aren't halted. */
    USBStatus (*transfer)(USBDevice *dev, USBTransfer *t);
    /* What usb_complete() would have been called for won't be asked for any more. */
    void (*cancel)(USBDevice *dev, USBTransfer *t);
    /* The guest clears the halt of an endpoint. */
    void (*halt_cleared)(USBDevice *dev, uint8_t address);
};

/* For devices that only then can work, and controllers: out of its port, and back in. */
void usb_device_attach(USBDevice *dev);
void usb_device_detach(USBDevice *dev);
bool usb_is_attached(const USBDevice *dev);
/* The endpoint in the chosen configuration; NULL. `address`: number and USB_DIR_IN. */
const USBEndpoint *usb_endpoint(const USBDevice *dev, uint8_t address);
/* Halts the endpoint: what is submitted there is refused until the guest clears it. */
void usb_halt(USBDevice *dev, uint8_t address);
static inline uint32_t usb_halt_bit(uint8_t address)
{
    return 1u << ((address & 0xf) + (address & USB_DIR_IN ? 16 : 0));
}

/* A packet or more for endpoint 0: hw/usb/requests.c. */
USBStatus usb_control_transfer(USBDevice *dev, USBTransfer *t);
/* As SET_ADDRESS does, for controllers that give addresses themselves. */
void usb_set_address(USBDevice *dev, uint8_t address);

extern const VMStateDescription vmstate_usb_device;
#define VMSTATE_USB_DEVICE(_field, _state) \
    VMSTATE_STRUCT(_field, _state, 1, vmstate_usb_device, USBDevice)

#endif
