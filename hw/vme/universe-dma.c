/*
 * Universe II: the DMA controller.
 *
 * Between PCI memory and a VME address space, in the direction and with the cycles that DCTL says:
 * DTBC bytes from DLA and DVA on, or (CHAIN) a list of command packets in PCI memory. A packet is
 * eight little-endian words:
 *
 *     00 DCTL   04 DTBC   08 DLA   10 DVA   18 DCPP: address of the next one, bit 1: processed,
 *                                                    bit 0: this is the last
 *
 * GO with DTBC not zero and CHAIN goes on with the packet that a stop interrupted. While
 * D_LLUE.UPDATE is set no packet is loaded. The transfer goes in pieces, at a speed that a real bus
 * might have, so that software can stop it and the rest of the machine runs.
 *
 * Reference: Universe II VME-to-PCI Bus Bridge Manual, chapter "DMA controller", by way of public
 * register descriptions (see universe.c).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "qemu/units.h"
#include "universe-internal.h"

#define PIECE        (16 * KiB)
#define NS_PER_BYTE  20 /* 50 MB/s */
#define NS_PER_PACKET 1000

#define DCTL_L2V     0x80000000u /* PCI to VME */
#define DCTL_NO_VINC 0x00000200u /* the VME address stays */

#define DGCS_GO       0x80000000u
#define DGCS_STOP_REQ 0x40000000u
#define DGCS_HALT_REQ 0x20000000u
#define DGCS_CHAIN    0x08000000u
#define DGCS_ACT      0x00008000u
#define DGCS_STOP     0x00004000u
#define DGCS_HALT     0x00002000u
#define DGCS_DONE     0x00000800u
#define DGCS_LERR     0x00000400u
#define DGCS_VERR     0x00000200u
#define DGCS_P_ERR    0x00000100u
/* The interrupt enables are 8 bits below their causes. */
#define DGCS_INT_SHIFT 8

#define PACKET_LAST      1u
#define PACKET_PROCESSED 2u
#define PACKET_DCPP      0x18

static bool active(UniverseState *s)
{
    return universe_reg(s, UNI_DGCS) & DGCS_ACT;
}

static void finish(UniverseState *s, uint32_t cause)
{
    uint32_t dgcs = (universe_reg(s, UNI_DGCS) & ~DGCS_ACT) | cause;

    register_set(&s->regs, UNI_DGCS, dgcs);
    s->dma_halting = false;
    timer_del(s->dma_timer);
    if (dgcs & cause >> DGCS_INT_SHIFT) {
        universe_interrupt(s, UNI_INT_DMA);
    }
}

static void go_on_after(UniverseState *s, int64_t ns)
{
    timer_mod(s->dma_timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + ns);
}

/* --- moving data --- */

/* How many bytes the VMEbus took or gave. */
static uint32_t vme_part(UniverseState *s, uint32_t dctl, uint8_t *buf, uint32_t len)
{
    bool write = dctl & DCTL_L2V;
    uint32_t addr = universe_reg(s, UNI_DVA), done = 0;
    unsigned width;
    uint8_t am = universe_modifier(s, dctl, true, &width);
    uint64_t space = vme_space_size(vme_modifier(am).space);

    if (space) {
        addr &= (uint32_t)(space - 1);
        len = (uint32_t)MIN(len, space - addr);
    }
    if (!universe_on_bus(s)) {
        return 0;
    }
    if (!(dctl & DCTL_NO_VINC)) {
        return vme_transfer(s->vme, am, addr, buf, len, width, write);
    }
    while (done < len) {
        uint32_t n = MIN(width, len - done);

        if (vme_transfer(s->vme, am, addr, buf + done, n, width, write) != n) {
            break;
        }
        done += n;
    }
    return done;
}

/* The transfer may have written the registers: no less than nothing is left. */
static void advance(UniverseState *s, uint32_t dctl, uint32_t n)
{
    uint32_t left = universe_reg(s, UNI_DTBC);

    register_set(&s->regs, UNI_DTBC, left - MIN(left, n));
    register_set(&s->regs, UNI_DLA, universe_reg(s, UNI_DLA) + n);
    if (!(dctl & DCTL_NO_VINC)) {
        register_set(&s->regs, UNI_DVA, universe_reg(s, UNI_DVA) + n);
    }
}

/* The next piece; 0 if it went, else the cause that ends the transfer. */
static uint32_t move_piece(UniverseState *s)
{
    g_autofree uint8_t *buf = g_malloc(PIECE);
    uint32_t dctl = universe_reg(s, UNI_DCTL), dla = universe_reg(s, UNI_DLA);
    uint32_t len = MIN(universe_reg(s, UNI_DTBC), PIECE);
    uint32_t done;

    if (dctl & DCTL_L2V) {
        if (!universe_pci_access(s, false, dla, buf, len, false)) {
            return DGCS_LERR;
        }
        done = vme_part(s, dctl, buf, len);
    } else {
        done = vme_part(s, dctl, buf, len);
        if (done && !universe_pci_access(s, false, dla, buf, done, true)) {
            return DGCS_LERR;
        }
    }
    advance(s, dctl, done);
    return done ? 0 : DGCS_VERR;
}

/* --- the list --- */

static uint32_t load_packet(UniverseState *s)
{
    uint32_t words[6];

    if (!universe_pci_access(s, false, universe_reg(s, UNI_DCPP), words, sizeof(words), false)) {
        return DGCS_LERR;
    }
    register_set(&s->regs, UNI_DCTL, le32_to_cpu(words[0]) & 0x80c75380);
    register_set(&s->regs, UNI_DTBC, le32_to_cpu(words[1]) & 0x00ffffff);
    register_set(&s->regs, UNI_DLA, le32_to_cpu(words[2]));
    register_set(&s->regs, UNI_DVA, le32_to_cpu(words[4]));
    s->dma_in_packet = true;
    return 0;
}

/* The packet at DCPP is done: marks it and goes to the next one. */
static uint32_t leave_packet(UniverseState *s)
{
    uint32_t at = universe_reg(s, UNI_DCPP) + PACKET_DCPP, link, marked;

    if (!universe_pci_access(s, false, at, &link, sizeof(link), false)) {
        return DGCS_LERR;
    }
    link = le32_to_cpu(link);
    marked = cpu_to_le32(link | PACKET_PROCESSED);
    if (!universe_pci_access(s, false, at, &marked, sizeof(marked), true)) {
        return DGCS_LERR;
    }
    s->dma_in_packet = false;
    if (link & PACKET_LAST) {
        return DGCS_DONE;
    }
    register_set(&s->regs, UNI_DCPP, link & 0xffffffe0);
    return s->dma_halting ? DGCS_HALT : 0;
}

static void dma_step(void *opaque)
{
    UniverseState *s = opaque;
    bool chain = universe_reg(s, UNI_DGCS) & DGCS_CHAIN;
    uint32_t before = universe_reg(s, UNI_DTBC), cause = 0;

    if (!active(s)) {
        return;
    }
    if (chain && !s->dma_in_packet) {
        if (universe_reg(s, UNI_D_LLUE)) {
            return; /* goes on when it is cleared */
        }
        cause = load_packet(s);
        before = universe_reg(s, UNI_DTBC);
    }
    if (!cause && before) {
        cause = move_piece(s);
    }
    if (!active(s)) { /* it has stopped itself, by a write to DGCS */
        return;
    }
    if (!cause && !universe_reg(s, UNI_DTBC)) {
        cause = chain ? leave_packet(s) : DGCS_DONE;
    }
    if (cause) {
        finish(s, cause);
    } else {
        go_on_after(s, NS_PER_PACKET + (int64_t)MIN(before, PIECE) * NS_PER_BYTE);
    }
}

/* --- control --- */

static void start(UniverseState *s)
{
    uint32_t dgcs = universe_reg(s, UNI_DGCS);

    if (!(pci_get_word(s->parent_obj.config + PCI_COMMAND) & PCI_COMMAND_MASTER)) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_UNIVERSE2, "DGCS", "GO without PCI bus mastering");
        finish(s, DGCS_P_ERR);
        return;
    }
    if ((universe_reg(s, UNI_DLA) ^ universe_reg(s, UNI_DVA)) & 7 && !(dgcs & DGCS_CHAIN)) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_UNIVERSE2, "DVA",
                     "bits 2:0 differ from DLA's, which the chip doesn't support");
    }
    register_set(&s->regs, UNI_DGCS, dgcs | DGCS_ACT);
    s->dma_in_packet = universe_reg(s, UNI_DTBC) != 0;
    go_on_after(s, 0);
}

void universe_dgcs_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    UniverseState *s = universe_of(block);

    if (!active(s)) {
        if (value & DGCS_GO) {
            start(s);
        }
    } else if (value & DGCS_STOP_REQ) {
        finish(s, DGCS_STOP);
    } else if (value & DGCS_HALT_REQ) {
        s->dma_halting = true;
    }
}

void universe_llue_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    UniverseState *s = universe_of(block);

    if (active(s) && !timer_pending(s->dma_timer)) {
        go_on_after(s, 0);
    }
}

void universe_dma_reset(UniverseState *s)
{
    timer_del(s->dma_timer);
    s->dma_in_packet = false;
    s->dma_halting = false;
}

void universe_dma_init(UniverseState *s)
{
    s->dma_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, dma_step, s);
}

void universe_dma_exit(UniverseState *s)
{
    timer_free(s->dma_timer);
}
