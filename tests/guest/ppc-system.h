/*
 * What tests of the PowerPC CPU's system side share: a page table at TABLE, segment 1 (EA 1xxxxxxx)
 * to map pages in, and the exception that a run ended in.
 *
 * Code runs untranslated unless a case sets MSR[IR]. Exception vectors stop the machine.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_GUEST_PPC_SYSTEM_H
#define TESTS_GUEST_PPC_SYSTEM_H

#include "ppc-asm.h"
#include "qemu/bswap.h"
#include "system/address-spaces.h"
#include "system/memory.h"
#include "target/ppc/mmu-hash.h"

#define TABLE             0x00100000u
#define PAGE              0x00200000u /* physical pages that cases map */
#define VSID              0x00123456u
#define EA                0x10003000u
#define RC                (PTE1_R | PTE1_C)

static PPCTestState s;

/* ---- Physical memory ---- */

static inline void poke(uint32_t addr, uint32_t value)
{
    uint8_t bytes[4];

    stl_be_p(bytes, value);
    address_space_write(&address_space_memory, addr, MEMTXATTRS_UNSPECIFIED, bytes, 4);
}

static inline uint32_t peek(uint32_t addr)
{
    uint8_t bytes[4];

    address_space_read(&address_space_memory, addr, MEMTXATTRS_UNSPECIFIED, bytes, 4);
    return ldl_be_p(bytes);
}

/* Maps ea by a page table entry; returns where its second word is. */
static inline uint32_t map(uint32_t vsid, uint32_t ea, uint32_t word1)
{
    uint32_t pteg = ppc_pteg_address(TABLE, vsid, ea, 0);

    while (peek(pteg) & PTE0_V) {
        pteg += 8;
    }
    poke(pteg, PTE0_V | vsid << 7 | (ea >> 22 & 0x3f));
    poke(pteg + 4, word1);
    return pteg + 4;
}

/* ---- Running ---- */

static inline void begin(uint32_t msr)
{
    address_space_set(&address_space_memory, TABLE, 0, 0x10000, MEMTXATTRS_UNSPECIFIED);
    ppc_state_init(&s);
    s.msr = msr | MSR_ME;
    s.spr[SPR_SDR1] = TABLE;
    for (unsigned i = 0; i < 16; i++) {
        s.sr[i] = VSID + i;
    }
    s.gpr[4] = EA;
    for (uint32_t i = 0; i < 4; i++) {
        poke(PAGE + i * 0x1000, 0xaaaa0000 + i);
    }
}

/* Vsid of the segment that EA is in. */
static inline uint32_t vsid(void)
{
    return s.sr[EA >> 28] & SR_VSID;
}

/* The run ended in `vector`, raised by instruction `n`. SRR1 is the MSR then with `info`. */
static inline void expect(unsigned vector, unsigned n, uint32_t msr, uint32_t info)
{
    g_assert_cmphex(s.stop, ==, vector);
    g_assert_cmphex(s.spr[SPR_SRR0], ==, PPC_CODE + 4 * n);
    g_assert_cmphex(s.spr[SPR_SRR1], ==, msr | MSR_ME | info);
}

static inline void expect_dsi(unsigned n, uint32_t msr, uint32_t ea, uint32_t dsisr)
{
    expect(PPC_EXCP_DSI, n, msr, 0);
    g_assert_cmphex(s.spr[SPR_DAR], ==, ea);
    g_assert_cmphex(s.spr[SPR_DSISR], ==, dsisr);
}

/* All instructions (n of them) were executed. */
static inline void expect_end(unsigned n)
{
    g_assert_cmphex(s.stop, ==, PPC_EXCP_SYSCALL);
    g_assert_cmphex(s.spr[SPR_SRR0], ==, PPC_CODE + 4 * (n + 1));
}

#endif
