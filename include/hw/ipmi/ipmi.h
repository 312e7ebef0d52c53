/*
 * IPMI: a baseboard management controller (BMC), and the interfaces by which software reaches it.
 *
 * An interface takes a request apart from its way of transfer and hands it to the BMC, which
 * answers at once. Each BMC has one interface. All functions run with the big lock held.
 *
 * Reference: Intelligent Platform Management Interface Specification 2.0, revision 1.1 ("IPMI").
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_IPMI_IPMI_H
#define HW_IPMI_IPMI_H

#include "hw/qdev-core.h"

#define TYPE_IPMI_BMC "ipmi-bmc"
OBJECT_DECLARE_TYPE(IpmiBmc, IpmiBmcClass, IPMI_BMC)

/* The longest request and response that an interface takes. */
#define IPMI_MAX_MESSAGE 300

/* Network function and LUN, command, data; a response has a completion code before its data. */
typedef struct IpmiMessage {
    uint8_t bytes[IPMI_MAX_MESSAGE];
    unsigned len;
} IpmiMessage;

/* What the BMC has to tell its interface. */
typedef struct IpmiAttention {
    bool pending;    /* SMS_ATN: something is to be fetched */
    bool interrupts; /* and software wants to be interrupted by that */
    bool transfers;  /* it wants to be interrupted by what the interface itself does */
} IpmiAttention;

struct IpmiBmc {
    DeviceState parent_obj;

    /* The interface's; NULL: there is none yet. */
    void (*attention_changed)(void *opaque);
    void *opaque;
    uint8_t protocol; /* of the interface, as IPMI table 6-2 numbers them */
};

struct IpmiBmcClass {
    DeviceClass parent_class;

    void (*handle)(IpmiBmc *bmc, const IpmiMessage *request, IpmiMessage *response);
    void (*get_attention)(IpmiBmc *bmc, IpmiAttention *attention);
    uint8_t (*get_slave_address)(IpmiBmc *bmc);
};

enum { IPMI_PROTOCOL_KCS = 5, IPMI_PROTOCOL_BT = 8 };

/* One interface connects itself; *errp: there is no BMC, or it has another. */
bool ipmi_bmc_connect(IpmiBmc *bmc, uint8_t protocol, void (*attention_changed)(void *opaque),
                      void *opaque, Error **errp);
void ipmi_bmc_disconnect(IpmiBmc *bmc);
void ipmi_bmc_handle(IpmiBmc *bmc, const IpmiMessage *request, IpmiMessage *response);
IpmiAttention ipmi_bmc_attention(IpmiBmc *bmc);

/* ---- What firmware tells of interfaces that are at fixed places ---- */

enum { IPMI_SMBIOS_KCS = 1, IPMI_SMBIOS_BT = 3 }; /* DSP0134, 7.39.1; so _IFT numbers them */

typedef struct IpmiPlace {
    uint8_t kind, slave_address;
    uint8_t irq; /* 0: none */
    uint16_t port;
    uint8_t ports;
} IpmiPlace;

/* Calls fn for each of them, in no particular order. */
void ipmi_foreach_place(void (*fn)(const IpmiPlace *place, unsigned index, void *opaque),
                        void *opaque);

#endif
