/*
 * Memory tagging (FEAT_MTE, FEAT_MTE2, FEAT_MTE3): what translated code, helpers and the MMU share.
 *
 * Each granule of 16 bytes of tagged memory has an allocation tag of four bits. Tags are kept in
 * memory of their own, which the board makes: a byte for two granules, the one at the lower address
 * in bits 3 to 0.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_ARM_MTE_H
#define TARGET_ARM_MTE_H

#include "target/arm/cpu.h"

#define ARM_TAG_GRANULE     16
#define ARM_TAG_BYTE_SHIFT  5 /* so many bytes of memory have their tags in one, as a power of two \
                               */
#define ARM_TAG_BLOCK_SHIFT 8 /* LDGM's and STGM's block: a register full of tags */
#define ARM_GMID            6 /* GMID_EL1.BS: that in words */

/*
 * An access whose tag is checked, as a number: the MMU mode; a store; log2 of the alignment that it
 * needs; its bytes but one; which halves' addresses have tags, and in which of them those that
 * are all like bit 55 are unchecked (the block key's bits).
 */
enum {
    ARM_TAG_MODE = 0xf,
    ARM_TAG_STORE = 1 << 4,
    ARM_TAG_ALIGN_SHIFT = 5,
    ARM_TAG_BYTES_SHIFT = 8,
    ARM_TAG_BYTES = 0x3f,
    ARM_TAG_TBI_SHIFT = 14,
    ARM_TAG_TCMA_SHIFT = 16,
};

static inline uint32_t arm_tag_desc(uint64_t hflags, unsigned mmu_idx, bool store, unsigned align,
                                    unsigned bytes)
{
    return mmu_idx | (store ? ARM_TAG_STORE : 0) | align << ARM_TAG_ALIGN_SHIFT |
           (bytes - 1) << ARM_TAG_BYTES_SHIFT |
           (hflags >> ARM_HF_TBI_SHIFT & 0xf) << ARM_TAG_TBI_SHIFT;
}

/* STG and its kin, as a number: the MMU mode; two granules; these become zero. */
enum { ARM_STG_TWO = 1 << 4, ARM_STG_ZERO = 1 << 5 };

/*
 * Makes sure that the access is possible and compares the address' tag with those of the granules.
 * Raises the exception of what is wrong, or takes note of it, as SCTLR_ELx.TCF says. Returns the
 * address without its tag, by which memory is to be accessed.
 */
uint64_t arm_check_tag(CPUARMState *env, uint64_t addr, uint32_t desc, uintptr_t ra);
/* For an access that raises nothing: false where the check would raise; *addr loses its tag. */
bool arm_check_tag_quietly(CPUARMState *env, uint64_t *addr, uint32_t desc);
/* FAR of a fault at an address that arm_check_tag() may have returned: with its tag. */
uint64_t arm_address_as_accessed(const CPUARMState *env, uint64_t addr);
/* Where the tags of a page of tagged memory lie, NULL: it has none. */
uint8_t *arm_tag_page(CPUARMState *env, hwaddr phys, bool secure);
/* The CPU is of a model that has tags where a board gives it memory for them. */
bool arm_model_may_have_tags(const ARMCPU *cpu);
/* So many fills of the TLB by addresses with tags are taken for a program's way. */
#define ARM_MANY_TAGGED_FILLS 1000
/* Bits of the block key: what of tagging is on at the current level. */
uint64_t arm_tag_flags(const CPUARMState *env, unsigned el, uint64_t sctlr);

#endif
