/*
 * Universe II: interrupts, both ways.
 *
 * To PCI: what happened is latched in LINT_STAT; what LINT_EN lets through goes to the LINT pin
 * that LINT_MAP names. For VIRQ1-7 the bridge is the interrupt handler: it acknowledges a level
 * that is enabled by itself, puts the status/ID (and ERR after a bus error) into Vn_STATID and
 * latches the bit; the level isn't acknowledged again until software has cleared the bit.
 *
 * To the VMEbus: the same with VINT_STAT, VINT_EN and VINT_MAP, onto levels. The status/ID that the
 * bridge answers an acknowledgement with is STATID, bit 0 clear for a software interrupt (which the
 * acknowledgement ends: SW_IACK) and set for all others (which end when VINT_STAT is cleared).
 * Software interrupts happen when their enable bit goes from 0 to 1.
 *
 * From memory, not from a description: that status bits are latched whether they are enabled or not,
 * and that a software interrupt's status goes when its enable bit is cleared.
 *
 * LINT pins are outputs only: nothing on the board drives them, so VINT_STAT's LINT bits stay
 * clear.
 *
 * Reference: Universe II VME-to-PCI Bus Bridge Manual, chapter "Interrupts", by way of public
 * register descriptions (see universe.c).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/irq.h"
#include "universe-internal.h"

#define LINT_ALL 0x00fff7ffu
#define VINT_ALL 0xfe0f17ffu
#define VINT_SW_INT      0x00001000u
#define VINT_SW_LEVELS   0xfe000000u
#define VINT_FROM_EVENTS (UNI_INT_VERR | UNI_INT_LERR | UNI_INT_DMA | 0x000f0000u)

#define V_STATID_ERR 0x100

/* Where a map register sends bit `bit` of its status register. */
static unsigned mapped(UniverseState *s, unsigned map_row, unsigned map2_row, int bit)
{
    uint32_t map = bit < 16 ? (uint32_t)register_get_at(&s->regs, map_row, bit / 8)
                            : universe_reg(s, map2_row);

    return map >> (4 * (bit % 8)) & 7;
}

static unsigned vint_level(UniverseState *s, int bit)
{
    return bit > 24 ? (unsigned)bit - 24 : mapped(s, UNI_VINT_MAP, UNI_VINT_MAP2, bit);
}

static uint32_t vint_pending(UniverseState *s)
{
    return universe_reg(s, UNI_VINT_STAT) & universe_reg(s, UNI_VINT_EN);
}

static void update_pins(UniverseState *s)
{
    uint32_t pending = universe_reg(s, UNI_LINT_STAT) & universe_reg(s, UNI_LINT_EN);
    uint8_t pins = 0;

    for (int bit = 0; bit < 24; bit++) {
        if (pending & (1u << bit)) {
            pins |= 1u << mapped(s, UNI_LINT_MAP, UNI_LINT_MAP2, bit);
        }
    }
    for (size_t pin = 0; pin < G_N_ELEMENTS(s->lint); pin++) {
        qemu_set_irq(s->lint[pin], pins >> pin & 1);
    }
    s->parent_obj.irq_state = pins & 0x0f;
    pci_update_irq_lines(&s->parent_obj);
}

/* Level 0 is no level: a source that is mapped there is masked. */
static void update_levels(UniverseState *s)
{
    uint32_t pending = vint_pending(s);
    uint8_t levels = 0;

    for (int bit = 0; bit < 32; bit++) {
        if (pending & (1u << bit)) {
            levels |= 1u << vint_level(s, bit);
        }
    }
    vme_set_irq_levels(s->vme, universe_on_bus(s) ? levels : 0);
}

/* Acknowledges the levels that are asserted, enabled and not yet in LINT_STAT, highest first. */
static void handle_levels(UniverseState *s)
{
    for (int level = VME_LEVELS; level > 0; level--) {
        uint32_t bit = 1u << level;

        if ((vme_irq_levels(s->vme) & bit) && (universe_reg(s, UNI_LINT_EN) & bit) &&
            !(universe_reg(s, UNI_LINT_STAT) & bit) && universe_on_bus(s)) {
            uint8_t statid = 0xff;
            bool ok = vme_iack(s->vme, level, &statid);

            register_set_at(&s->regs, UNI_V_STATID, level - 1, statid | (ok ? 0 : V_STATID_ERR));
            universe_set_bits(s, UNI_LINT_STAT, bit);
        }
    }
}

/* Interrupts of the lines come from their falling, which asserts them. */
static void look_at_lines(UniverseState *s)
{
    uint8_t lines = vme_lines(s->vme), fallen = lines & ~s->seen_lines;

    s->seen_lines = lines;
    universe_set_bits(s, UNI_LINT_STAT, (fallen & VME_SYSFAIL ? UNI_INT_SYSFAIL : 0) |
                                            (fallen & VME_ACFAIL ? UNI_INT_ACFAIL : 0));
}

/*
 * A change of levels comes back through the bus, to this board too, once no cycle is under way: a
 * register may be written by one.
 */
void universe_vme_lines_changed(VMEDevice *dev)
{
    UniverseState *s = UNIVERSE_VME(dev)->bridge;

    look_at_lines(s);
    handle_levels(s);
    update_pins(s);
}

void universe_update_irqs(UniverseState *s)
{
    update_levels(s);
    update_pins(s);
    vme_look_at_lines(s->vme);
}

void universe_interrupt(UniverseState *s, uint32_t sources)
{
    universe_set_bits(s, UNI_LINT_STAT, sources);
    universe_set_bits(s, UNI_VINT_STAT, sources & VINT_FROM_EVENTS);
    universe_update_irqs(s);
}

/* --- registers --- */

void universe_irq_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    universe_update_irqs(universe_of(block));
}

/* Enabling a software interrupt raises it, disabling takes it back. */
static uint32_t enable_written(UniverseState *s, unsigned en_row, unsigned stat_row,
                               uint32_t software, uint32_t value)
{
    uint32_t old = universe_reg(s, en_row), status = universe_reg(s, stat_row);

    register_set(&s->regs, stat_row, (status & (value | ~software)) | (value & ~old & software));
    return value;
}

uint64_t universe_lint_en_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    return enable_written(universe_of(block), UNI_LINT_EN, UNI_LINT_STAT, UNI_INT_SW_INT,
                          value & LINT_ALL);
}

uint64_t universe_vint_en_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    return enable_written(universe_of(block), UNI_VINT_EN, UNI_VINT_STAT,
                          VINT_SW_INT | VINT_SW_LEVELS, value & VINT_ALL);
}

/* --- the interrupter --- */

bool universe_vme_iack(VMEDevice *dev, int level, uint8_t *statid)
{
    UniverseState *s = UNIVERSE_VME(dev)->bridge;
    uint32_t pending = vint_pending(s), software = 0;

    for (int bit = 0; bit < 32; bit++) {
        uint32_t source = 1u << bit;

        if ((pending & source) && vint_level(s, bit) == (unsigned)level) {
            software |= source & (VINT_SW_INT | VINT_SW_LEVELS);
        }
    }
    *statid = (universe_reg(s, UNI_STATID) >> 24 & 0xfe) | (software ? 0 : 1);
    if (software) {
        register_set(&s->regs, UNI_VINT_STAT, universe_reg(s, UNI_VINT_STAT) & ~software);
        universe_set_bits(s, UNI_LINT_STAT, UNI_INT_SW_IACK);
        universe_update_irqs(s);
    }
    return true;
}
