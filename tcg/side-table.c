/*
 * Side tables: where guest registers are at each place that may raise an exception, and which guest
 * instruction that is; written once for each block, read when an exception happens.
 *
 * Nearly all of them are never read, so they are kept small: a stream of differences in variable-
 * length numbers (seven bits a byte, lowest first; signed ones with the sign in bit 0).
 *
 *     number of ways out by a call
 *     for each: code offset, exit, difference of its pc from the block's
 *     number of instructions
 *     for each: its insn_start words, as differences from the one before
 *     number of sites
 *     for each: flags, differences of code offset and instruction; for a guest access its operands;
 *               what has changed of the locations of globals since the site before
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "backend.h"

/* A site's first byte: its kind, and */
enum {
    SITE_STORE = 4,
    SITE_VECTORS = 8,
    SITE_VALUE_IS_64 = 16,
    SITE_ADDR_CONST = 32,
    SITE_VALUE_CONST = 64,
    SITE_LOCS_CHANGE = 128,
};

/* A location in one byte: a register, or */
enum {
    LOC_HOME = NB_HOST_REGS, /* in env */
    LOC_CONST,               /* a signed number follows */
};

/* ---- Writing ---- */

static void put(GByteArray *out, uint64_t v)
{
    do {
        uint8_t byte = (v & 0x7f) | (v > 0x7f ? 0x80 : 0);

        g_byte_array_append(out, &byte, 1);
        v >>= 7;
    } while (v);
}

static void put_signed(GByteArray *out, int64_t v)
{
    put(out, (uint64_t)v << 1 ^ (uint64_t)(v >> 63));
}

static void put_ways_out(const TCGContext *s, GByteArray *out)
{
    put(out, s->nb_ways_out);
    for (unsigned i = 0; i < s->nb_ways_out; i++) {
        put(out, s->ways_out[i].offset);
        put(out, s->ways_out[i].exit);
        put_signed(out, s->ways_out[i].pc - s->tb->pc);
    }
}

static void put_insns(const TCGContext *s, GByteArray *out)
{
    uint64_t before[TARGET_INSN_START_WORDS] = { s->tb->pc };

    put(out, s->nb_insns);
    for (uint32_t i = 0; i < s->nb_insns * TARGET_INSN_START_WORDS; i++) {
        unsigned word = i % TARGET_INSN_START_WORDS;

        put_signed(out, s->insn_data[i] - before[word]);
        before[word] = s->insn_data[i];
    }
}

static bool same_loc(const TCGLoc *a, const TCGLoc *b)
{
    return a->kind == b->kind && a->value == b->value;
}

static const TCGLoc *find_loc(const TCGContext *s, const TCGSite *site, unsigned global)
{
    for (uint32_t i = 0; site && i < site->nb_locs; i++) {
        if (s->locs[site->first_loc + i].global == global) {
            return &s->locs[site->first_loc + i];
        }
    }
    return NULL;
}

static void put_loc(GByteArray *out, unsigned global, const TCGLoc *loc)
{
    put(out, global);
    if (!loc) {
        put(out, LOC_HOME);
    } else if (loc->kind == TCG_LOC_REG) {
        put(out, loc->value);
    } else {
        put(out, LOC_CONST);
        put_signed(out, loc->value);
    }
}

/* The differences from `before` to `site`; returns how many. With out = NULL only counts. */
static unsigned put_loc_changes(const TCGContext *s, GByteArray *out, const TCGSite *before,
                                const TCGSite *site)
{
    unsigned n = 0;

    for (uint32_t i = 0; i < site->nb_locs; i++) {
        const TCGLoc *loc = &s->locs[site->first_loc + i];
        const TCGLoc *old = find_loc(s, before, loc->global);

        if (!old || !same_loc(old, loc)) {
            n++;
            if (out) {
                put_loc(out, loc->global, loc);
            }
        }
    }
    for (uint32_t i = 0; before && i < before->nb_locs; i++) {
        unsigned global = s->locs[before->first_loc + i].global;

        if (!find_loc(s, site, global)) {
            n++;
            if (out) {
                put_loc(out, global, NULL);
            }
        }
    }
    return n;
}

static void put_site(const TCGContext *s, GByteArray *out, const TCGSite *before,
                     const TCGSite *site)
{
    unsigned changes = put_loc_changes(s, NULL, before, site);
    uint8_t flags = site->kind | (site->store ? SITE_STORE : 0) |
                    (site->vectors ? SITE_VECTORS : 0) |
                    (site->value_is_64 ? SITE_VALUE_IS_64 : 0) |
                    (site->addr_kind == TCG_LOC_CONST ? SITE_ADDR_CONST : 0) |
                    (site->value_kind == TCG_LOC_CONST ? SITE_VALUE_CONST : 0) |
                    (changes ? SITE_LOCS_CHANGE : 0);

    g_byte_array_append(out, &flags, 1);
    put_signed(out, (int64_t)site->code_offset - (before ? before->code_offset : 0));
    put_signed(out, site->insn - (before ? before->insn : 0));
    if (site->kind != TCG_SITE_CALL) {
        put(out, site->oi);
        put(out, site->resume_offset - site->code_offset);
        put_signed(out, site->addr);
        put_signed(out, site->value);
        put_signed(out, site->disp);
    }
    if (changes) {
        put(out, changes);
        put_loc_changes(s, out, before, site);
    }
}

void tcg_write_side_table(const TCGContext *s, GByteArray *out)
{
    g_byte_array_set_size(out, 0);
    put_ways_out(s, out);
    put_insns(s, out);
    put(out, s->nb_sites);
    for (uint32_t i = 0; i < s->nb_sites; i++) {
        put_site(s, out, i ? &s->sites[i - 1] : NULL, &s->sites[i]);
    }
}

/* ---- Reading ---- */

typedef struct Reader {
    const uint8_t *p;
    TCGLoc *locs; /* by global, where the caller wants them: those that aren't in env; or NULL */
} Reader;

static uint64_t get(Reader *r)
{
    uint64_t v = 0;
    unsigned shift = 0;

    do {
        v |= (uint64_t)(*r->p & 0x7f) << shift;
        shift += 7;
    } while (*r->p++ & 0x80);
    return v;
}

static int64_t get_signed(Reader *r)
{
    uint64_t v = get(r);

    return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

static Reader open_table(const TranslationBlock *tb, TCGLoc *locs)
{
    return (Reader){ (const uint8_t *)(tb_ranges(tb) + tb->nb_ranges), locs };
}

static TCGWayOut get_way_out(Reader *r, const TranslationBlock *tb)
{
    TCGWayOut way = { .offset = get(r) };

    way.exit = get(r);
    way.pc = tb->pc + get_signed(r);
    return way;
}

TCGWayOut tcg_read_way_out(const TranslationBlock *tb, uint32_t offset)
{
    Reader r = open_table(tb, NULL);

    for (uint64_t n = get(&r); n > 0; n--) {
        TCGWayOut way = get_way_out(&r, tb);

        if (way.offset == offset) {
            return way;
        }
    }
    g_assert_not_reached(); /* only such calls lead here */
}

static void skip_ways_out(Reader *r, const TranslationBlock *tb)
{
    for (uint64_t n = get(r); n > 0; n--) {
        get_way_out(r, tb);
    }
}

/* The words of instruction `wanted`, if there is such a one; r ends behind the last instruction. */
static void get_insns(Reader *r, const TranslationBlock *tb, uint64_t wanted, uint64_t *words)
{
    uint64_t now[TARGET_INSN_START_WORDS] = { tb->pc };
    uint64_t n = get(r);

    for (uint64_t i = 0; i < n; i++) {
        for (unsigned w = 0; w < TARGET_INSN_START_WORDS; w++) {
            now[w] += get_signed(r);
        }
        if (i == wanted) {
            memcpy(words, now, sizeof(now));
        }
    }
}

static void get_loc_changes(Reader *r)
{
    for (uint64_t n = get(r); n > 0; n--) {
        unsigned global = get(r), where = get(r);
        int64_t value = where == LOC_CONST ? get_signed(r) : where;

        if (r->locs) {
            r->locs[global] = (TCGLoc){ .global = where == LOC_HOME ? TCG_NO_GLOBAL : global,
                                        .kind = where == LOC_CONST ? TCG_LOC_CONST : TCG_LOC_REG,
                                        .value = value };
        }
    }
}

/* *site is the one before, and becomes the next. */
static void get_site(Reader *r, TCGSite *site)
{
    uint8_t flags = *r->p++;

    *site = (TCGSite){
        .code_offset = site->code_offset + get_signed(r),
        .insn = site->insn,
        .kind = flags & 3,
        .store = flags & SITE_STORE,
        .vectors = flags & SITE_VECTORS,
        .value_is_64 = (flags & SITE_VALUE_IS_64) != 0,
        .addr_kind = flags & SITE_ADDR_CONST ? TCG_LOC_CONST : TCG_LOC_REG,
        .value_kind = flags & SITE_VALUE_CONST ? TCG_LOC_CONST : TCG_LOC_REG,
    };
    site->insn += get_signed(r);
    if (site->kind != TCG_SITE_CALL) {
        site->oi = get(r);
        site->resume_offset = site->code_offset + get(r);
        site->addr = get_signed(r);
        site->value = get_signed(r);
        site->disp = get_signed(r);
    }
    if (flags & SITE_LOCS_CHANGE) {
        get_loc_changes(r);
    }
}

/* Reads up to the site at this code offset; false if there is none. */
static bool read_site(const TranslationBlock *tb, uint32_t code_offset, TCGSite *site,
                      TCGLoc *locs)
{
    Reader r = open_table(tb, locs);

    skip_ways_out(&r, tb);
    get_insns(&r, tb, UINT64_MAX, NULL);
    *site = (TCGSite){ 0 };
    for (uint64_t n = get(&r); n > 0; n--) {
        get_site(&r, site);
        if (site->code_offset == code_offset) {
            return true;
        }
    }
    return false;
}

bool tcg_find_site(const TranslationBlock *tb, uintptr_t host_pc, TCGSite *site)
{
    return read_site(tb, host_pc - (uintptr_t)tb_code(tb), site, NULL);
}

void tcg_insn_words(const TranslationBlock *tb, unsigned insn,
                    uint64_t words[TARGET_INSN_START_WORDS])
{
    Reader r = open_table(tb, NULL);

    skip_ways_out(&r, tb);
    get_insns(&r, tb, insn, words);
}

/* The value's bytes; the host is little-endian, so that they begin with those of a narrow one. */
static const void *loc_value(const TCGLoc *loc, const CPUJitState *jit)
{
    if (loc->kind == TCG_LOC_CONST) {
        return &loc->value;
    }
    return loc->value < FIRST_VECTOR ? (const void *)&jit->save_regs[loc->value]
                                     : &jit->save_vectors[loc->value - FIRST_VECTOR];
}

void tcg_site_restore(const TranslationBlock *tb, const TCGSite *site, CPUArchState *env)
{
    unsigned n = tcg_nb_globals();
    TCGLoc *locs = g_newa(TCGLoc, n);
    TCGSite again;

    for (unsigned i = 0; i < n; i++) {
        locs[i].global = TCG_NO_GLOBAL;
    }
    read_site(tb, site->code_offset, &again, locs);
    for (unsigned i = 0; i < n; i++) {
        if (locs[i].global != TCG_NO_GLOBAL) {
            const TCGTemp *g = tcg_global_info(i);

            memcpy((char *)env + g->offset, loc_value(&locs[i], env_jit(env)), type_size(g->type));
        }
    }
}
