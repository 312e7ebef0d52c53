/*
 * The core of NE2000 cards: National's DP8390 network interface controller with its packet memory
 * and station PROM.
 *
 * A card is this behind a bus: 32 bytes of I/O space, and an interrupt.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_NET_DP8390_H
#define HW_NET_DP8390_H

#include "qemu/osdep.h"
#include "migration/vmstate.h"
#include "net/net.h"
#include "system/memory.h"

#define DP8390_IO_SIZE 32
#define DP8390_MEMORY_START 0x4000 /* of packet memory, in the controller's address space */
#define DP8390_MEMORY_SIZE  0x4000
#define DP8390_PROM_SIZE    32

/* Registers, by what they are; where they are is a matter of the page. */
typedef enum Dp8390Register {
    NIC_NONE, NIC_CR, NIC_PSTART, NIC_PSTOP, NIC_BNRY, NIC_TSR, NIC_TPSR, NIC_NCR, NIC_TBCR0, NIC_TBCR1, NIC_ISR,
    NIC_RSR, NIC_CNTR0, NIC_CNTR1, NIC_CNTR2, NIC_RCR, NIC_TCR, NIC_DCR, NIC_IMR, NIC_PAR0, NIC_CURR = NIC_PAR0 + 6,
    NIC_MAR0, NIC_STORED = NIC_MAR0 + 8, /* these have a byte of their own */
    NIC_CRDA0 = NIC_STORED, NIC_CRDA1, NIC_RSAR0, NIC_RSAR1, NIC_RBCR0, NIC_RBCR1, NIC_CLDA0, NIC_CLDA1,
    NIC_CARD, /* the card's own */
} Dp8390Register;

typedef struct Dp8390 Dp8390;

/* What differs between cards. */
typedef struct Dp8390Card {
    const char *name;
    void (*set_irq)(Dp8390 *nic, bool level);
    /* A register that the controller lacks: what a read returns, and a write does. */
    uint8_t (*read)(Dp8390 *nic, unsigned page, unsigned reg);
    void (*write)(Dp8390 *nic, unsigned page, unsigned reg, uint8_t value);
} Dp8390Card;

struct Dp8390 {
    const Dp8390Card *card;
    NICState *nic;
    NICConf conf; /* mac= and netdev= */

    uint8_t regs[NIC_STORED];
    uint16_t remote_address, remote_count;
    uint8_t prom[DP8390_PROM_SIZE];
    uint8_t memory[DP8390_MEMORY_SIZE];
    bool irq_level;
};

/*
 * From realize(): fills the PROM from conf and makes the NIC. `model` and `id` as for
 * qemu_new_nic().
 */
void dp8390_realize(Dp8390 *nic, const Dp8390Card *card, const char *model, const char *id);
void dp8390_unrealize(Dp8390 *nic);
void dp8390_reset(Dp8390 *nic);

/* The DP8390_IO_SIZE bytes of I/O space; the region's opaque is the Dp8390. */
extern const MemoryRegionOps dp8390_io_ops;

extern const VMStateDescription vmstate_dp8390;
#define VMSTATE_DP8390(_field, _state) VMSTATE_STRUCT(_field, _state, 1, vmstate_dp8390, Dp8390)

#endif
