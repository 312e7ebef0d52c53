/*
 * A GICv3's registers in memory: distributor and redistributors. Those that say something of each
 * interrupt are bytes of a bank (gic-bank.h), LPIs' are in gicv3-lpi.c.
 *
 * Reference: Arm Generic Interrupt Controller Architecture Specification, versions 3 and 4
 * (IHI 0069): 12.9 (GICD registers), 12.11 (GICR registers).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "gicv3.h"
#include "qemu/bitops.h"
#include "qemu/log.h"

enum { CTLR_ARE = 1 << 4, CTLR_ARE_NS = 1 << 5, CTLR_DS = 1 << 6 };
enum {
    GICD_CTLR = 0x0000,
    GICD_TYPER = 0x0004,
    GICD_IIDR = 0x0008,
    GICD_IGRPMODR = 0x0d00,
    GICD_IROUTER = 0x6000,
    ID_REGISTERS = ARM_GICV3_IDENTIFICATION,
};
enum {
    GICR_CTLR = 0x00,
    GICR_IIDR = 0x04,
    GICR_TYPER = 0x08,
    GICR_WAKER = 0x14,
    GICR_SGI_FRAME = 0x10000,
};
/* GICR_CTLR: LPIs can be disabled again, and GICR_INVLPIR and its companions are there. */
enum { CTLR_ENABLE_LPIS = 1 << 0, CTLR_CES = 1 << 1, CTLR_IR = 1 << 2 };
enum { R_TYPER_PLPIS = 1 << 0, R_TYPER_LAST = 1 << 4 };
enum {
    TYPER_SECURITY = 1 << 10,
    TYPER_LPIS = 1 << 17,
    TYPER_ID_BITS = 15 << 19,
    TYPER_A3V = 1 << 24,
    TYPER_NO_1N = 1 << 25
};

/* Architecture 3; the part number in word 4. */
uint8_t arm_gicv3_identification(unsigned word, ARMGICv3Frame frame)
{
    static const uint8_t id[] = { 0x44, 0, 0, 0, 0x92, 0xb4, 0x3b, 0, 0x0d, 0xf0, 0x05, 0xb1 };

    return id[word] + (word == 4 ? frame : 0);
}

/* Bytes of the ranges, of interrupts that are shared or the CPU's own. */
static bool has_range(ARMGICv3 *s, hwaddr offset, bool own)
{
    const GICRange *r = gic_find_range(offset);
    unsigned irq = r ? gic_range_interrupt(r, offset - r->base) : 0;

    return r && !gic_range_is_targets(r) && irq < s->num_irq && own == (irq < FIRST_SHARED);
}

/* Which security state an access in memory is of: non-secure ones see less. */
static bool is_outsider(const ARMGICv3 *s, MemTxAttrs attrs)
{
    return s->security && !attrs.secure;
}

static uint64_t ranges_read(ARMGICv3 *s, unsigned cpu, hwaddr offset, unsigned size, bool own,
                            bool outsider)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < size && has_range(s, offset + i, own); i++) {
        const GICRange *r = gic_find_range(offset + i);
        unsigned irq = gic_range_interrupt(r, offset + i - r->base);

        value |= (uint64_t)(outsider ? gic_range_read_outside
                                     : gic_range_read)(r, gicv3_bank_of(s, cpu, irq), irq % 32)
                 << (8 * i);
    }
    return value;
}

/* GICD_IGRPMODR, GICR_IGRPMODR0: a word for each bank, of secure state's; NULL: there is none. */
static uint32_t *find_modifier(ARMGICv3 *s, unsigned cpu, hwaddr offset, bool own, bool outsider)
{
    unsigned bank = (offset - GICD_IGRPMODR) / 4;

    if (offset < GICD_IGRPMODR || bank >= s->num_irq / 32 || own != (bank == 0) || !s->security ||
        outsider) {
        return NULL;
    }
    return &gicv3_bank_of(s, cpu, bank * 32)->modifier;
}

static void ranges_write(ARMGICv3 *s, unsigned cpu, hwaddr offset, uint64_t value, unsigned size,
                         bool own, bool outsider)
{
    for (unsigned i = 0; i < size && has_range(s, offset + i, own); i++) {
        const GICRange *r = gic_find_range(offset + i);
        unsigned irq = gic_range_interrupt(r, offset + i - r->base);
        /* software-generated interrupts are edges */
        uint32_t fixed = own && r->kind == GIC_RANGE_CONFIG ? GIC_SGIS : 0;

        (outsider ? gic_range_write_outside : gic_range_write)(r, gicv3_bank_of(s, cpu, irq),
                                                               irq % 32, value >> (8 * i), fixed);
    }
}

/* Which interrupt's router; false: no router is there. */
static bool find_route(ARMGICv3 *s, hwaddr offset, unsigned *n)
{
    *n = (offset - GICD_IROUTER) / 8 - FIRST_SHARED;
    return offset >= GICD_IROUTER + 8 * FIRST_SHARED && *n < s->num_irq - FIRST_SHARED;
}

static uint32_t read_distributor_control(const ARMGICv3 *s, bool outsider)
{
    return outsider      ? (s->control & GROUP1) | CTLR_ARE
           : s->security ? s->control | CTLR_ARE | CTLR_ARE_NS
                         : s->control | CTLR_ARE | CTLR_DS;
}

static void write_distributor_control(ARMGICv3 *s, uint32_t value, bool outsider)
{
    uint32_t groups = outsider ? GROUP1 : s->security ? ALL_GROUPS : GROUP0 | GROUP1;

    if (s->security && !outsider && (value & CTLR_DS)) {
        qemu_log_mask(LOG_UNIMP, "arm-gicv3: GICD_CTLR.DS: two security states stay two\n");
    }
    s->control = (s->control & ~groups) | (value & groups);
}

static uint64_t distributor_value(ARMGICv3 *s, hwaddr offset, unsigned size, bool outsider)
{
    uint32_t *modifier = find_modifier(s, 0, offset, false, outsider);
    unsigned n;

    if (modifier) {
        return *modifier >> (8 * (offset & 3));
    }
    if (gic_find_range(offset)) {
        return ranges_read(s, 0, offset, size, false, outsider);
    }
    if (find_route(s, offset, &n)) {
        return outsider && !(s->shared[n / 32].group1 >> (n % 32) & 1)
                   ? 0
                   : s->route[n] >> (8 * (offset & 7));
    }
    if (offset >= ID_REGISTERS) {
        return arm_gicv3_identification((offset - ID_REGISTERS) / 4, ARM_GICV3_FRAME_DISTRIBUTOR);
    }
    switch (offset) {
    case GICD_CTLR:
        return read_distributor_control(s, outsider);
    case GICD_TYPER:
        return (s->num_irq / 32 - 1) | TYPER_ID_BITS | TYPER_A3V | TYPER_NO_1N |
               (s->security ? TYPER_SECURITY : 0) | (s->has_lpi ? TYPER_LPIS : 0);
    case GICD_IIDR:
        return ARM_GICV3_IIDR;
    default:
        return 0; /* reserved: reads as zero */
    }
}

static MemTxResult distributor_read(void *opaque, hwaddr offset, uint64_t *value, unsigned size,
                                    MemTxAttrs attrs)
{
    ARMGICv3 *s = opaque;

    *value = distributor_value(s, offset, size, is_outsider(s, attrs));
    return MEMTX_OK;
}

static MemTxResult distributor_write(void *opaque, hwaddr offset, uint64_t value, unsigned size,
                                     MemTxAttrs attrs)
{
    ARMGICv3 *s = opaque;
    bool outsider = is_outsider(s, attrs);
    uint32_t *modifier = find_modifier(s, 0, offset, false, outsider);
    unsigned n;

    if (modifier) {
        *modifier =
            deposit32(*modifier, 8 * (offset & 3), MIN(8 * size, 32 - 8 * (offset & 3)), value);
    } else if (gic_find_range(offset)) {
        ranges_write(s, 0, offset, value, size, false, outsider);
    } else if (find_route(s, offset, &n)) {
        unsigned shift = 8 * (offset & 7);

        if (!outsider || (s->shared[n / 32].group1 >> (n % 32) & 1)) {
            s->route[n] =
                deposit64(s->route[n], shift, MIN(8 * size, 64 - shift), value) & AFFINITIES;
        }
    } else if (offset == GICD_CTLR) {
        write_distributor_control(s, value, outsider);
    } else {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "arm-gicv3: write of distributor offset 0x%" HWADDR_PRIx
                      ": no register, or read-only\n",
                      offset);
        return MEMTX_OK;
    }
    gicv3_update(s);
    return MEMTX_OK;
}

static uint64_t redistributor_type(const ARMGICv3 *s, unsigned cpu)
{
    uint64_t place = gicv3_affinity(s, cpu);

    return (place >> 32 << 24 | (place & 0xffffff)) << 32 | cpu << 8 |
           (cpu + 1 == s->num_cpu ? R_TYPER_LAST : 0) | (s->has_lpi ? R_TYPER_PLPIS : 0);
}

static uint32_t read_redistributor_control(const ARMGICv3 *s, unsigned cpu)
{
    return !s->has_lpi ? 0
                       : CTLR_CES | CTLR_IR | (s->redist[cpu].lpis.enabled ? CTLR_ENABLE_LPIS : 0);
}

static uint64_t redistributor_value(ARMGICv3 *s, unsigned cpu, hwaddr offset, unsigned size,
                                    bool outsider)
{
    uint64_t value;

    if (offset >= GICR_SGI_FRAME) {
        uint32_t *modifier = find_modifier(s, cpu, offset - GICR_SGI_FRAME, true, outsider);

        return modifier ? *modifier >> (8 * (offset & 3))
                        : ranges_read(s, cpu, offset - GICR_SGI_FRAME, size, true, outsider);
    }
    if (offset >= ID_REGISTERS) {
        return arm_gicv3_identification((offset - ID_REGISTERS) / 4, ARM_GICV3_FRAME_REDISTRIBUTOR);
    }
    if (gic_lpis_read(&s->redist[cpu].lpis, offset, size, &value)) {
        return value;
    }
    switch (offset) {
    case GICR_CTLR:
        return read_redistributor_control(s, cpu);
    case GICR_IIDR:
        return ARM_GICV3_IIDR;
    case GICR_TYPER:
    case GICR_TYPER + 4:
        return redistributor_type(s, cpu) >> (8 * (offset & 7));
    case GICR_WAKER:
        return outsider ? 0 : s->redist[cpu].waker;
    default:
        return 0;
    }
}

static MemTxResult redistributor_read(void *opaque, hwaddr addr, uint64_t *value, unsigned size,
                                      MemTxAttrs attrs)
{
    ARMGICv3 *s = opaque;

    *value = redistributor_value(s, addr / ARM_GICV3_REDISTRIBUTOR_SIZE,
                                 addr % ARM_GICV3_REDISTRIBUTOR_SIZE, size, is_outsider(s, attrs));
    return MEMTX_OK;
}

static MemTxResult redistributor_write(void *opaque, hwaddr addr, uint64_t value, unsigned size,
                                       MemTxAttrs attrs)
{
    ARMGICv3 *s = opaque;
    unsigned cpu = addr / ARM_GICV3_REDISTRIBUTOR_SIZE;
    hwaddr offset = addr % ARM_GICV3_REDISTRIBUTOR_SIZE;
    bool outsider = is_outsider(s, attrs);

    if (offset >= GICR_SGI_FRAME) {
        uint32_t *modifier = find_modifier(s, cpu, offset - GICR_SGI_FRAME, true, outsider);

        if (modifier) {
            *modifier =
                deposit32(*modifier, 8 * (offset & 3), MIN(8 * size, 32 - 8 * (offset & 3)), value);
        } else {
            ranges_write(s, cpu, offset - GICR_SGI_FRAME, value, size, true, outsider);
        }
        gicv3_update_cpu(s, cpu);
    } else if (offset == GICR_WAKER && !outsider) {
        s->redist[cpu].waker = value & WAKER_SLEEP ? WAKER_SLEEP | WAKER_CHILDREN_ASLEEP : 0;
    } else if (offset == GICR_CTLR && s->has_lpi) {
        gic_lpis_enable(&s->redist[cpu].lpis, value & CTLR_ENABLE_LPIS);
        gicv3_update_cpu(s, cpu);
    } else if (gic_lpis_write(&s->redist[cpu].lpis, offset, size, value)) {
        gicv3_update_cpu(s, cpu);
    }
    return MEMTX_OK;
}

#define REGISTERS(name)                                                                            \
    {                                                                                              \
        .read_with_attrs = name##_read, .write_with_attrs = name##_write,                          \
        .endianness = DEVICE_LITTLE_ENDIAN,                                                        \
        .valid = { .min_access_size = 1, .max_access_size = 8 },                                   \
        .impl = { .min_access_size = 1, .max_access_size = 8 },                                    \
    }
const MemoryRegionOps gicv3_distributor_ops = REGISTERS(distributor);
const MemoryRegionOps gicv3_redistributor_ops = REGISTERS(redistributor);
