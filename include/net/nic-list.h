/*
 * The NICs that the user has asked for with -nic and -net nic, or that a machine has by default:
 * what boards take their network devices' settings from.
 *
 * A board with NICs of its own calls qemu_configure_nic_device() for each; a board whose NICs are
 * there only if somebody wants them, qemu_create_nic_device(); a board with slots,
 * pci_init_nic_devices() (hw/pci/pci-nic.h) behind these. An entry that no board takes is a mistake
 * of the user's that start-up reports.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef NET_NIC_LIST_H
#define NET_NIC_LIST_H

#include "net/net.h"

#define MAX_NICS 8

typedef struct NICInfo {
    MACAddr macaddr;
    char *model;            /* as the user gave it; NULL: the board's default */
    char *name;             /* the id for the device, or NULL */
    char *devaddr;          /* addr=: where on the bus, or NULL */
    NetClientState *netdev; /* its other end; NULL: not connected */
    bool used;
    bool instantiated; /* a board has taken it */
    bool by_default;   /* nobody asked for it */
    int nvectors;      /* -1: not given */
    char *loc;         /* the option, for messages */
} NICInfo;

/* In the order in which they were given. */
extern NICInfo nd_table[MAX_NICS];
extern int nb_nics;

/*
 * The first entry that no board has taken and that is for a device of type `model`: it names that
 * type or `alias` (may be NULL), or no model at all where match_default says that this is the
 * board's default. NULL if there is none. The caller takes it by setting `instantiated`.
 */
NICInfo *qemu_find_nic_info(const char *model, bool match_default, const char *alias);

/* Entries that no board has taken: the first, or NULL. */
NICInfo *net_first_unused_nic(void);

/* ---- What boards call; in hw/core/nic.c, since it makes devices ---- */

/*
 * The next entry for a device of dev's type is dev's: its "mac" and "netdev", before dev is
 * realized. False: there is none, and dev stays unconnected.
 */
bool qemu_configure_nic_device(DeviceState *dev, bool match_default, const char *alias);
/* The same for a device that is made only if there is an entry; NULL if not. Not realized yet. */
DeviceState *qemu_create_nic_device(const char *type, bool match_default, const char *alias);
/* That entry is dev's. */
void qdev_set_nic_properties(DeviceState *dev, NICInfo *nd);
/* Whether a device type is a NIC: something that "netdev" can be set of. */
bool nic_type_has_netdev(ObjectClass *oc);
/* The types of NICs, for -nic model=help; newly allocated. */
char *qdev_nic_models_help(void);

#endif
