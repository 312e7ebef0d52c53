/*
 * LPIs of a GICv3's redistributor: see gicv3-lpi.h.
 *
 * Tables are accessed as memory only: where a guest puts them into a device's registers, nothing is
 * read or written, so that what an LPI does ends here.
 *
 * Reference: Arm Generic Interrupt Controller Architecture Specification, versions 3 and 4 (IHI
 * 0069), chapter 5 (Locality-specific Peripheral Interrupts); 12.11 (GICR registers).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "gic-bank.h"
#include "gicv3-lpi.h"
#include "qapi/error.h"
#include "qemu/bitops.h"
#include "qemu/bswap.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "system/address-spaces.h"
#include "system/memory.h"

#define NO_LPI          0
#define IDLE_PRIORITY   0xff
#define ENABLED         0x01 /* in the byte of configuration; bits 7 to 2 are the priority */
#define ADDRESS_MASK    0x000ffffffffff000ull
#define PENDING_MASK    0x000fffffffff0000ull
/* What can be written: cacheability, shareability, address, and how many bits numbers have. */
#define PROPBASER_KNOWN 0x070fffffffffff9full
#define PENDBASER_KNOWN 0x070fffffffff0f80ull

static const MemTxAttrs as_memory = { .memory = 1 };

/* ---- Tables ---- */

/* The first number that is too large: what GICR_PROPBASER.IDbits says, and the hardware can. */
static unsigned end_of_numbers(const GICLPIs *l)
{
    return MIN(2u << MIN(l->configuration_base & 0x1f, 15), GIC_LPI_END);
}

static bool is_known(const GICLPIs *l, unsigned irq)
{
    return l->enabled && irq >= GIC_FIRST_LPI && irq < end_of_numbers(l);
}

/* Of `count` LPIs from 8192 + n on. */
static void read_configuration(GICLPIs *l, unsigned n, unsigned count)
{
    hwaddr place = (l->configuration_base & ADDRESS_MASK) + n;

    if (address_space_read(&address_space_memory, place, as_memory, &l->configuration[n], count) !=
        MEMTX_OK) {
        qemu_log_dev(LOG_GUEST_ERROR, "arm-gicv3", "GICR_PROPBASER",
                     "no memory for %u bytes at 0x%" HWADDR_PRIx ": LPIs from %u on stay disabled",
                     count, place, GIC_FIRST_LPI + n);
        memset(&l->configuration[n], 0, count);
    }
}

/* A word of pending bits in memory is little-endian, as bytes of 8 interrupts each are. */
static bool transfer_pending(GICLPIs *l, bool to_memory)
{
    hwaddr place = (l->pending_base & PENDING_MASK) + GIC_FIRST_LPI / 8;
    unsigned bytes =
        end_of_numbers(l) > GIC_FIRST_LPI ? (end_of_numbers(l) - GIC_FIRST_LPI) / 8 : 0;
    uint64_t words[GIC_NUM_LPIS / 64] = { 0 };
    MemTxResult result;

    for (size_t i = 0; to_memory && i < ARRAY_SIZE(words); i++) {
        words[i] = cpu_to_le64(l->pending[i]);
    }
    result = address_space_rw(&address_space_memory, place, as_memory, words, bytes, to_memory);
    if (result != MEMTX_OK) {
        qemu_log_dev(LOG_GUEST_ERROR, "arm-gicv3", "GICR_PENDBASER",
                     "no memory for %u bytes at 0x%" HWADDR_PRIx ": pending LPIs are lost", bytes,
                     place);
        return false;
    }
    for (size_t i = 0; !to_memory && i < ARRAY_SIZE(words); i++) {
        l->pending[i] = le64_to_cpu(words[i]);
    }
    return true;
}

/* ---- What is pending ---- */

static uint8_t priority_of(const GICLPIs *l, uint8_t configuration)
{
    return (l->upper_half ? configuration >> 1 | 0x80 : configuration) & GIC_PRIORITY_MASK;
}

/* A pending one is offered to the CPU if it is enabled and nothing as urgent is. */
static void offer(GICLPIs *l, unsigned n)
{
    uint8_t configuration = l->configuration[n], priority = priority_of(l, configuration);
    unsigned irq = GIC_FIRST_LPI + n;

    if ((configuration & ENABLED) && (l->best == NO_LPI || priority < l->best_priority ||
                                      (priority == l->best_priority && irq < l->best))) {
        l->best = irq;
        l->best_priority = priority;
    }
}

static void find_best(GICLPIs *l)
{
    l->best = NO_LPI;
    l->best_priority = IDLE_PRIORITY;
    for (unsigned i = 0; i < ARRAY_SIZE(l->summary); i++) {
        for (uint64_t some = l->summary[i]; some; some &= some - 1) {
            unsigned word = i * 64 + ctz64(some);

            for (uint64_t set = l->pending[word]; set; set &= set - 1) {
                offer(l, word * 64 + ctz64(set));
            }
        }
    }
}

static void summarize(GICLPIs *l)
{
    memset(l->summary, 0, sizeof(l->summary));
    for (unsigned i = 0; i < ARRAY_SIZE(l->pending); i++) {
        l->summary[i / 64] |= (uint64_t)(l->pending[i] != 0) << (i % 64);
    }
}

static void forget_all(GICLPIs *l)
{
    memset(l->pending, 0, sizeof(l->pending));
    memset(l->summary, 0, sizeof(l->summary));
    find_best(l);
}

void gic_lpis_set(GICLPIs *l, unsigned irq, bool pending)
{
    unsigned n = irq - GIC_FIRST_LPI;
    uint64_t bit = 1ull << (n % 64);

    if (!is_known(l, irq) || pending == ((l->pending[n / 64] & bit) != 0)) {
        return;
    }
    l->pending[n / 64] ^= bit;
    l->summary[n / 64 / 64] =
        deposit64(l->summary[n / 64 / 64], n / 64 % 64, 1, l->pending[n / 64] != 0);
    if (pending) {
        read_configuration(l, n, 1);
        offer(l, n);
    } else if (irq == l->best) {
        find_best(l);
    }
}

bool gic_lpis_is_pending(const GICLPIs *l, unsigned irq)
{
    unsigned n = irq - GIC_FIRST_LPI;

    return is_known(l, irq) && (l->pending[n / 64] >> (n % 64) & 1);
}

unsigned gic_lpis_count(const GICLPIs *l)
{
    unsigned count = 0;

    for (size_t i = 0; i < ARRAY_SIZE(l->pending); i++) {
        count += ctpop64(l->pending[i]);
    }
    return count;
}

void gic_lpis_invalidate(GICLPIs *l, unsigned irq)
{
    if (gic_lpis_is_pending(l, irq)) {
        read_configuration(l, irq - GIC_FIRST_LPI, 1);
        find_best(l);
    }
}

void gic_lpis_invalidate_all(GICLPIs *l)
{
    if (gic_lpis_count(l)) {
        read_configuration(l, 0, end_of_numbers(l) - GIC_FIRST_LPI);
        find_best(l);
    }
}

/* What the other one has no room for, or isn't enabled for, is lost. */
void gic_lpis_move_all(GICLPIs *from, GICLPIs *to)
{
    if (from == to || !from->enabled) {
        return;
    }
    for (unsigned i = 0; to->enabled && i < ARRAY_SIZE(to->pending); i++) {
        to->pending[i] |= (GIC_FIRST_LPI + i * 64) < end_of_numbers(to) ? from->pending[i] : 0;
    }
    forget_all(from);
    if (to->enabled) {
        summarize(to);
        gic_lpis_invalidate_all(to);
    }
}

void gic_lpis_enable(GICLPIs *l, bool on)
{
    if (on == l->enabled) {
        return;
    }
    if (on) {
        l->enabled = true;
        transfer_pending(l, false);
        summarize(l);
        gic_lpis_invalidate_all(l);
    } else {
        transfer_pending(l, true);
        forget_all(l);
        l->enabled = false;
    }
}

/* ---- Registers ---- */

static uint64_t *find_base(GICLPIs *l, hwaddr offset, uint64_t *known)
{
    switch (offset & ~7ull) {
    case GICR_PROPBASER:
        *known = PROPBASER_KNOWN;
        return &l->configuration_base;
    case GICR_PENDBASER: /* bit 62 says that the table is zero: it is read all the same */
        *known = PENDBASER_KNOWN;
        return &l->pending_base;
    default:
        return NULL;
    }
}

bool gic_lpis_read(const GICLPIs *l, hwaddr offset, unsigned size, uint64_t *value)
{
    uint64_t known;
    const uint64_t *base = l->present ? find_base((GICLPIs *)l, offset, &known) : NULL;

    if (base) {
        *value = *base >> (8 * (offset & 7));
    } else if (l->present && offset >= GICR_SYNCR && offset < GICR_SYNCR + 8) {
        *value = 0; /* never busy */
    } else {
        return false;
    }
    return true;
}

bool gic_lpis_write(GICLPIs *l, hwaddr offset, unsigned size, uint64_t value)
{
    unsigned shift = 8 * (offset & 7);
    uint64_t known, *base = l->present ? find_base(l, offset, &known) : NULL;

    if (base && l->enabled) {
        qemu_log_dev(LOG_GUEST_ERROR, "arm-gicv3",
                     base == &l->configuration_base ? "GICR_PROPBASER" : "GICR_PENDBASER",
                     "written while GICR_CTLR.EnableLPIs is 1: ignored");
    } else if (base) {
        *base = deposit64(*base, shift, MIN(8 * size, 64 - shift), value) & known;
    } else if (l->present && offset == GICR_INVLPIR) {
        gic_lpis_invalidate(l, (uint32_t)value);
    } else if (l->present && offset == GICR_INVALLR) {
        gic_lpis_invalidate_all(l);
    } else {
        return false;
    }
    return true;
}

/* ---- Life ---- */

void gic_lpis_init(GICLPIs *l, bool upper_half)
{
    l->present = true;
    l->upper_half = upper_half;
    l->configuration = g_new0(uint8_t, GIC_NUM_LPIS);
}

void gic_lpis_free(GICLPIs *l)
{
    g_free(l->configuration);
    l->configuration = NULL;
    l->present = false;
}

void gic_lpis_reset(GICLPIs *l)
{
    l->enabled = false;
    l->configuration_base = l->pending_base = 0;
    forget_all(l);
}

/* How many are pending, then a word for each: its number, and its configuration above. */
static void put_pending(GByteArray *out, const void *pv, size_t size, const VMStateField *field)
{
    const GICLPIs *l = container_of(pv, GICLPIs, pending);
    g_autoptr(GArray) words = g_array_new(false, false, sizeof(uint32_t));
    uint32_t count;

    for (unsigned n = 0; l->present && n < GIC_NUM_LPIS; n++) {
        if (l->pending[n / 64] >> (n % 64) & 1) {
            uint32_t word = cpu_to_be32(n | (uint32_t)l->configuration[n] << 24);

            g_array_append_val(words, word);
        }
    }
    count = cpu_to_be32(words->len);
    g_byte_array_append(out, (const uint8_t *)&count, sizeof(count));
    g_byte_array_append(out, (const uint8_t *)words->data, words->len * sizeof(uint32_t));
}

static bool get_word(VMStateReader *in, uint32_t *word)
{
    if (in->size - in->pos < sizeof(*word)) {
        return false;
    }
    *word = ldl_be_p(in->data + in->pos);
    in->pos += sizeof(*word);
    return true;
}

static int get_pending(VMStateReader *in, void *pv, size_t size, const VMStateField *field,
                       Error **errp)
{
    GICLPIs *l = container_of(pv, GICLPIs, pending);
    uint32_t count, word;
    bool fits = get_word(in, &count) && count <= (l->present ? GIC_NUM_LPIS : 0);

    forget_all(l);
    for (uint32_t i = 0; fits && i < count; i++) {
        fits = get_word(in, &word) && (word & 0xffffff) < GIC_NUM_LPIS;
        if (fits) {
            unsigned n = word & 0xffffff;

            l->pending[n / 64] |= 1ull << (n % 64);
            l->configuration[n] = word >> 24;
        }
    }
    if (!fits) {
        error_setg(errp, "pending LPIs: a list of numbers below %d was expected", GIC_NUM_LPIS);
        return -EINVAL;
    }
    return 0;
}

static const VMStateInfo pending_info = { .name = "pending LPIs",
                                          .put = put_pending,
                                          .get = get_pending };

/* GICs without LPIs take no snapshots of those that have them. */
static int post_load(void *opaque, int version_id)
{
    GICLPIs *l = opaque;

    if (l->enabled && !l->present) {
        return -EINVAL;
    }
    if (l->enabled) {
        for (unsigned n = MAX(end_of_numbers(l), GIC_FIRST_LPI) - GIC_FIRST_LPI; n < GIC_NUM_LPIS;
             n += 64) {
            l->pending[n / 64] = 0;
        }
        summarize(l);
        find_best(l);
    } else {
        forget_all(l);
    }
    return 0;
}

const VMStateDescription vmstate_gic_lpis = {
    .name = "gic-lpis",
    .post_load = post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_BOOL(enabled, GICLPIs),
            VMSTATE_UINT64(configuration_base, GICLPIs),
            VMSTATE_UINT64(pending_base, GICLPIs),
            {
                .name = "pending",
                .kind = VMS_KIND_CUSTOM,
                .size = sizeof(((GICLPIs *)0)->pending),
                .info = &pending_info,
                .offset = offsetof(GICLPIs, pending),
            },
            VMSTATE_END_OF_LIST(),
        },
};
