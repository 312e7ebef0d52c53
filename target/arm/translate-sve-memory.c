/*
 * Arm translator: SVE loads and stores of contiguous elements, generated where all they may touch is
 * in one page of RAM.
 *
 * A load takes all the memory that its elements may be in, by tcg_gen_host_ld(), and clears what isn't
 * active: nobody sees that those bytes were read. A store does that only if every element is active.
 * Everything else, and so whatever may raise, is done by the function of sve-memory.c that stands in
 * the slow path: see ARMSveHostFunc.
 *
 * Reference: DDI 0487, C8.2; B2.2 (an element is single-copy atomic if it is aligned: the host's
 * accesses of 16 bytes keep each aligned doubleword whole).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "target/arm/translate-sve.h"

/*
 * Whether accesses of this translation may be generated at all: their bytes lie in memory as they do
 * in registers, and no address has to be looked at but by the MMU.
 */
static bool arm_sve_may_inline(const DisasContext *ctx)
{
    return !(ctx->byte_order & (MO_BE | MO_ALIGN)) && !(ctx->hflags & ARM_HF_TAG_CHECK);
}

/* ---- Bytes changing places ---- */

/* No byte of the table. */
#define NOWHERE 0xff

static TCGv_vec gen_shuffle(TCGv_vec from, const uint8_t index[16])
{
    TCGv_vec t = new_vector();

    tcg_gen_tbl_vec(t, from, tcg_constant_v128(ldq_le_p(index), ldq_le_p(index + 8)));
    return t;
}

/* The host's memory, with 2 to 16 bytes from there on, as the lowest ones of a vector. */
static TCGv_vec gen_load_bytes(TCGv_ptr host, unsigned offset, unsigned bytes)
{
    TCGv_vec t = new_vector();
    TCGv_i64 low = tcg_temp_new_i64();

    switch (bytes) {
    case 16:
        tcg_gen_ld_vec(t, host, offset);
        return t;
    case 8:
        tcg_gen_ld_i64(low, host, offset);
        break;
    case 4:
        tcg_gen_ld32u_i64(low, host, offset);
        break;
    default:
        tcg_gen_ld16u_i64(low, host, offset);
    }
    tcg_gen_concat_i64_vec(t, low, tcg_constant_i64(0));
    return t;
}

static void gen_store_bytes(TCGv_vec value, TCGv_ptr host, unsigned offset, unsigned bytes)
{
    TCGv_i64 low = tcg_temp_new_i64();

    if (bytes == 16) {
        tcg_gen_st_vec(value, host, offset);
        return;
    }
    tcg_gen_extract_vec(MO_64, low, value, 0);
    if (bytes == 8) {
        tcg_gen_st_i64(low, host, offset);
    } else if (bytes == 4) {
        tcg_gen_st32_i64(low, host, offset);
    } else {
        tcg_gen_st16_i64(low, host, offset);
    }
}

/* Elements as a load's form says, from the lowest bytes of `t`. */
static TCGv_vec gen_extend(TCGv_vec t, ARMSveLoad form)
{
    unsigned wide = 1u << form.element, narrow = 1u << form.memory;
    unsigned first = form.is_signed ? wide - narrow : 0; /* where it goes within an element */
    uint8_t index[16];

    if (wide == narrow) {
        return t;
    }
    for (unsigned i = 0; i < 16; i++) {
        unsigned within = i % wide - first;

        index[i] = within < narrow ? i / wide * narrow + within : NOWHERE;
    }
    t = gen_shuffle(t, index);
    if (form.is_signed) {
        tcg_gen_sari_vec(form.element, t, t, 8 * (wide - narrow));
    }
    return t;
}

/* The lower parts of the elements, in the lowest bytes. */
static TCGv_vec gen_truncate(TCGv_vec t, unsigned element, unsigned memory)
{
    uint8_t index[16];

    if (element == memory) {
        return t;
    }
    for (unsigned i = 0; i < 16; i++) {
        unsigned n = i >> memory;

        index[i] = n < 16u >> element ? (n << element) + (i & ((1u << memory) - 1)) : NOWHERE;
    }
    return gen_shuffle(t, index);
}

/* Where byte `i` of quadword `q` of register `r` is in the memory of `nb` registers' structures. */
static unsigned place_in_structures(unsigned size, unsigned nb, unsigned r, unsigned q, unsigned i)
{
    unsigned at = 16 * q + i;

    return (((at >> size) * nb + r) << size) + (at & ((1u << size) - 1));
}

/* The quadword whose byte `i` is byte index[n][i] of from[n], for the one n that has it. */
static TCGv_vec gen_gathered(const TCGv_vec *from, uint8_t index[][16], unsigned nb)
{
    TCGv_vec result = NULL;

    for (unsigned n = 0; n < nb; n++) {
        TCGv_vec t;
        bool used = false;

        for (unsigned i = 0; i < 16; i++) {
            used |= index[n][i] != NOWHERE;
        }
        if (!used) {
            continue;
        }
        t = gen_shuffle(from[n], index[n]);
        if (result) {
            tcg_gen_or_vec(t, t, result);
        }
        result = t;
    }
    return result;
}

/* ---- Accesses ---- */

/* A stack pointer as the base. */
static MemOp hint(const DisasContext *ctx)
{
    return stack_hint(sve_rn(ctx->insn));
}

static TCGv_ptr gen_host_load(DisasContext *ctx, TCGv_i64 address, unsigned span,
                              ARMSveHostFunc *slow)
{
    const TCGHostRange range = { slow, ctx->insn, span };
    TCGv_ptr host = tcg_temp_new_ptr();

    tcg_gen_host_ld(host, address, ctx->mmu_idx, hint(ctx), &range);
    return host;
}

/* unusual: see tcg_gen_host_st(). The slow path gets the lowest quadwords of `nb` registers. */
static TCGv_ptr gen_host_store(DisasContext *ctx, TCGv_i64 address, TCGv_i64 unusual, unsigned nb,
                               unsigned span, ARMSveHostFunc *slow)
{
    const TCGHostRange range = { slow, ctx->insn, span };
    TCGv_ptr host = tcg_temp_new_ptr();
    TCGv_vec values[TCG_HOST_VALUES];

    for (unsigned i = 0; i < nb; i++) {
        values[i] = cpu_vreg[(sve_rd(ctx->insn) + i) % 32];
    }
    tcg_gen_host_st(host, address, unusual, values, nb, ctx->mmu_idx, hint(ctx), &range);
    return host;
}

static unsigned governing(const DisasContext *ctx)
{
    return extract32(ctx->insn, 10, 3);
}

/* Not zero if an element of that size isn't active. */
static TCGv_i64 gen_any_inactive(DisasContext *ctx, unsigned size)
{
    TCGv_i64 p = tcg_temp_new_i64();

    tcg_gen_ld_i64(p, tcg_env, offsetof(CPUARMState, preg[governing(ctx)]));
    tcg_gen_andc_i64(p, tcg_constant_i64(sve_all_true_of(vector_bytes(ctx), size)), p);
    return p;
}

static void gen_load_elements(DisasContext *ctx, TCGv_i64 address, ARMSveHostFunc *slow)
{
    ARMSveLoad form = arm_sve_loads[extract32(ctx->insn, 21, 4)];
    unsigned step = 16u >> form.element << form.memory; /* what a quadword takes */
    TCGv_ptr host = gen_host_load(ctx, address, step * arm_vq(ctx->hflags), slow);
    TCGv_vec p = gen_read_predicate(governing(ctx));

    for (unsigned i = 0; i < arm_vq(ctx->hflags); i++) {
        TCGv_vec t = gen_extend(gen_load_bytes(host, i * step, step), form), active = new_vector();

        tcg_gen_and_vec(active, t, gen_active_bytes(p, form.element, i));
        write_quadword(sve_rd(ctx->insn), i, active);
    }
}

static void gen_load(DisasContext *ctx, TCGv_i64 address)
{
    gen_load_elements(ctx, address, arm_sve_host_load);
}

/* With all that it may touch in RAM there is no difference. */
static void gen_load_first_fault(DisasContext *ctx, TCGv_i64 address)
{
    gen_load_elements(ctx, address, arm_sve_host_load_first_fault);
}

static void gen_load_no_fault(DisasContext *ctx, TCGv_i64 address)
{
    gen_load_elements(ctx, address, arm_sve_host_load_no_fault);
}

static void gen_store(DisasContext *ctx, TCGv_i64 address)
{
    unsigned memory = extract32(ctx->insn, 23, 2), element = extract32(ctx->insn, 21, 2);
    unsigned step = 16u >> element << memory;
    TCGv_ptr host = gen_host_store(ctx, address, gen_any_inactive(ctx, element), 1,
                                   step * arm_vq(ctx->hflags), arm_sve_host_store);

    for (unsigned i = 0; i < arm_vq(ctx->hflags); i++) {
        TCGv_vec t = read_quadword(sve_rd(ctx->insn), i);

        gen_store_bytes(gen_truncate(t, element, memory), host, i * step, step);
    }
}

/* Bits 22 and 21: registers but one. One: LDNT1. */
static void gen_load_structures(DisasContext *ctx, TCGv_i64 address)
{
    unsigned size = extract32(ctx->insn, 23, 2), nb = extract32(ctx->insn, 21, 2) + 1;
    unsigned vq = arm_vq(ctx->hflags);
    TCGv_ptr host = gen_host_load(ctx, address, nb * vector_bytes(ctx), arm_sve_host_load_structures);
    TCGv_vec p = gen_read_predicate(governing(ctx));

    for (unsigned q = 0; q < vq; q++) {
        TCGv_vec active = gen_active_bytes(p, size, q), from[4];

        for (unsigned n = 0; n < nb; n++) {
            from[n] = gen_load_bytes(host, (q * nb + n) * 16, 16);
        }
        for (unsigned r = 0; r < nb; r++) {
            uint8_t index[4][16];
            TCGv_vec t = new_vector();

            memset(index, NOWHERE, sizeof(index));
            for (unsigned i = 0; i < 16; i++) {
                unsigned at = place_in_structures(size, nb, r, 0, i);

                index[at / 16][i] = at % 16;
            }
            tcg_gen_and_vec(t, nb == 1 ? from[0] : gen_gathered(from, index, nb), active);
            write_quadword((sve_rd(ctx->insn) + r) % 32, q, t);
        }
    }
}

static void gen_store_structures(DisasContext *ctx, TCGv_i64 address)
{
    unsigned size = extract32(ctx->insn, 23, 2), nb = extract32(ctx->insn, 21, 2) + 1;
    unsigned vq = arm_vq(ctx->hflags);
    TCGv_ptr host = gen_host_store(ctx, address, gen_any_inactive(ctx, size), nb,
                                   nb * vector_bytes(ctx), arm_sve_host_store_structures);

    for (unsigned q = 0; q < vq; q++) {
        TCGv_vec from[4];

        for (unsigned r = 0; r < nb; r++) {
            from[r] = read_quadword((sve_rd(ctx->insn) + r) % 32, q);
        }
        for (unsigned n = 0; n < nb; n++) {
            uint8_t index[4][16];

            memset(index, NOWHERE, sizeof(index));
            for (unsigned r = 0; r < nb; r++) {
                for (unsigned i = 0; i < 16; i++) {
                    unsigned at = place_in_structures(size, nb, r, 0, i);

                    if (at / 16 == n) {
                        index[r][at % 16] = i;
                    }
                }
            }
            gen_store_bytes(nb == 1 ? from[0] : gen_gathered(from, index, nb), host,
                            (q * nb + n) * 16, 16);
        }
    }
}

static void gen_load_replicate(DisasContext *ctx, TCGv_i64 address)
{
    static void (*const loads[])(TCGv_i64 ret, TCGv_ptr base, intptr_t offset) = {
        tcg_gen_ld8u_i64, tcg_gen_ld16u_i64, tcg_gen_ld32u_i64, tcg_gen_ld_i64,
        tcg_gen_ld8s_i64, tcg_gen_ld16s_i64, tcg_gen_ld32s_i64, tcg_gen_ld_i64,
    };
    ARMSveLoad form = arm_sve_replicated(ctx->insn);
    TCGv_ptr host = gen_host_load(ctx, address, 1u << form.memory, arm_sve_host_load_replicate);
    TCGv_vec p = gen_read_predicate(governing(ctx)), every = new_vector();
    TCGv_i64 value = tcg_temp_new_i64();

    loads[form.memory + 4 * form.is_signed](value, host, 0);
    tcg_gen_dup_i64_vec(form.element, every, value);
    for (unsigned i = 0; i < arm_vq(ctx->hflags); i++) {
        TCGv_vec t = new_vector();

        tcg_gen_and_vec(t, every, gen_active_bytes(p, form.element, i));
        write_quadword(sve_rd(ctx->insn), i, t);
    }
}

static void gen_load_quadword(DisasContext *ctx, TCGv_i64 address)
{
    TCGv_ptr host = gen_host_load(ctx, address, 16, arm_sve_host_load_quadword);
    TCGv_vec p = gen_read_predicate(governing(ctx)), t = new_vector();

    tcg_gen_and_vec(t, gen_load_bytes(host, 0, 16),
                    gen_active_bytes(p, extract32(ctx->insn, 23, 2), 0));
    for (unsigned i = 0; i < arm_vq(ctx->hflags); i++) {
        write_quadword(sve_rd(ctx->insn), i, t);
    }
}

static void gen_load_register(DisasContext *ctx, TCGv_i64 address)
{
    TCGv_ptr host = gen_host_load(ctx, address, vector_bytes(ctx), arm_sve_host_load_register);

    for (unsigned i = 0; i < arm_vq(ctx->hflags); i++) {
        write_quadword(sve_rd(ctx->insn), i, gen_load_bytes(host, i * 16, 16));
    }
}

static void gen_store_register(DisasContext *ctx, TCGv_i64 address)
{
    TCGv_ptr host = gen_host_store(ctx, address, tcg_constant_i64(0), 1, vector_bytes(ctx),
                                   arm_sve_host_store_register);

    for (unsigned i = 0; i < arm_vq(ctx->hflags); i++) {
        gen_store_bytes(read_quadword(sve_rd(ctx->insn), i), host, i * 16, 16);
    }
}

/* Two bytes for each quadword. */
static void gen_load_predicate(DisasContext *ctx, TCGv_i64 address)
{
    unsigned vq = arm_vq(ctx->hflags);
    TCGv_ptr host = gen_host_load(ctx, address, 2 * vq, arm_sve_host_load_predicate);
    TCGv_i64 p = tcg_temp_new_i64(), high = tcg_temp_new_i64();

    if (vq == 1) {
        tcg_gen_ld16u_i64(p, host, 0);
    } else if (vq < 4) {
        tcg_gen_ld32u_i64(p, host, 0);
    } else {
        tcg_gen_ld_i64(p, host, 0);
    }
    if (vq == 3) {
        tcg_gen_ld16u_i64(high, host, 4);
        tcg_gen_shli_i64(high, high, 32);
        tcg_gen_or_i64(p, p, high);
    }
    tcg_gen_st_i64(p, tcg_env, offsetof(CPUARMState, preg[extract32(ctx->insn, 0, 4)]));
}

static void gen_store_predicate(DisasContext *ctx, TCGv_i64 address)
{
    unsigned vq = arm_vq(ctx->hflags);
    TCGv_ptr host = gen_host_store(ctx, address, tcg_constant_i64(0), 0, 2 * vq,
                                   arm_sve_host_store_predicate);
    TCGv_i64 p = tcg_temp_new_i64();

    tcg_gen_ld_i64(p, tcg_env, offsetof(CPUARMState, preg[extract32(ctx->insn, 0, 4)]));
    if (vq == 1) {
        tcg_gen_st16_i64(p, host, 0);
    } else if (vq < 4) {
        tcg_gen_st32_i64(p, host, 0);
    } else {
        tcg_gen_st_i64(p, host, 0);
    }
    if (vq == 3) {
        tcg_gen_shri_i64(p, p, 32);
        tcg_gen_st16_i64(p, host, 4);
    }
}

bool gen_access_at(DisasContext *ctx, TCGv_i64 address, ARMSveMemoryFunc *fn, bool is_stack)
{
    static const struct {
        ARMSveMemoryFunc *fn;
        void (*gen)(DisasContext *ctx, TCGv_i64 address);
    } forms[] = {
        { arm_sve_load, gen_load },
        { arm_sve_load_first_fault, gen_load_first_fault },
        { arm_sve_load_no_fault, gen_load_no_fault },
        { arm_sve_load_structures, gen_load_structures },
        { arm_sve_load_replicate, gen_load_replicate },
        { arm_sve_load_quadword, gen_load_quadword },
        { arm_sve_load_register, gen_load_register },
        { arm_sve_load_predicate, gen_load_predicate },
        { arm_sve_store, gen_store },
        { arm_sve_store_structures, gen_store_structures },
        { arm_sve_store_register, gen_store_register },
        { arm_sve_store_predicate, gen_store_predicate },
    };

    for (size_t i = 0; i < ARRAY_SIZE(forms) && arm_sve_may_inline(ctx); i++) {
        if (forms[i].fn == fn) {
            forms[i].gen(ctx, address);
            return true;
        }
    }
    if (ctx->hflags & ARM_HF_TAG_CHECK) {
        tcg_gen_st_i64(tcg_constant_i64(!is_stack), tcg_env, offsetof(CPUARMState, sve_is_checked));
    }
    gen_helper_arm_sve_memory(tcg_env, tcg_constant_ptr(fn), address, tcg_constant_i32(ctx->insn));
    return true;
}
