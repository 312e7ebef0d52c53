/*
 * IPMI: the two interfaces, as devices on a bus have them.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_IPMI_IPMI_INTERFACE_H
#define HW_IPMI_IPMI_INTERFACE_H

#include "hw/ipmi/ipmi.h"
#include "hw/irq.h"
#include "migration/vmstate.h"
#include "system/memory.h"

typedef struct IpmiInterface IpmiInterface;

/* What tells KCS and BT apart. */
typedef struct IpmiInterfaceKind {
    const char *name;
    uint8_t protocol, smbios, pci_interface;
    uint16_t port; /* where it is on the ISA bus, if the user doesn't say */
    uint8_t ports;
    const MemoryRegionOps *ops;
    void (*reset)(IpmiInterface *s);
    bool (*wants_interrupt)(IpmiInterface *s, IpmiAttention attention);
} IpmiInterfaceKind;

struct IpmiInterface {
    const IpmiInterfaceKind *kind;
    IpmiBmc *bmc; /* property */
    void (*set_irq)(void *opaque, bool level);
    void *opaque;
    MemoryRegion io;

    IpmiMessage request, response; /* the latter from response.bytes[at] on */
    uint32_t at;
    uint8_t status;  /* KCS: the status register; BT: BT_CTRL */
    uint8_t data;    /* KCS: what software reads */
    uint8_t mask;    /* BT: BT_INTMASK */
    uint8_t error;   /* KCS: why the last transfer was given up */
    uint8_t phase;   /* KCS */
    bool attention_seen; /* BT: has told of it */
};

extern const IpmiInterfaceKind ipmi_kcs, ipmi_bt;

/* Makes the region; *errp: there is no BMC. */
bool ipmi_interface_init(IpmiInterface *s, Object *owner, unsigned size, Error **errp);
void ipmi_interface_exit(IpmiInterface *s);
/* Software or the BMC has changed something: drives the interrupt. */
void ipmi_interface_update(IpmiInterface *s);
/* Has the BMC answer s->request. */
void ipmi_interface_ask(IpmiInterface *s);

extern const VMStateDescription vmstate_ipmi_interface;

#endif
