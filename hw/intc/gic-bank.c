/*
 * Banks of 32 interrupts: see gic-bank.h.
 *
 * Reference: Arm Generic Interrupt Controller Architecture Specification, version 2.0 (IHI 0048),
 * chapter 4; of versions 3 and 4 (IHI 0069), chapter 12: the ranges are the same.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "gic-bank.h"

bool gic_bank_set_line(GICBank *b, unsigned n, bool level)
{
    uint32_t bit = 1u << n;

    if (level == ((b->line & bit) != 0)) {
        return false;
    }
    b->line ^= bit;
    if (level) {
        b->latched |= b->edge & bit;
    }
    return true;
}

void gic_bank_reset(GICBank *b)
{
    uint32_t line = b->line;

    *b = (GICBank){ .line = line };
}

static const GICRange ranges[] = {
    { "GICD_IGROUPR", 0x080, GIC_RANGE_BITS, offsetof(GICBank, group1), 0 },
    { "GICD_ISENABLER", 0x100, GIC_RANGE_SET, offsetof(GICBank, enabled), GIC_SGIS },
    { "GICD_ICENABLER", 0x180, GIC_RANGE_CLEAR, offsetof(GICBank, enabled), GIC_SGIS },
    { "GICD_ISPENDR", 0x200, GIC_RANGE_SET, offsetof(GICBank, latched), GIC_SGIS },
    { "GICD_ICPENDR", 0x280, GIC_RANGE_CLEAR, offsetof(GICBank, latched), GIC_SGIS },
    { "GICD_ISACTIVER", 0x300, GIC_RANGE_SET, offsetof(GICBank, active), 0 },
    { "GICD_ICACTIVER", 0x380, GIC_RANGE_CLEAR, offsetof(GICBank, active), 0 },
    { "GICD_IPRIORITYR", 0x400, GIC_RANGE_BYTES, offsetof(GICBank, priority), 0 },
    { "GICD_ITARGETSR", 0x800, GIC_RANGE_BYTES, offsetof(GICBank, targets), 0 },
    { "GICD_ICFGR", 0xc00, GIC_RANGE_CONFIG, offsetof(GICBank, edge), GIC_SGIS },
};

static unsigned bits_per_interrupt(const GICRange *r)
{
    return r->kind == GIC_RANGE_BYTES ? 8 : r->kind == GIC_RANGE_CONFIG ? 2 : 1;
}

/* 1020 interrupts in as many bits each. */
const GICRange *gic_find_range(hwaddr offset)
{
    for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
        if (offset - ranges[i].base < 128 * bits_per_interrupt(&ranges[i])) {
            return &ranges[i];
        }
    }
    return NULL;
}

unsigned gic_range_interrupt(const GICRange *r, unsigned offset)
{
    return offset * 8 / bits_per_interrupt(r);
}

bool gic_range_is_targets(const GICRange *r)
{
    return r->field == offsetof(GICBank, targets);
}

/* Bits spread to the upper ones of pairs, and back. */
static uint32_t spread(uint32_t bits)
{
    uint32_t result = 0;

    for (unsigned i = 0; i < 16; i++) {
        result |= (bits >> i & 1) << (2 * i + 1);
    }
    return result;
}

static uint32_t gather(uint32_t pairs)
{
    uint32_t result = 0;

    for (unsigned i = 0; i < 16; i++) {
        result |= (pairs >> (2 * i + 1) & 1) << i;
    }
    return result;
}

uint8_t gic_range_read(const GICRange *r, const GICBank *b, unsigned n)
{
    const char *field = (const char *)b + r->field;

    if (r->kind == GIC_RANGE_BYTES) {
        return ((const uint8_t *)field)[n];
    }
    if (r->kind == GIC_RANGE_CONFIG) {
        return spread(b->edge >> n & 0xf);
    }
    return (r->field == offsetof(GICBank, latched) ? gic_bank_pending(b)
                                                   : *(const uint32_t *)field) >> n;
}

void gic_range_write(const GICRange *r, GICBank *b, unsigned n, uint8_t value, uint32_t fixed)
{
    char *place = (char *)b + r->field;
    uint32_t bits, changes, *field;

    if (r->kind == GIC_RANGE_BYTES) {
        ((uint8_t *)place)[n] = gic_range_is_targets(r) ? value : value & GIC_PRIORITY_MASK;
        return;
    }
    field = (uint32_t *)place;
    bits = (uint32_t)(r->kind == GIC_RANGE_CONFIG ? gather(value) : value) << n;
    changes = (r->kind == GIC_RANGE_CONFIG ? 0xfu : 0xffu) << n;
    if (r->kind == GIC_RANGE_SET || r->kind == GIC_RANGE_CLEAR) {
        changes = bits;
        bits = r->kind == GIC_RANGE_SET ? bits : 0;
    }
    changes &= ~fixed;
    *field = (*field & ~changes) | (bits & changes);
}

uint8_t gic_range_read_outside(const GICRange *r, const GICBank *b, unsigned n)
{
    uint8_t byte = gic_range_read(r, b, n);

    switch (r->kind) {
    case GIC_RANGE_BYTES:
        return !(b->group1 >> n & 1)       ? 0
               : gic_range_is_targets(r) ? byte
                                         : byte << 1;
    case GIC_RANGE_CONFIG:
        for (unsigned i = 0; i < 4; i++) {
            byte &= b->group1 >> (n + i) & 1 ? 0xff : ~(3u << (2 * i));
        }
        return byte;
    case GIC_RANGE_BITS:
        return 0;
    default:
        return byte & b->group1 >> n;
    }
}

void gic_range_write_outside(const GICRange *r, GICBank *b, unsigned n, uint8_t value, uint32_t fixed)
{
    if (r->kind == GIC_RANGE_BYTES) {
        if (b->group1 >> n & 1) {
            gic_range_write(r, b, n, gic_range_is_targets(r) ? value : value >> 1 | 0x80, fixed);
        }
    } else if (r->kind != GIC_RANGE_BITS) {
        gic_range_write(r, b, n, value, fixed | ~b->group1);
    }
}

const VMStateDescription vmstate_gic_bank = {
    .name = "arm_gic-bank",
    .fields = (const VMStateField[]){
        VMSTATE_UINT32(group1, GICBank),
        VMSTATE_UINT32(modifier, GICBank),
        VMSTATE_UINT32(enabled, GICBank),
        VMSTATE_UINT32(latched, GICBank),
        VMSTATE_UINT32(active, GICBank),
        VMSTATE_UINT32(line, GICBank),
        VMSTATE_UINT32(edge, GICBank),
        VMSTATE_UINT8_ARRAY(priority, GICBank, 32),
        VMSTATE_UINT8_ARRAY(targets, GICBank, 32),
        VMSTATE_END_OF_LIST(),
    },
};
