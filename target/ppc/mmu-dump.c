/*
 * `info tlb`: what the BATs, the segment registers and the page table translate.
 *
 * A command must not hold the CPU, let alone the main loop, for as long as asking for each of the
 * 2^20 pages takes. So the table is read once, group by group: an entry and the place where it
 * stands tell the page that it maps. Where several entries map a page, the one that the processor's
 * search finds first counts.
 *
 * Reference: PEM 7.6.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/rcu.h"
#include "system/memory.h"
#include "target/ppc/internal.h"
#include "target/ppc/mmu-hash.h"

enum {
    SEGMENTS = 16,
    PAGES_IN_SEGMENT = 0x10000,
    GROUP_SIZE = 64,
    GROUPS = 1024, /* that lie together: the low bits of the hash */
    ENTRIES_IN_GROUP = 8,
    /* A table can be made so that each page is a line of its own. */
    MAX_LINES = 8192,
};

/* The entry that counts for a page. */
typedef struct Mapping {
    uint32_t word; /* its second word */
    uint8_t rank;  /* how early the search finds it; 0: there is none */
} Mapping;

typedef struct PageTable {
    AddressSpace *as;
    const uint32_t *sr;
    uint32_t sdr1;
    uint16_t segments_by_vsid[256]; /* by its low bits: which segments to compare with */
    Mapping *segment[SEGMENTS];     /* NULL while nothing is mapped there */
} PageTable;

/* The entry at `group`, slot `n`, if it maps a page of segment `seg`. */
static void note_entry(PageTable *t, unsigned seg, hwaddr group, unsigned n, uint32_t word0,
                       uint32_t word1)
{
    uint32_t vsid = t->sr[seg] & SR_VSID;
    bool secondary = word0 & PTE0_H;
    uint32_t hash_low = group / GROUP_SIZE % GROUPS;
    /* The table's word gives the page number's upper 6 bits, the hash the lower 10. */
    uint32_t page = (word0 & 0x3f) << 10 | (((secondary ? ~hash_low : hash_low) ^ vsid) & 0x3ff);
    uint32_t ea = seg << 28 | page << 12;
    uint8_t rank = (secondary ? 0 : ENTRIES_IN_GROUP) + ENTRIES_IN_GROUP - n;

    if ((word0 >> 7 & SR_VSID) != vsid || (t->sr[seg] & SR_T) ||
        ppc_pteg_address(t->sdr1, vsid, ea, secondary) != group) {
        return;
    }
    if (!t->segment[seg]) {
        t->segment[seg] = g_new0(Mapping, PAGES_IN_SEGMENT);
    }
    if (t->segment[seg][page].rank < rank) {
        t->segment[seg][page] = (Mapping){ word1, rank };
    }
}

static void note_group(PageTable *t, hwaddr group, const uint8_t *bytes)
{
    for (unsigned n = 0; n < ENTRIES_IN_GROUP; n++, bytes += 8) {
        uint32_t word0 = ldl_be_p(bytes);
        unsigned segments = word0 & PTE0_V ? t->segments_by_vsid[word0 >> 7 & 0xff] : 0;

        for (unsigned seg = 0; segments; seg++, segments >>= 1) {
            if (segments & 1) {
                note_entry(t, seg, group, n, word0, ldl_be_p(bytes + 4));
            }
        }
    }
}

/* Only memory is looked at: a look at a device may change it. */
static bool read_memory(AddressSpace *as, hwaddr addr, uint8_t *buf, hwaddr size)
{
    RCU_READ_LOCK_GUARD();

    while (size) {
        hwaddr offset, len = size;
        MemoryRegion *mr = address_space_translate(as, addr, &offset, &len, false,
                                                   MEMTXATTRS_UNSPECIFIED);

        if (!memory_region_is_ram(mr) ||
            address_space_read(as, addr, MEMTXATTRS_UNSPECIFIED, buf, len) != MEMTX_OK) {
            return false;
        }
        addr += len;
        buf += len;
        size -= len;
    }
    return true;
}

static void read_table(PageTable *t)
{
    g_autofree uint8_t *bytes = g_malloc(GROUPS * GROUP_SIZE);
    uint32_t mask = t->sdr1 & 0x1ff, origin = t->sdr1 >> 16;

    for (unsigned seg = 0; seg < SEGMENTS; seg++) {
        t->segments_by_vsid[t->sr[seg] & 0xff] |= 1u << seg;
    }
    /* Bits of the mask that the origin has, too, make no difference to the address. */
    for (uint32_t high = 0; high <= mask; high++) {
        hwaddr first = (hwaddr)(origin | high) << 16;

        if ((high & ~mask) || (high & origin) ||
            !read_memory(t->as, first, bytes, GROUPS * GROUP_SIZE)) {
            continue;
        }
        for (unsigned i = 0; i < GROUPS; i++) {
            note_group(t, first + i * GROUP_SIZE, bytes + i * GROUP_SIZE);
        }
    }
}

/* A stretch of pages that are mapped alike to memory that follows like they do. */
typedef struct Stretch {
    uint64_t start, end;
    PPCXlate first;
    bool open;
} Stretch;

static void print_stretch(FILE *f, Stretch *s, unsigned *lines)
{
    if (s->open && (*lines)++ < MAX_LINES) {
        fprintf(f, "%08" PRIx64 "-%08" PRIx64 " -> %08" PRIx64 " %c%c%c WIMG %x\n", s->start,
                s->end - 1, (uint64_t)s->first.phys, s->first.prot & PAGE_READ ? 'r' : '-',
                s->first.prot & PAGE_WRITE ? 'w' : '-', s->first.prot & PAGE_EXEC ? 'x' : '-',
                s->first.wimg >> 3);
    }
    s->open = false;
}

static bool continues(const Stretch *s, uint64_t ea, const PPCXlate *x)
{
    return s->open && s->end == ea && s->first.phys + (ea - s->start) == x->phys &&
           s->first.prot == x->prot && s->first.wimg == x->wimg;
}

static void print_segment(const PageTable *t, FILE *f, unsigned seg, unsigned *lines)
{
    Stretch s = { 0 };

    for (unsigned page = 0; t->segment[seg] && page < PAGES_IN_SEGMENT; page++) {
        const Mapping *m = &t->segment[seg][page];
        uint64_t ea = (uint64_t)seg << 28 | page << 12;
        PPCXlate x;

        if (!m->rank ||
            ppc_xlate_entry(m->word, t->sr[seg], ea, MMU_DATA_LOAD, false, &x) != PPC_XLATE_OK) {
            continue;
        }
        if (!(m->word & PTE1_C)) {
            x.prot &= ~PAGE_WRITE;
        }
        if (!continues(&s, ea, &x)) {
            print_stretch(f, &s, lines);
            s = (Stretch){ .start = ea, .first = x, .open = true };
        }
        s.end = ea + TARGET_PAGE_SIZE;
    }
    print_stretch(f, &s, lines);
}

static void dump_pages(CPUState *cs, FILE *f)
{
    CPUPPCState *env = ppc_env(cs);
    PageTable t = { .as = cpu_default_space(cs), .sr = env->sr, .sdr1 = env->spr[SPR_SDR1] };
    unsigned lines = 0;

    read_table(&t);
    for (unsigned seg = 0; seg < SEGMENTS; seg++) {
        print_segment(&t, f, seg, &lines);
        g_free(t.segment[seg]);
    }
    if (lines > MAX_LINES) {
        fprintf(f, "... and %u more\n", lines - MAX_LINES);
    }
}

static void dump_bats(CPUPPCState *env, FILE *f, const char *name, unsigned first, unsigned nb,
                      unsigned num)
{
    for (unsigned i = 0; i < nb; i++) {
        uint32_t upper = env->spr[num + 2 * i], lower = env->spr[num + 2 * i + 1];
        uint32_t size = ((upper & BATU_BL) << 15) + 0x20000;

        fprintf(f, "%s%u %08x %08x", name, first + i, upper, lower);
        if (upper & (BATU_VS | BATU_VP)) {
            fprintf(f, "  %08x -> %08x %6u KiB WIMG %x PP %u%s%s", upper & BATU_BEPI,
                    lower & BATL_BRPN, size / 1024, (lower & WIMG_MASK) >> 3, lower & BATL_PP,
                    upper & BATU_VS ? " Vs" : "", upper & BATU_VP ? " Vp" : "");
        }
        fputc('\n', f);
    }
}

void ppc_dump_mmu(CPUState *cs, FILE *f)
{
    CPUPPCState *env = ppc_env(cs);
    bool high = ppc_family(env)->nb_bats > 4;

    dump_bats(env, f, "IBAT", 0, 4, SPR_IBAT0U);
    dump_bats(env, f, "DBAT", 0, 4, SPR_DBAT0U);
    if (high) {
        fprintf(f, "BATs 4-7 %s\n",
                env->spr[SPR_HID2] & HID2_HIGH_BAT_EN ? "enabled" : "disabled (HID2)");
        dump_bats(env, f, "IBAT", 4, 4, SPR_IBAT4U);
        dump_bats(env, f, "DBAT", 4, 4, SPR_DBAT4U);
    }
    for (unsigned i = 0; i < 16; i++) {
        uint32_t sr = env->sr[i];

        fprintf(f, "SR%-2u %08x%s%s%s%s VSID %06x\n", i, sr, sr & SR_T ? " T" : "",
                sr & SR_KS ? " Ks" : "", sr & SR_KP ? " Kp" : "", sr & SR_N ? " N" : "",
                sr & SR_VSID);
    }
    fprintf(f, "SDR1 %08x\n", env->spr[SPR_SDR1]);
    if (env->msr & MSR_DR) {
        dump_pages(cs, f);
    }
}
