/*
 * Arm translator: memory tagging (FEAT_MTE): checks of tags, instructions on tags.
 *
 * Whether loads and stores are checked is part of the block's key: where they aren't nothing is
 * generated.
 *
 * Reference: DDI 0487, D10 and C6.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/mte.h"
#include "target/arm/translate.h"

/* ---- Checks ---- */

/* Each half's addresses lose their tags if it has any: they become like bit 55. */
static TCGv_i64 gen_strip(DisasContext *ctx, TCGv_i64 address)
{
    unsigned halves = ctx->hflags >> ARM_HF_TBI_SHIFT & 3;
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_sextract_i64(t, address, 0, 56);
    if (halves == 1) {
        tcg_gen_and_i64(t, t, address);
    } else if (halves == 2) {
        tcg_gen_or_i64(t, t, address);
    }
    return t;
}

TCGv_i64 a64_checked_as(DisasContext *ctx, TCGv_i64 address, TagCheck check, unsigned mmu_idx)
{
    uint64_t flag = mmu_idx == ctx->mmu_idx ? ARM_HF_TAG_CHECK : ARM_HF_TAG_CHECK_USER;
    bool aligned = check.ordered || (ctx->byte_order & MO_ALIGN);
    TCGv_i64 t;

    if (check.is_stack || !(ctx->hflags & flag)) {
        bool strips = !check.is_stack && (ctx->hflags & ARM_HF_STRIP_TAGS);

        /* A fault isn't to be taken for one at the address that was checked before. */
        if (ctx->hflags & (ARM_HF_TAG_CHECK | ARM_HF_STRIP_TAGS)) {
            tcg_gen_st_i64(address, tcg_env, offsetof(CPUARMState, checked_address));
        }
        return strips ? gen_strip(ctx, address) : address;
    }
    t = tcg_temp_new_i64();
    gen_helper_arm_check_tag(
        t, tcg_env, address,
        tcg_constant_i32(arm_tag_desc(ctx->hflags, mmu_idx, check.store, aligned ? check.size : 0,
                                      check.count << check.size)));
    return t;
}

TCGv_i64 a64_checked(DisasContext *ctx, TCGv_i64 address, TagCheck check)
{
    return a64_checked_as(ctx, address, check, ctx->mmu_idx);
}

/* ---- Addresses with tags ---- */

static bool has_tags(const DisasContext *ctx)
{
    return ctx->hflags & ARM_HF_TAGS;
}

bool a64_IRG(DisasContext *ctx, const arg_IRG *a)
{
    if (has_tags(ctx)) {
        gen_helper_arm_irg(cpu_x[a->rds], tcg_env, cpu_x[a->rns], a64_x(a->rm));
    } else {
        tcg_gen_andi_i64(cpu_x[a->rds], cpu_x[a->rns], ~(0xfull << 56));
    }
    return true;
}

/* The tag goes on by so many that aren't excluded. */
static bool gen_add_tag(DisasContext *ctx, const arg_ADDG *a, int sign)
{
    TCGv_i64 sum = a64_displaced(cpu_x[a->rns], sign * (int64_t)a->imm * ARM_TAG_GRANULE);
    TCGv_i32 how = tcg_temp_new_i32();
    TCGv_i64 tag = tcg_temp_new_i64();

    if (!has_tags(ctx)) {
        tcg_gen_andi_i64(cpu_x[a->rds], sum, ~(0xfull << 56));
        return true;
    }
    tcg_gen_extract_i64(tag, cpu_x[a->rns], 56, 4);
    tcg_gen_shli_i64(tag, tag, 4);
    tcg_gen_ori_i64(tag, tag, a->tag);
    tcg_gen_extrl_i64_i32(how, tag);
    gen_helper_arm_add_tag(cpu_x[a->rds], tcg_env, sum, how);
    return true;
}

bool a64_ADDG(DisasContext *ctx, const arg_ADDG *a)
{
    return gen_add_tag(ctx, a, 1);
}

bool a64_SUBG(DisasContext *ctx, const arg_SUBG *a)
{
    return gen_add_tag(ctx, (const arg_ADDG *)a, -1);
}

bool a64_GMI(DisasContext *ctx, const arg_GMI *a)
{
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_extract_i64(t, cpu_x[a->rns], 56, 4);
    tcg_gen_shl_i64(t, tcg_constant_i64(1), t);
    tcg_gen_or_i64(t, t, a64_x(a->rm));
    a64_write_x(a->rd, t, true);
    return true;
}

static TCGv_i64 pointer_of(unsigned rns)
{
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_sextract_i64(t, cpu_x[rns], 0, 56);
    return t;
}

bool a64_SUBP(DisasContext *ctx, const arg_SUBP *a)
{
    TCGv_i64 t = tcg_temp_new_i64();

    tcg_gen_sub_i64(t, pointer_of(a->rns), pointer_of(a->rms));
    a64_write_x(a->rd, t, true);
    return true;
}

bool a64_SUBPS(DisasContext *ctx, const arg_SUBPS *a)
{
    a64_subtract_with_flags(ctx, a->rd, pointer_of(a->rns), pointer_of(a->rms));
    return true;
}

/* ---- Loads and stores of tags ---- */

bool a64_LDG(DisasContext *ctx, const arg_LDG *a)
{
    TCGv_i64 address = a64_displaced(a64_base(ctx, a->rns), (int64_t)a->imm * ARM_TAG_GRANULE);
    TCGv_i64 aligned = tcg_temp_new_i64(), tag = tcg_temp_new_i64();

    tcg_gen_andi_i64(aligned, address, -ARM_TAG_GRANULE);
    gen_helper_arm_ldg(tag, tcg_env, aligned, tcg_constant_i32(ctx->mmu_idx));
    if (a->rt != 31) {
        tcg_gen_deposit_i64(cpu_x[a->rt], cpu_x[a->rt], tag, 56, 4);
    }
    return true;
}

static void gen_store_tag(DisasContext *ctx, TCGv_i64 address, TCGv_i64 tagged, unsigned how)
{
    gen_helper_arm_stg(tcg_env, address, tagged, tcg_constant_i32(ctx->mmu_idx | how));
}

/* Field `mode`: as of other loads and stores; 0 is another instruction. */
static bool gen_stg(DisasContext *ctx, const arg_STG *a, unsigned how)
{
    TCGv_i64 after, address;

    address = a64_indexed_address(ctx, a->rns, (int64_t)a->imm * ARM_TAG_GRANULE, a->mode, &after);
    gen_store_tag(ctx, address, cpu_x[a->rts], how);
    a64_write_back(a->rns, after);
    return true;
}

bool a64_STG(DisasContext *ctx, const arg_STG *a)
{
    return a->mode && gen_stg(ctx, a, 0);
}

bool a64_STZG(DisasContext *ctx, const arg_STZG *a)
{
    return a->mode && gen_stg(ctx, (const arg_STG *)a, ARM_STG_ZERO);
}

bool a64_ST2G(DisasContext *ctx, const arg_ST2G *a)
{
    return a->mode && gen_stg(ctx, (const arg_STG *)a, ARM_STG_TWO);
}

bool a64_STZ2G(DisasContext *ctx, const arg_STZ2G *a)
{
    return a->mode && gen_stg(ctx, (const arg_STG *)a, ARM_STG_TWO | ARM_STG_ZERO);
}

/* A granule's data with the tag of its address; the stores behind the first don't fault. */
bool a64_STGP(DisasContext *ctx, const arg_STGP *a)
{
    TCGv_i64 after, address;

    if (a->mode == INDEX_NONE) {
        return false;
    }
    address = a64_indexed_address(ctx, a->rns, (int64_t)a->imm * ARM_TAG_GRANULE, a->mode, &after);
    gen_store_tag(ctx, address, address, 0);
    tcg_gen_qemu_st_i64(a64_x(a->rt), address, ctx->mmu_idx, MO_64 | ctx->byte_order);
    tcg_gen_qemu_st_i64(a64_x(a->rt2), a64_displaced(address, 8), ctx->mmu_idx,
                        MO_64 | ctx->byte_order);
    a64_write_back(a->rns, after);
    return true;
}

/* ---- Blocks of tags: not at EL0 ---- */

bool a64_LDGM(DisasContext *ctx, const arg_LDGM *a)
{
    TCGv_i64 t = tcg_temp_new_i64();

    if (ctx->el == 0) {
        return false;
    }
    gen_helper_arm_ldgm(t, tcg_env, a64_base(ctx, a->rns), tcg_constant_i32(ctx->mmu_idx));
    a64_write_x(a->rt, t, true);
    return true;
}

bool a64_STGM(DisasContext *ctx, const arg_STGM *a)
{
    if (ctx->el == 0) {
        return false;
    }
    gen_helper_arm_stgm(tcg_env, a64_base(ctx, a->rns), a64_x(a->rt),
                        tcg_constant_i32(ctx->mmu_idx));
    return true;
}

bool a64_STZGM(DisasContext *ctx, const arg_STZGM *a)
{
    TCGv_i32 tag = tcg_temp_new_i32();

    if (ctx->el == 0) {
        return false;
    }
    tcg_gen_extrl_i64_i32(tag, a64_x(a->rt));
    tcg_gen_andi_i32(tag, tag, 0xf);
    gen_helper_arm_tag_block(tcg_env, a64_base(ctx, a->rns), tag,
                             tcg_constant_i32(ctx->mmu_idx | ARM_STG_ZERO));
    return true;
}

/* DC GVA, DC GZVA: the address says which tag. */
void a64_gen_tag_block(DisasContext *ctx, TCGv_i64 address, bool zero)
{
    TCGv_i64 t = tcg_temp_new_i64();
    TCGv_i32 tag = tcg_temp_new_i32();

    tcg_gen_extract_i64(t, address, 56, 4);
    tcg_gen_extrl_i64_i32(tag, t);
    gen_helper_arm_tag_block(tcg_env, address, tag,
                             tcg_constant_i32(ctx->mmu_idx | (zero ? ARM_STG_ZERO : 0)));
}
