/*
 * Side tables: where guest registers are at each place that may raise an exception, and which guest
 * instruction that is; written once for each block, read when an exception happens.
 *
 * Nearly all of them are never read, so they are kept small: a stream of differences in variable-
 * length numbers (seven bits a byte, lowest first; signed ones with the sign in bit 0).
 *
 *     bytes that the ways out take, then the instructions
 *     number of ways out by a call
 *     for each: code offset, exit, difference of its pc from the block's, for the budget's ones
 *               what it has charged
 *     number of budget groups less one; for each but the first, how many instructions it has
 *     number of instructions
 *     for each run: its length, the difference of the first insn_start word (the pc) from that of the
 *               instruction before, and the other words, all of which are the same in a run
 *     number of sites
 *     for each: flags, differences of code offset and instruction; for a guest access its operands,
 *               and what has changed of the locations of globals since the access before (at a call
 *               they are all in env)
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

/* The table being written; `at` may run ahead of the room by SLACK bytes at most. */
typedef struct Out {
    TCGContext *s;
    uint32_t at;
} Out;

#define SLACK 64

static void put_byte(Out *out, uint8_t byte)
{
    out->s->side_table[out->at++] = byte;
}

static void put(Out *out, uint64_t v)
{
    for (; v > 0x7f; v >>= 7) {
        put_byte(out, v | 0x80);
    }
    put_byte(out, v);
}

/* Before each thing of a few numbers. */
static void make_room(Out *out)
{
    ENSURE_ROOM(out->s->side_table, out->s->side_table_room, out->at + SLACK);
}

static void put_signed(Out *out, int64_t v)
{
    put(out, (uint64_t)v << 1 ^ (uint64_t)(v >> 63));
}

static void put_ways_out(const TCGContext *s, Out *out)
{
    put(out, s->nb_ways_out);
    for (unsigned i = 0; i < s->nb_ways_out; i++) {
        make_room(out);
        put(out, s->ways_out[i].offset);
        put(out, s->ways_out[i].exit);
        put_signed(out, s->ways_out[i].pc - s->tb->pc);
        if (s->ways_out[i].exit == TB_EXIT_REQUESTED) {
            put(out, s->ways_out[i].insns);
        }
    }
}

typedef struct InsnWords {
    uint64_t w[TARGET_INSN_START_WORDS];
} InsnWords;

static InsnWords insn_words(const TCGContext *s, uint32_t insn)
{
    InsnWords words;

    memcpy(words.w, &s->insn_data[insn * TARGET_INSN_START_WORDS], sizeof(words.w));
    return words;
}

/* What is written of an instruction behind another one. */
static InsnWords step_to(InsnWords a, InsnWords before)
{
    a.w[0] -= before.w[0];
    return a;
}

static void put_insns(const TCGContext *s, Out *out)
{
    InsnWords before = { { s->tb->pc } };

    put(out, s->nb_groups ? s->nb_groups - 1 : 0);
    for (unsigned i = 1; i < s->nb_groups; i++) {
        make_room(out);
        put(out, s->group_ends[i] - s->group_ends[i - 1]);
    }
    put(out, s->nb_insns);
    for (uint32_t i = 0, run; i < s->nb_insns; i += run) {
        InsnWords step = step_to(insn_words(s, i), before), next = step;

        for (run = 0; i + run < s->nb_insns && !memcmp(&next, &step, sizeof(step));) {
            before = insn_words(s, i + run++);
            next = i + run < s->nb_insns ? step_to(insn_words(s, i + run), before) : next;
        }
        make_room(out);
        put(out, run);
        put_signed(out, step.w[0]);
        for (unsigned w = 1; w < TARGET_INSN_START_WORDS; w++) {
            put(out, step.w[w]);
        }
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

static void put_loc(Out *out, unsigned global, const TCGLoc *loc)
{
    make_room(out);
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
static unsigned put_loc_changes(const TCGContext *s, Out *out, const TCGSite *before,
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

/* `access`: the last site before that is one of a guest access */
static void put_site(const TCGContext *s, Out *out, const TCGSite *before,
                     const TCGSite *access, const TCGSite *site)
{
    bool call = site->kind == TCG_SITE_CALL;
    unsigned changes = call ? 0 : put_loc_changes(s, NULL, access, site);
    uint8_t flags = site->kind | (site->store ? SITE_STORE : 0) |
                    (site->vectors ? SITE_VECTORS : 0) |
                    (site->value_is_64 ? SITE_VALUE_IS_64 : 0) |
                    (site->addr_kind == TCG_LOC_CONST ? SITE_ADDR_CONST : 0) |
                    (site->value_kind == TCG_LOC_CONST ? SITE_VALUE_CONST : 0) |
                    (changes ? SITE_LOCS_CHANGE : 0);

    make_room(out);
    put_byte(out, flags);
    put_signed(out, (int64_t)site->code_offset - (before ? before->code_offset : 0));
    put_signed(out, site->insn - (before ? before->insn : 0));
    if (!call) {
        put(out, site->oi);
        put(out, site->resume_offset - site->code_offset);
        put_signed(out, site->addr);
        put_signed(out, site->value);
        put_signed(out, site->disp);
    }
    if (site->kind == TCG_SITE_PAGED) {
        put(out, site->slow_offset - site->code_offset);
    }
    if (changes) {
        make_room(out);
        put(out, changes);
        put_loc_changes(s, out, access, site);
    }
}

/* `write`s a part, with its length in two bytes before it. */
static void put_part(TCGContext *s, Out *out, void (*write)(const TCGContext *s, Out *out))
{
    uint32_t start = out->at;

    make_room(out);
    out->at += 2;
    write(s, out);
    s->side_table[start] = (out->at - start) & 0xff;
    s->side_table[start + 1] = (out->at - start) >> 8;
}

static void put_sites(const TCGContext *s, Out *out)
{
    const TCGSite *access = NULL;

    make_room(out);
    put(out, s->nb_sites);
    for (uint32_t i = 0; i < s->nb_sites; i++) {
        const TCGSite *before = i ? &s->sites[i - 1] : NULL;

        access = before && before->kind != TCG_SITE_CALL ? before : access;
        put_site(s, out, before, access, &s->sites[i]);
    }
}

uint32_t tcg_write_side_table(TCGContext *s)
{
    Out out = { s, 0 };

    put_part(s, &out, put_ways_out);
    put_part(s, &out, put_insns);
    put_sites(s, &out);
    return out.at;
}

/* ---- Reading ---- */

typedef struct Reader {
    const uint8_t *p;
    TCGLoc *locs; /* those of globals that aren't in env, in no order; or NULL */
    unsigned nb_locs;
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

/* The beginning of part `n`: 0 the ways out, 1 the instructions, 2 the sites. */
static Reader open_part(const TranslationBlock *tb, unsigned n)
{
    const uint8_t *p = (const uint8_t *)(tb_ranges(tb) + tb->nb_ranges);

    for (unsigned i = 0; i < n; i++) {
        p += p[0] | p[1] << 8;
    }
    return (Reader){ n < 2 ? p + 2 : p };
}

static TCGWayOut get_way_out(Reader *r, const TranslationBlock *tb)
{
    TCGWayOut way = { .offset = get(r) };

    way.exit = get(r);
    way.pc = tb->pc + get_signed(r);
    way.insns = way.exit == TB_EXIT_REQUESTED ? get(r) : 0;
    return way;
}

TCGWayOut tcg_read_way_out(const TranslationBlock *tb, uint32_t offset)
{
    Reader r = open_part(tb, 0);

    for (uint64_t n = get(&r); n > 0; n--) {
        TCGWayOut way = get_way_out(&r, tb);

        if (way.offset == offset) {
            return way;
        }
    }
    g_assert_not_reached(); /* only such calls lead here */
}

unsigned tcg_exit_pcs(const TranslationBlock *tb, uint64_t pcs[TB_NB_EXITS])
{
    Reader r = open_part(tb, 0);
    uint64_t seen = 0; /* checked exits have two ways out */
    unsigned nb = 0;

    for (uint64_t n = get(&r); n > 0; n--) {
        TCGWayOut way = get_way_out(&r, tb);

        if (way.exit != TB_EXIT_REQUESTED && !(seen >> way.exit & 1)) {
            seen |= 1ull << way.exit;
            pcs[nb++] = way.pc;
        }
    }
    return nb;
}

unsigned tcg_insns_ahead(const TranslationBlock *tb, unsigned insn)
{
    Reader r = open_part(tb, 1);
    unsigned end = tb->icount;

    for (uint64_t n = get(&r); n > 0 && end <= insn; n--) {
        end += get(&r);
    }
    return end - insn;
}

void tcg_insn_words(const TranslationBlock *tb, unsigned insn,
                    uint64_t words[TARGET_INSN_START_WORDS])
{
    Reader r = open_part(tb, 1);
    uint64_t n;

    for (uint64_t groups = get(&r); groups > 0; groups--) {
        get(&r);
    }
    n = get(&r);
    memset(words, 0, TARGET_INSN_START_WORDS * sizeof(*words));
    words[0] = tb->pc;
    for (uint64_t i = 0, run; i < n && i <= insn; i += run) {
        run = get(&r);
        words[0] += get_signed(&r) * MIN(run, insn - i + 1);
        for (unsigned w = 1; w < TARGET_INSN_START_WORDS; w++) {
            words[w] = get(&r);
        }
    }
}

static void change_loc(Reader *r, const TCGLoc *loc, bool in_env)
{
    unsigned i = 0;

    while (i < r->nb_locs && r->locs[i].global != loc->global) {
        i++;
    }
    if (!in_env) {
        r->locs[i] = *loc;
        r->nb_locs = MAX(r->nb_locs, i + 1);
    } else if (i < r->nb_locs) {
        r->locs[i] = r->locs[--r->nb_locs];
    }
}

static void get_loc_changes(Reader *r)
{
    for (uint64_t n = get(r); n > 0; n--) {
        unsigned global = get(r), where = get(r);
        TCGLoc loc = { .global = global, .kind = TCG_LOC_REG, .value = where };

        if (where == LOC_CONST) {
            loc.kind = TCG_LOC_CONST;
            loc.value = get_signed(r);
        }
        if (r->locs) {
            change_loc(r, &loc, where == LOC_HOME);
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
    if (site->kind == TCG_SITE_PAGED) {
        site->slow_offset = site->code_offset + get(r);
    }
    if (flags & SITE_LOCS_CHANGE) {
        get_loc_changes(r);
    }
}

/* Reads up to the site at this code offset; false if there is none. */
static bool read_site(Reader *r, uint32_t code_offset, TCGSite *site)
{
    *site = (TCGSite){ 0 };
    for (uint64_t n = get(r); n > 0; n--) {
        get_site(r, site);
        if (site->code_offset == code_offset) {
            return true;
        }
    }
    return false;
}

bool tcg_find_site(const TranslationBlock *tb, uintptr_t host_pc, TCGSite *site)
{
    Reader r = open_part(tb, 2);

    return read_site(&r, host_pc - (uintptr_t)tb_code(tb), site);
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

int32_t tcg_site_charged(const TranslationBlock *tb, uintptr_t host_pc, CPUArchState *env)
{
    int32_t charged = env_jit(env)->charged;
    Reader r = open_part(tb, 2);
    TCGSite site;

    r.locs = g_newa(TCGLoc, tcg_nb_globals());
    if (read_site(&r, host_pc - (uintptr_t)tb_code(tb), &site) && site.kind != TCG_SITE_CALL) {
        for (unsigned i = 0; i < r.nb_locs; i++) {
            if (r.locs[i].global == tcg_charged_global) {
                memcpy(&charged, loc_value(&r.locs[i], env_jit(env)), sizeof(charged));
            }
        }
    }
    return charged;
}

bool tcg_restore_site(const TranslationBlock *tb, uintptr_t host_pc, CPUArchState *env,
                      TCGSite *site)
{
    Reader r = open_part(tb, 2);

    r.locs = g_newa(TCGLoc, tcg_nb_globals());
    if (!read_site(&r, host_pc - (uintptr_t)tb_code(tb), site)) {
        return false;
    }
    for (unsigned i = 0; i < r.nb_locs && site->kind != TCG_SITE_CALL; i++) {
        const TCGTemp *g = tcg_global_info(r.locs[i].global);

        memcpy((char *)env + g->offset, loc_value(&r.locs[i], env_jit(env)), type_size(g->type));
    }
    return true;
}
