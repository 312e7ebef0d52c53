/*
 * x86 translator: AES, PCLMULQDQ, SHA and GFNI, by helpers.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/i386/sse.h"
#include "target/i386/translate-sse.h"
#include "x86-opcodes.h"

#define PACKED_CALL(lane, call, imm)                                                               \
    static void lane(const X86Lane *l)                                                             \
    {                                                                                              \
        x86_gen_packed_call(l, call, imm);                                                         \
    }
#define INSTRUCTION(name, lane, gen)                                                               \
    bool x86_##name(DisasContext *ctx)                                                             \
    {                                                                                              \
        return gen(ctx, lane, MO_32);                                                              \
    }

PACKED_CALL(aesenc, x86_aes_round, 0)
PACKED_CALL(aesenclast, x86_aes_round, X86_AES_LAST)
PACKED_CALL(aesdec, x86_aes_round, X86_AES_DECRYPT)
PACKED_CALL(aesdeclast, x86_aes_round, X86_AES_DECRYPT | X86_AES_LAST)
PACKED_CALL(aesimc, x86_aesimc, 0)
PACKED_CALL(aeskeygenassist, x86_aeskeygenassist, l->imm)
PACKED_CALL(pclmulqdq, x86_pclmulqdq, l->imm)
PACKED_CALL(sha1rnds4, x86_sha1rnds4, l->imm)
PACKED_CALL(sha1nexte, x86_sha1nexte, 0)
PACKED_CALL(sha1msg1, x86_sha1msg1, 0)
PACKED_CALL(sha1msg2, x86_sha1msg2, 0)
PACKED_CALL(sha256msg1, x86_sha256msg1, 0)
PACKED_CALL(sha256msg2, x86_sha256msg2, 0)
PACKED_CALL(gf2p8mulb, x86_gf2p8mulb, 0)
PACKED_CALL(gf2p8affineqb, x86_gf2p8affineqb, l->imm)
PACKED_CALL(gf2p8affineinvqb, x86_gf2p8affineinvqb, l->imm)

INSTRUCTION(AESENC, aesenc, x86_gen_lanes)
INSTRUCTION(AESENCLAST, aesenclast, x86_gen_lanes)
INSTRUCTION(AESDEC, aesdec, x86_gen_lanes)
INSTRUCTION(AESDECLAST, aesdeclast, x86_gen_lanes)
INSTRUCTION(AESIMC, aesimc, x86_gen_lanes_unary)
INSTRUCTION(AESKEYGENASSIST, aeskeygenassist, x86_gen_lanes_unary)
INSTRUCTION(PCLMULQDQ, pclmulqdq, x86_gen_lanes)
INSTRUCTION(SHA1RNDS4, sha1rnds4, x86_gen_lanes)
INSTRUCTION(SHA1NEXTE, sha1nexte, x86_gen_lanes)
INSTRUCTION(SHA1MSG1, sha1msg1, x86_gen_lanes)
INSTRUCTION(SHA1MSG2, sha1msg2, x86_gen_lanes)
INSTRUCTION(SHA256MSG1, sha256msg1, x86_gen_lanes)
INSTRUCTION(SHA256MSG2, sha256msg2, x86_gen_lanes)
INSTRUCTION(GF2P8MULB, gf2p8mulb, x86_gen_lanes)
INSTRUCTION(GF2P8AFFINEQB, gf2p8affineqb, x86_gen_lanes)
INSTRUCTION(GF2P8AFFINEINVQB, gf2p8affineinvqb, x86_gen_lanes)

/* The third operand, words of the schedule, is the low half of xmm0. */
static void sha256rnds2(const X86Lane *l)
{
    TCGv_i128 r = tcg_temp_new_i128();

    gen_helper_x86_sha256rnds2(r, x86_half(l->a, 0), x86_half(l->a, 1), x86_half(l->b, 0),
                               x86_half(l->b, 1), x86_half(cpu_xmm[0], 0));
    tcg_gen_concat_i64_vec(l->r, r.low, r.high);
}

INSTRUCTION(SHA256RNDS2, sha256rnds2, x86_gen_lanes)
