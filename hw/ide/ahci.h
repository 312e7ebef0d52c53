/*
 * The inside of AHCI host bus adapters.
 *
 * ahci.c has the registers and what they do, ahci-commands.c takes commands from the lists in memory
 * to the units and their results back.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_IDE_AHCI_H
#define HW_IDE_AHCI_H

#include "core/register.h"
#include "hw/pci/pci.h"
#include "ide-internal.h"
#include "qemu/main-loop.h"
#include "system/runstate.h"

#define AHCI_PORTS 6
#define AHCI_SLOTS 32

OBJECT_DECLARE_SIMPLE_TYPE(Ahci, ICH9_AHCI)

/* Rows of registers: those of the adapter, and from PX_CLB on a port's. */
enum {
    HBA_CAP, HBA_GHC, HBA_IS, HBA_PI, HBA_VS,
    HBA_ABSENT, HBA_LAST_ABSENT = HBA_ABSENT + 5,
    PX_CLB, PX_CLBU, PX_FB, PX_FBU, PX_IS, PX_IE, PX_CMD, PX_TFD, PX_SIG, PX_SSTS, PX_SCTL, PX_SERR,
    PX_SACT, PX_CI, PX_SNTF, PX_FBS, NUM_AHCI_ROWS,
};

/* PxCMD */
enum { CMD_START = 1u << 0, CMD_SPIN_UP = 1u << 1, CMD_POWER = 1u << 2, CMD_OVERRIDE = 1u << 3,
       CMD_RECEIVE = 1u << 4, CMD_SLOT = 0x1f00, CMD_RECEIVING = 1u << 14, CMD_RUNNING = 1u << 15 };

/* PxIS and PxIE */
#define IRQ_REGISTERS   (1u << 0)  /* D2H register FIS */
#define IRQ_PIO_SETUP   (1u << 1)
#define IRQ_DEVICE_BITS (1u << 3)  /* set device bits FIS */
#define IRQ_UNKNOWN     (1u << 4)
#define IRQ_DESCRIPTOR  (1u << 5)
#define IRQ_CONNECT     (1u << 6)
#define IRQ_PHY_READY   (1u << 22)
#define IRQ_OVERFLOW    (1u << 24)
#define IRQ_INTERFACE   (1u << 27) /* fatal */
#define IRQ_HOST_BUS    (1u << 29) /* fatal */
#define IRQ_TASK_FILE   (1u << 30)

/* Where the next data of a command are: in its table of physical region descriptors. */
typedef struct AhciCursor {
    uint64_t entry;   /* address of the next descriptor */
    uint32_t entries; /* how many there are from there on */
    uint64_t at;      /* of the current region: address, and bytes */
    uint32_t left;
    bool notify;      /* its end is worth an interrupt */
} AhciCursor;

typedef struct AhciPort AhciPort;

/* A queued command that is under way. */
typedef struct AhciQueued {
    IdeQueued q;
    AhciPort *port;
    unsigned slot;
    AhciCursor cursor; /* of all its data */
    void *bounce;      /* where they are if they aren't where they belong; else NULL */
} AhciQueued;

struct AhciPort {
    Ahci *hba;
    unsigned number;
    IdeBus *bus;
    QEMUBH *go_on; /* the unit is in another phase */
    unsigned era;  /* counts what ends all commands */
    AhciQueued *queue[AHCI_SLOTS];

    /* saved */
    uint32_t queued; /* bit n: the one of slot n */
    int32_t slot;    /* of the command that isn't queued, -1: there is none */
    uint32_t last_slot;
    uint64_t header, table;
    AhciCursor cursor;
    uint32_t moved;     /* bytes */
    bool is_packet;     /* a command with a packet */
    bool packet_sent;
    bool ends_by_pio;   /* the last thing the unit does is to give data */
    bool halted;        /* by an error, until the list is stopped */
};

struct Ahci {
    PCIDevice parent_obj;

    RegisterBlock regs;  /* BAR 5 */
    MemoryRegion index;  /* BAR 4: the same by an index and a data register */
    uint32_t index_value;
    AhciPort ports[AHCI_PORTS];
    VMChangeStateEntry *state_change;
};

static inline IdeUnit *ahci_unit(AhciPort *p)
{
    return p->bus->units[0];
}

static inline uint32_t ahci_get(AhciPort *p, unsigned row)
{
    return register_get_at(&p->hba->regs, row, p->number);
}

static inline void ahci_set(AhciPort *p, unsigned row, uint32_t value)
{
    register_set_at(&p->hba->regs, row, p->number, value);
}

/* Events of PxIS have happened. */
void ahci_raise(AhciPort *p, uint32_t events);

/* Begins what PxCI has and can begin now: nothing while the machine is stopped. */
void ahci_issue(AhciPort *p);
/* Ends all commands without results, in memory; the unit may not know yet. */
void ahci_drop_commands(AhciPort *p);
/* The registers of the unit, as it sends them after a reset: PxTFD, PxSIG, and a FIS. */
void ahci_receive_signature(AhciPort *p);
/* Does what is next for the command that isn't queued. */
void ahci_go_on(void *port);
/* Queued commands of a loaded state begin again. */
void ahci_requeue(AhciPort *p);

#endif
