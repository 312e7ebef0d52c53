/*
 * SVE: loads and stores.
 *
 * Where all of an access lies in one page of RAM its elements are copied; else each is accessed by
 * itself. Destinations are written when nothing can fault any more.
 *
 * Reference: DDI 0487, C8.2; B2.2 (which accesses are single-copy atomic: none of more than an
 * element).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/host-utils.h"
#include "exec/cputlb.h"
#include "system/ram-access.h"
#include "target/arm/helper.h"
#include "target/arm/internal.h"
#include "target/arm/mte.h"
#include "target/arm/sve.h"

void helper_arm_sve_memory(CPUARMState *env, void *fn, uint64_t addr, uint32_t insn)
{
    ((ARMSveMemoryFunc *)fn)(env, addr, insn, GETPC());
}

const ARMSveLoad arm_sve_loads[16] = {
    { MO_8, MO_8, false },   { MO_8, MO_16, false },  { MO_8, MO_32, false },
    { MO_8, MO_64, false },  { MO_32, MO_64, true },  { MO_16, MO_16, false },
    { MO_16, MO_32, false }, { MO_16, MO_64, false }, { MO_16, MO_64, true },
    { MO_16, MO_32, true },  { MO_32, MO_32, false }, { MO_32, MO_64, false },
    { MO_8, MO_64, true },   { MO_8, MO_32, true },   { MO_8, MO_16, true },
    { MO_64, MO_64, false },
};

/* ---- Single elements ---- */

/* How memory is accessed: an element's size in it, the mode's byte order and alignment. */
typedef struct Access {
    CPUARMState *env;
    MemOp op;
    MemOpIdx oi;
    bool checked; /* tags are */
    uintptr_t ra;
} Access;

static Access access_of(CPUARMState *env, unsigned size, uintptr_t ra)
{
    bool big = env->hflags & ARM_HF_BIG_ENDIAN;
    MemOp op = size | (big ? MO_BE : MO_LE) | (env->hflags & ARM_HF_ALIGN ? MO_ALIGN : 0);

    return (Access){ env, op, make_memop_idx(op, arm_mmu_index(env->hflags)),
                     (env->hflags & ARM_HF_TAG_CHECK) && env->sve_is_checked, ra };
}

static unsigned size_of(const Access *a)
{
    return a->op & MO_SIZE;
}

static uint32_t tag_desc(const Access *a, MMUAccessType access, unsigned bytes)
{
    return arm_tag_desc(a->env->hflags, get_mmuidx(a->oi), access == MMU_DATA_STORE,
                        a->op & MO_ALIGN ? size_of(a) : 0, bytes);
}

/* What to access the address by, when its tag has been checked. */
static uint64_t checked(const Access *a, uint64_t addr, MMUAccessType access, unsigned bytes)
{
    return a->checked ? arm_check_tag(a->env, addr, tag_desc(a, access, bytes), a->ra) : addr;
}

static uint64_t load(const Access *a, uint64_t addr)
{
    addr = checked(a, addr, MMU_DATA_LOAD, 1u << size_of(a));
    return cpu_ld_mmu(a->env, addr, a->oi, a->ra);
}

static void store(const Access *a, uint64_t addr, uint64_t value)
{
    addr = checked(a, addr, MMU_DATA_STORE, 1u << size_of(a));
    cpu_st_mmu(a->env, addr, value, a->oi, a->ra);
}

/* Where [addr, addr + length), which is all accessed, lies, if that is in one page of RAM and needs no
 * look at alignment. */
static uint8_t *host_range(const Access *a, uint64_t addr, unsigned length, MMUAccessType access)
{
    if ((a->env->hflags & ARM_HF_ALIGN) ||
        (addr & ~TARGET_PAGE_MASK) + length > TARGET_PAGE_SIZE || (a->checked && length > 64)) {
        return NULL;
    }
    addr = checked(a, addr, access, length);
    return probe_access(a->env, addr, length, access, get_mmuidx(a->oi), a->ra);
}

/* ---- Contiguous elements ---- */

typedef struct Span {
    uint64_t active;
    unsigned first, count;
} Span;

/* The active elements, from the first to the last; false: there is none. */
static bool active_span(const CPUARMState *env, uint64_t pg, unsigned size, Span *span)
{
    span->active = pg & sve_all_true(env, size);
    if (!span->active) {
        return false;
    }
    span->first = ctz64(span->active) >> size;
    span->count = ((63 - clz64(span->active)) >> size) - span->first + 1;
    return true;
}

/* A debugger's watchpoint, or a tag, may be for an inactive one among them, which isn't accessed. */
static bool may_look_at_all(const Access *a, const Span *span)
{
    return (!arm_env_cpu(a->env)->debug && !a->checked) || ctpop64(span->active) == span->count;
}

/*
 * The memory of `nb` registers' elements: active ones are loaded, in the host's byte order, others are
 * anything.
 */
static void load_image(const Access *a, uint64_t addr, uint64_t pg, unsigned size, unsigned nb,
                       uint8_t *image)
{
    unsigned step = nb << size_of(a);
    uint8_t *host;
    Span span;

    if (!active_span(a->env, pg, size, &span)) {
        return;
    }
    host = may_look_at_all(a, &span)
               ? host_range(a, addr + span.first * step, span.count * step, MMU_DATA_LOAD)
               : NULL;
    if (host && !(a->op & MO_BE)) {
        ram_read(image + span.first * step, host, span.count * step);
        return;
    }
    for (unsigned i = span.first; i < span.first + span.count; i++) {
        for (unsigned r = 0; sve_active(pg, i, size) && r < nb; r++) {
            unsigned at = i * step + (r << size_of(a));

            stn_he_p(image + at, 1 << size_of(a),
                     host ? ram_load(host + at - span.first * step, a->op) : load(a, addr + at));
        }
    }
}

/* The registers from that; what isn't active becomes zero. */
static void unpack(CPUARMState *env, const uint8_t *image, uint64_t pg, ARMSveLoad form, unsigned nb,
                   SveReg *regs)
{
    uint64_t active = pg & sve_all_true(env, form.element);

    if (nb == 1 && form.memory == form.element && active == sve_all_true(env, form.element)) {
        memcpy(regs->b, image, sve_bytes(env));
        return;
    }
    memset(regs, 0, nb * sizeof(*regs));
    for (; active; active &= active - 1) {
        unsigned i = ctz64(active) >> form.element;

        for (unsigned r = 0; r < nb; r++) {
            uint64_t value = ldn_he_p(image + ((i * nb + r) << form.memory), 1 << form.memory);

            sve_put(&regs[r], i, form.element,
                    form.is_signed ? (uint64_t)sve_extend(value, form.memory) : value);
        }
    }
}

/* Elements of `nb` registers after one another in memory. */
static void load_contiguous(const Access *a, uint64_t addr, uint64_t pg, ARMSveLoad form, unsigned nb,
                            SveReg *regs)
{
    uint8_t image[4 * sizeof(SveReg)];

    load_image(a, addr, pg, form.element, nb, image);
    unpack(a->env, image, pg, form, nb, regs);
}

/* All elements are active, and lie in memory as in the register. */
static bool is_whole_register(const Access *a, uint64_t pg, unsigned size, unsigned nb)
{
    return nb == 1 && size_of(a) == size && !(a->op & MO_BE) && !(~pg & sve_all_true(a->env, size));
}

/* The active elements of one register, the first of them at `host`. */
static inline void store_elements(uint8_t *host, const Span *span, unsigned size, const SveReg *reg,
                                  MemOp op)
{
    for (uint64_t active = span->active; active; active &= active - 1) {
        unsigned i = ctz64(active) >> size;

        ram_store(host + ((i - span->first) << (op & MO_SIZE)), sve_get(reg, i, size), op);
    }
}

static void store_by_size(uint8_t *host, const Span *span, unsigned size, const SveReg *reg,
                          unsigned memory)
{
    switch (memory) {
    case MO_8:
        store_elements(host, span, size, reg, MO_8);
        break;
    case MO_16:
        store_elements(host, span, size, reg, MO_16);
        break;
    case MO_32:
        store_elements(host, span, size, reg, MO_32);
        break;
    default:
        store_elements(host, span, size, reg, MO_64);
    }
}

static void store_contiguous(const Access *a, uint64_t addr, uint64_t pg, unsigned size,
                             unsigned nb, const SveReg *regs)
{
    unsigned step = nb << size_of(a);
    uint8_t *host;
    Span span;

    if (!active_span(a->env, pg, size, &span)) {
        return;
    }
    host = may_look_at_all(a, &span)
               ? host_range(a, addr + span.first * step, span.count * step, MMU_DATA_STORE)
               : NULL;
    if (host && is_whole_register(a, pg, size, nb)) {
        ram_write(host, regs->b, sve_bytes(a->env));
        return;
    }
    if (host && nb == 1 && !(a->op & MO_BE)) {
        store_by_size(host, &span, size, regs, size_of(a));
        return;
    }
    for (unsigned i = span.first; i < span.first + span.count; i++) {
        for (unsigned r = 0; sve_active(pg, i, size) && r < nb; r++) {
            unsigned at = (i - span.first) * step + (r << size_of(a));
            uint64_t value = sve_get(&regs[r], i, size);

            if (host) {
                ram_store(host + at, value, a->op);
            } else {
                store(a, addr + i * step + (r << size_of(a)), value);
            }
        }
    }
}

/* Of loads without an extension. */
static ARMSveLoad form_of(unsigned size)
{
    return (ARMSveLoad){ size, size, false };
}

void arm_sve_load(CPUARMState *env, uint64_t addr, uint32_t insn, uintptr_t ra)
{
    ARMSveLoad form = arm_sve_loads[extract32(insn, 21, 4)];
    Access a = access_of(env, form.memory, ra);
    SveReg d;

    load_contiguous(&a, addr, sve_pg(env, insn), form, 1, &d);
    sve_write(env, sve_rd(insn), &d);
}

void *arm_sve_host_load(CPUARMState *env, uint64_t addr, uint32_t insn, uintptr_t ra)
{
    ARMSveLoad form = arm_sve_loads[extract32(insn, 21, 4)];
    Access a = access_of(env, form.memory, ra);

    load_image(&a, addr, sve_pg(env, insn), form.element, 1, env->sve_memory);
    return env->sve_memory;
}

/* LD2 to LD4, LDNT1: bits 22 and 21: registers but one. */
void arm_sve_load_structures(CPUARMState *env, uint64_t addr, uint32_t insn, uintptr_t ra)
{
    unsigned size = extract32(insn, 23, 2), nb = extract32(insn, 21, 2) + 1;
    Access a = access_of(env, size, ra);
    SveReg regs[4];

    load_contiguous(&a, addr, sve_pg(env, insn), form_of(size), nb, regs);
    for (unsigned i = 0; i < nb; i++) {
        sve_write(env, (sve_rd(insn) + i) % 32, &regs[i]);
    }
}

void *arm_sve_host_load_structures(CPUARMState *env, uint64_t addr, uint32_t insn, uintptr_t ra)
{
    unsigned size = extract32(insn, 23, 2), nb = extract32(insn, 21, 2) + 1;
    Access a = access_of(env, size, ra);

    load_image(&a, addr, sve_pg(env, insn), size, nb, env->sve_memory);
    return env->sve_memory;
}

void arm_sve_store(CPUARMState *env, uint64_t addr, uint32_t insn, uintptr_t ra)
{
    Access a = access_of(env, extract32(insn, 23, 2), ra);
    SveReg d = sve_read(env, sve_rd(insn));

    store_contiguous(&a, addr, sve_pg(env, insn), extract32(insn, 21, 2), 1, &d);
}

/* The n-th register that a slow path stores. */
static SveReg host_value(CPUARMState *env, uint32_t insn, unsigned n)
{
    SveReg r = sve_read(env, (sve_rd(insn) + n) % 32);

    memcpy(&r.q[0], &env_jit((CPUArchState *)env)->host_values[n], sizeof(r.q[0]));
    return r;
}

void *arm_sve_host_store(CPUARMState *env, uint64_t addr, uint32_t insn, uintptr_t ra)
{
    Access a = access_of(env, extract32(insn, 23, 2), ra);
    SveReg d = host_value(env, insn, 0);

    store_contiguous(&a, addr, sve_pg(env, insn), extract32(insn, 21, 2), 1, &d);
    return env->sve_memory;
}

void arm_sve_store_structures(CPUARMState *env, uint64_t addr, uint32_t insn, uintptr_t ra)
{
    unsigned size = extract32(insn, 23, 2), nb = extract32(insn, 21, 2) + 1;
    Access a = access_of(env, size, ra);
    SveReg regs[4];

    for (unsigned i = 0; i < nb; i++) {
        regs[i] = sve_read(env, (sve_rd(insn) + i) % 32);
    }
    store_contiguous(&a, addr, sve_pg(env, insn), size, nb, regs);
}

void *arm_sve_host_store_structures(CPUARMState *env, uint64_t addr, uint32_t insn, uintptr_t ra)
{
    unsigned size = extract32(insn, 23, 2), nb = extract32(insn, 21, 2) + 1;
    Access a = access_of(env, size, ra);
    SveReg regs[4];

    for (unsigned i = 0; i < nb; i++) {
        regs[i] = host_value(env, insn, i);
    }
    store_contiguous(&a, addr, sve_pg(env, insn), size, nb, regs);
    return env->sve_memory;
}

/* LD1R: what all active elements get, if there are any. */
static uint64_t load_replicated(CPUARMState *env, uint64_t addr, uint32_t insn, uintptr_t ra)
{
    ARMSveLoad form = arm_sve_replicated(insn);
    Access a = access_of(env, form.memory, ra);

    return sve_pg(env, insn) & sve_all_true(env, form.element) ? load(&a, addr) : 0;
}

void arm_sve_load_replicate(CPUARMState *env, uint64_t addr, uint32_t insn, uintptr_t ra)
{
    ARMSveLoad form = arm_sve_replicated(insn);
    uint64_t value = load_replicated(env, addr, insn, ra), pg = sve_pg(env, insn);
    SveReg d = { .d = { 0 } };

    value = form.is_signed ? (uint64_t)sve_extend(value, form.memory) : value;
    for (unsigned i = 0; i < sve_elements(env, form.element); i++) {
        sve_put(&d, i, form.element, sve_active(pg, i, form.element) ? value : 0);
    }
    sve_write(env, sve_rd(insn), &d);
}

void *arm_sve_host_load_replicate(CPUARMState *env, uint64_t addr, uint32_t insn, uintptr_t ra)
{
    stq_le_p(env->sve_memory, load_replicated(env, addr, insn, ra));
    return env->sve_memory;
}

/* LD1RQ: one quadword, everywhere. */
void arm_sve_load_quadword(CPUARMState *env, uint64_t addr, uint32_t insn, uintptr_t ra)
{
    unsigned size = extract32(insn, 23, 2);
    Access a = access_of(env, size, ra);
    SveReg d;

    load_contiguous(&a, addr, sve_pg(env, insn) & 0xffff, form_of(size), 1, &d);
    for (unsigned i = 1; i < ARM_MAX_VQ; i++) {
        d.q[i] = d.q[0];
    }
    sve_write(env, sve_rd(insn), &d);
}

void *arm_sve_host_load_quadword(CPUARMState *env, uint64_t addr, uint32_t insn, uintptr_t ra)
{
    unsigned size = extract32(insn, 23, 2);
    Access a = access_of(env, size, ra);

    load_image(&a, addr, sve_pg(env, insn) & 0xffff, size, 1, env->sve_memory);
    return env->sve_memory;
}

/* LD1RO: two, everywhere; one that has no pair is zero. */
void arm_sve_load_octaword(CPUARMState *env, uint64_t addr, uint32_t insn, uintptr_t ra)
{
    unsigned size = extract32(insn, 23, 2), vq = arm_vq(env->hflags);
    Access a = access_of(env, size, ra);
    SveReg d;

    load_contiguous(&a, addr, sve_pg(env, insn) & UINT32_MAX, form_of(size), 1, &d);
    for (unsigned i = 2; i < ARM_MAX_VQ; i++) {
        d.q[i] = i < (vq & ~1u) ? d.q[i - 2] : (ARMVector){ { 0 } };
    }
    sve_write(env, sve_rd(insn), &d);
}

/* ---- First fault, no fault ---- */

/* A load that mustn't fault: plain RAM only, no devices. */
static bool load_quietly(const Access *a, uint64_t addr, uint64_t *value)
{
    CPUState *cs = arm_env_cpu(a->env);
    unsigned bytes = 1u << size_of(a), mmu = get_mmuidx(a->oi);
    uint8_t *host;

    if ((a->env->hflags & ARM_HF_ALIGN) && (addr & (bytes - 1))) {
        return false;
    }
    if (a->checked && !arm_check_tag_quietly(a->env, &addr, tag_desc(a, MMU_DATA_LOAD, bytes))) {
        return false;
    }
    if ((addr & ~TARGET_PAGE_MASK) + bytes > TARGET_PAGE_SIZE) { /* byte by byte */
        Access byte = *a;
        uint64_t whole = 0, part;

        byte.op = MO_8;
        byte.checked = false;
        for (unsigned i = 0; i < bytes; i++) {
            if (!load_quietly(&byte, addr + i, &part)) {
                return false;
            }
            whole |= part << 8 * (a->op & MO_BE ? bytes - 1 - i : i);
        }
        *value = whole;
        return true;
    }
    if (!tlb_probe(cs, addr, bytes, MMU_DATA_LOAD, mmu)) {
        return false;
    }
    host = probe_access(a->env, addr, bytes, MMU_DATA_LOAD, mmu, a->ra);
    if (!host) {
        return false;
    }
    *value = ram_load(host, a->op);
    return true;
}

/*
 * Elements at addresses that `where` gives, as load_image() leaves them. Behind the first active one
 * (or at it, with `all_quiet`) a fault isn't raised: the first-fault register has its element and all
 * later ones cleared, and they are zero.
 */
typedef uint64_t ElementAddress(const void *opaque, unsigned i);

static void load_first_fault(const Access *a, uint64_t pg, unsigned element, bool all_quiet,
                             ElementAddress *where, const void *opaque, uint8_t *image)
{
    CPUARMState *env = a->env;
    unsigned bytes = 1u << size_of(a);
    bool first = !all_quiet;

    memset(image, 0, sve_elements(env, element) * bytes);
    for (unsigned i = 0; i < sve_elements(env, element); i++) {
        uint64_t value;

        if (!sve_active(pg, i, element)) {
            continue;
        }
        if (first) {
            value = load(a, where(opaque, i));
            first = false;
        } else if (!load_quietly(a, where(opaque, i), &value)) {
            env->preg[SVE_FFR] &= (1ull << (i << element)) - 1;
            break;
        }
        stn_he_p(image + i * bytes, bytes, value);
    }
}

typedef struct Contiguous {
    uint64_t base;
    unsigned size;
} Contiguous;

static uint64_t contiguous_address(const void *opaque, unsigned i)
{
    const Contiguous *c = opaque;

    return c->base + ((uint64_t)i << c->size);
}

static void load_quiet_image(CPUARMState *env, uint64_t addr, uint32_t insn, bool all_quiet,
                             uintptr_t ra, uint8_t *image)
{
    ARMSveLoad form = arm_sve_loads[extract32(insn, 21, 4)];
    Access a = access_of(env, form.memory, ra);
    Contiguous c = { addr, form.memory };

    load_first_fault(&a, sve_pg(env, insn), form.element, all_quiet, contiguous_address, &c, image);
}

static void load_quiet_contiguous(CPUARMState *env, uint64_t addr, uint32_t insn, bool all_quiet,
                                  uintptr_t ra)
{
    uint8_t image[sizeof(SveReg)];
    SveReg d;

    load_quiet_image(env, addr, insn, all_quiet, ra, image);
    unpack(env, image, sve_pg(env, insn), arm_sve_loads[extract32(insn, 21, 4)], 1, &d);
    sve_write(env, sve_rd(insn), &d);
}

void arm_sve_load_first_fault(CPUARMState *env, uint64_t addr, uint32_t insn, uintptr_t ra)
{
    load_quiet_contiguous(env, addr, insn, false, ra);
}

void arm_sve_load_no_fault(CPUARMState *env, uint64_t addr, uint32_t insn, uintptr_t ra)
{
    load_quiet_contiguous(env, addr, insn, true, ra);
}

void *arm_sve_host_load_first_fault(CPUARMState *env, uint64_t addr, uint32_t insn, uintptr_t ra)
{
    load_quiet_image(env, addr, insn, false, ra, env->sve_memory);
    return env->sve_memory;
}

void *arm_sve_host_load_no_fault(CPUARMState *env, uint64_t addr, uint32_t insn, uintptr_t ra)
{
    load_quiet_image(env, addr, insn, true, ra, env->sve_memory);
    return env->sve_memory;
}

/* ---- Gather and scatter ---- */

/* Addresses are offsets from a base, or themselves what a vector has, with an immediate as the
 * base. */
typedef struct Scattered {
    uint64_t base;
    SveReg offsets;
    unsigned element; /* size of an offset's element */
    unsigned shift;
    enum { OFFSET_SIGNED_WORD, OFFSET_UNSIGNED_WORD, OFFSET_ELEMENT } kind;
} Scattered;

static uint64_t scattered_address(const void *opaque, unsigned i)
{
    const Scattered *s = opaque;
    uint64_t offset = sve_get(&s->offsets, i, s->element);

    offset = s->kind == OFFSET_SIGNED_WORD     ? (uint64_t)(int32_t)offset
             : s->kind == OFFSET_UNSIGNED_WORD ? (uint32_t)offset
                                               : offset;
    return s->base + (offset << s->shift);
}

/* Bit 30: doublewords; bit 15 clear: words as offsets, with bit 22 signed ones; else bit 22:
 * doublewords as offsets, or addresses. Bit 21: scaled. */
static Scattered gathered(CPUARMState *env, uint64_t base, uint32_t insn)
{
    unsigned memory = extract32(insn, 23, 2);
    Scattered s = { .base = base, .element = extract32(insn, 30, 1) ? MO_64 : MO_32 };

    if (!extract32(insn, 15, 1)) {
        s.offsets = sve_read(env, sve_rm(insn));
        s.shift = extract32(insn, 21, 1) ? memory : 0;
        s.kind = extract32(insn, 22, 1) ? OFFSET_SIGNED_WORD : OFFSET_UNSIGNED_WORD;
    } else if (extract32(insn, 22, 1)) {
        s.offsets = sve_read(env, sve_rm(insn));
        s.shift = extract32(insn, 21, 1) ? memory : 0;
        s.kind = OFFSET_ELEMENT;
    } else {
        s.offsets = sve_read(env, sve_rn(insn));
        s.base = (uint64_t)extract32(insn, 16, 5) << memory;
        s.kind = OFFSET_ELEMENT;
    }
    return s;
}

static void gather(const Access *a, uint32_t insn, const Scattered *s, bool is_signed)
{
    CPUARMState *env = a->env;
    uint64_t pg = sve_pg(env, insn);
    SveReg d = { .d = { 0 } };

    for (unsigned i = 0; i < sve_elements(env, s->element); i++) {
        if (sve_active(pg, i, s->element)) {
            uint64_t value = load(a, scattered_address(s, i));

            sve_put(&d, i, s->element,
                    is_signed ? (uint64_t)sve_extend(value, size_of(a)) : value);
        }
    }
    sve_write(env, sve_rd(insn), &d);
}

/* Bit 14: without sign, bit 13: first fault. */
void arm_sve_gather(CPUARMState *env, uint64_t addr, uint32_t insn, uintptr_t ra)
{
    Scattered s = gathered(env, addr, insn);
    ARMSveLoad form = { extract32(insn, 23, 2), s.element, !extract32(insn, 14, 1) };
    Access a = access_of(env, form.memory, ra);
    uint8_t image[sizeof(SveReg)];
    SveReg d;

    if (extract32(insn, 13, 1)) {
        load_first_fault(&a, sve_pg(env, insn), form.element, false, scattered_address, &s, image);
        unpack(env, image, sve_pg(env, insn), form, 1, &d);
        sve_write(env, sve_rd(insn), &d);
    } else {
        gather(&a, insn, &s, form.is_signed);
    }
}

/* Addresses in zn, to each of which a register's offset is added. */
static Scattered paired(CPUARMState *env, uint64_t offset, uint32_t insn, unsigned element)
{
    return (Scattered){ .base = offset, .offsets = sve_read(env, sve_rn(insn)),
                        .element = element, .kind = OFFSET_ELEMENT };
}

/* Bit 30: doublewords, and bit 14: without sign; else bit 13. */
void arm_sve_gather_pair(CPUARMState *env, uint64_t offset, uint32_t insn, uintptr_t ra)
{
    bool doublewords = extract32(insn, 30, 1);
    Scattered s = paired(env, offset, insn, doublewords ? MO_64 : MO_32);
    Access a = access_of(env, extract32(insn, 23, 2), ra);

    gather(&a, insn, &s, !extract32(insn, doublewords ? 14 : 13, 1));
}

/*
 * Bits 15 to 13: 101: bit 22 set: addresses, of doublewords or (bit 21) words; clear: doublewords
 * as
 * offsets. Else words as offsets, with bit 14 signed ones; bit 22: the elements are words. Bit 21:
 * scaled.
 */
static Scattered scattered(CPUARMState *env, uint64_t base, uint32_t insn)
{
    unsigned memory = extract32(insn, 23, 2);
    bool words = extract32(insn, 22, 1);
    Scattered s = { .base = base, .element = words ? MO_32 : MO_64 };

    if (extract32(insn, 13, 1) && words) {
        s.element = extract32(insn, 21, 1) ? MO_32 : MO_64;
        s.offsets = sve_read(env, sve_rn(insn));
        s.base = (uint64_t)extract32(insn, 16, 5) << memory;
        s.kind = OFFSET_ELEMENT;
        return s;
    }
    s.offsets = sve_read(env, sve_rm(insn));
    s.shift = extract32(insn, 21, 1) ? memory : 0;
    s.kind = extract32(insn, 13, 1)   ? OFFSET_ELEMENT
             : extract32(insn, 14, 1) ? OFFSET_SIGNED_WORD
                                      : OFFSET_UNSIGNED_WORD;
    return s;
}

static void scatter(CPUARMState *env, uint32_t insn, const Scattered *s, uintptr_t ra)
{
    Access a = access_of(env, extract32(insn, 23, 2), ra);
    uint64_t pg = sve_pg(env, insn);
    SveReg d = sve_read(env, sve_rd(insn));

    for (unsigned i = 0; i < sve_elements(env, s->element); i++) {
        if (sve_active(pg, i, s->element)) {
            store(&a, scattered_address(s, i), sve_get(&d, i, s->element));
        }
    }
}

void arm_sve_scatter(CPUARMState *env, uint64_t addr, uint32_t insn, uintptr_t ra)
{
    Scattered s = scattered(env, addr, insn);

    scatter(env, insn, &s, ra);
}

/* Bit 22: words. */
void arm_sve_scatter_pair(CPUARMState *env, uint64_t offset, uint32_t insn, uintptr_t ra)
{
    Scattered s = paired(env, offset, insn, extract32(insn, 22, 1) ? MO_32 : MO_64);

    scatter(env, insn, &s, ra);
}

/* ---- Whole registers: bytes, in any byte order ---- */

static void load_bytes(CPUARMState *env, uint64_t addr, uint8_t *bytes, unsigned length,
                       uintptr_t ra)
{
    Access a = access_of(env, MO_8, ra);
    const uint8_t *host = host_range(&a, addr, length, MMU_DATA_LOAD);

    if (host) {
        ram_read(bytes, host, length);
        return;
    }
    for (unsigned i = 0; i < length; i++) {
        bytes[i] = load(&a, addr + i);
    }
}

static void store_bytes(CPUARMState *env, uint64_t addr, const uint8_t *bytes, unsigned length,
                        uintptr_t ra)
{
    Access a = access_of(env, MO_8, ra);
    uint8_t *host = host_range(&a, addr, length, MMU_DATA_STORE);

    if (host) {
        ram_write(host, bytes, length);
        return;
    }
    for (unsigned i = 0; i < length; i++) {
        store(&a, addr + i, bytes[i]);
    }
}

/* With SCTLR.A the address is a multiple of 16, or of two. */
static void check_alignment(CPUARMState *env, uint64_t addr, unsigned align, MMUAccessType access,
                            uintptr_t ra)
{
    if ((env->hflags & ARM_HF_ALIGN) && (addr & (align - 1))) {
        arm_do_unaligned_access(arm_env_cpu(env), addr, access, arm_mmu_index(env->hflags), ra);
    }
}

void arm_sve_load_register(CPUARMState *env, uint64_t addr, uint32_t insn, uintptr_t ra)
{
    SveReg d;

    check_alignment(env, addr, 16, MMU_DATA_LOAD, ra);
    load_bytes(env, addr, d.b, sve_bytes(env), ra);
    sve_write(env, sve_rd(insn), &d);
}

void *arm_sve_host_load_register(CPUARMState *env, uint64_t addr, uint32_t insn, uintptr_t ra)
{
    load_bytes(env, addr, env->sve_memory, sve_bytes(env), ra);
    return env->sve_memory;
}

void arm_sve_store_register(CPUARMState *env, uint64_t addr, uint32_t insn, uintptr_t ra)
{
    SveReg d = sve_read(env, sve_rd(insn));

    check_alignment(env, addr, 16, MMU_DATA_STORE, ra);
    store_bytes(env, addr, d.b, sve_bytes(env), ra);
}

void *arm_sve_host_store_register(CPUARMState *env, uint64_t addr, uint32_t insn, uintptr_t ra)
{
    SveReg d = host_value(env, insn, 0);

    store_bytes(env, addr, d.b, sve_bytes(env), ra);
    return env->sve_memory;
}

void arm_sve_load_predicate(CPUARMState *env, uint64_t addr, uint32_t insn, uintptr_t ra)
{
    uint8_t bytes[8] = { 0 };

    check_alignment(env, addr, 2, MMU_DATA_LOAD, ra);
    load_bytes(env, addr, bytes, sve_bytes(env) / 8, ra);
    env->preg[extract32(insn, 0, 4)] = ldq_le_p(bytes);
}

void *arm_sve_host_load_predicate(CPUARMState *env, uint64_t addr, uint32_t insn, uintptr_t ra)
{
    load_bytes(env, addr, env->sve_memory, sve_bytes(env) / 8, ra);
    return env->sve_memory;
}

void arm_sve_store_predicate(CPUARMState *env, uint64_t addr, uint32_t insn, uintptr_t ra)
{
    uint8_t bytes[8];

    check_alignment(env, addr, 2, MMU_DATA_STORE, ra);
    stq_le_p(bytes, env->preg[extract32(insn, 0, 4)]);
    store_bytes(env, addr, bytes, sve_bytes(env) / 8, ra);
}

void *arm_sve_host_store_predicate(CPUARMState *env, uint64_t addr, uint32_t insn, uintptr_t ra)
{
    arm_sve_store_predicate(env, addr, insn, ra);
    return env->sve_memory;
}
