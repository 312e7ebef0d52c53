/*
 * SMMUv3: what the guest's tables say of a stream.
 *
 * These functions read the guest's memory and change nothing. Any thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_ARM_SMMUV3_TABLES_H
#define HW_ARM_SMMUV3_TABLES_H

#include "qemu/osdep.h"
#include "exec/memattrs.h"
#include "target/arm/mmu-walk.h"

#define STREAM_BITS  16
#define OUTPUT_BITS  44
#define SMMU_ADDRESS 0x000ffffffffff000ull

/* Event numbers (7.3) */
enum {
    C_BAD_STREAMID = 0x02,
    F_STE_FETCH = 0x03,
    C_BAD_STE = 0x04,
    F_CD_FETCH = 0x09,
    C_BAD_CD = 0x0a,
    F_WALK_EABT = 0x0b,
    F_TRANSLATION = 0x10,
    F_ADDR_SIZE = 0x11,
    F_ACCESS = 0x12,
    F_PERMISSION = 0x13,
};

/* What STE and CD say. */
typedef struct SMMUConfig {
    enum { CONFIG_UNKNOWN, CONFIG_ABORT, CONFIG_BYPASS, CONFIG_TRANSLATE } kind;
    bool stage1, stage2;
    bool no_access_flag1, no_access_flag2; /* AFFD: its absence is no fault */
    bool record1, record2;                 /* faults become events */
    ARMWalkRegs regs1;
    ARMStage2Regs regs2;
} SMMUConfig;

/* A walk, and what is known of it where it fails. */
typedef struct SMMUWalk {
    const SMMUConfig *config;
    unsigned stage2_fault; /* of the address of a table, or of a CD */
    uint64_t ipa;
    uint64_t fetched; /* the last entry */
} SMMUWalk;

/* The tables and queues of the guest are in memory, whatever it says. */
extern const MemTxAttrs smmu_memory_only;

/* Reads `size` bytes, up to 64, as little-endian doublewords; false: the memory doesn't answer. */
bool smmu_load_entry(hwaddr addr, uint64_t *words, unsigned size);

/*
 * Fills `c`, which is zero before, from the stream table that the registers STRTAB_BASE and
 * STRTAB_BASE_CFG describe. 0, or the number of the event that it is; w->fetched is what couldn't
 * be read then.
 */
unsigned smmu_find_config(uint64_t strtab_base, uint64_t strtab_base_cfg, uint32_t stream,
                          SMMUConfig *c, SMMUWalk *w);

/* Stage 2 of an address; false: w->stage2_fault. */
bool smmu_second_stage(SMMUWalk *w, uint64_t ipa, MMUAccessType access, ARMWalk *found);

/* ARMTableMemory.load for stage 1; `opaque` is a SMMUWalk. */
bool smmu_load_table1(void *opaque, hwaddr addr, bool secure, uint64_t *entry);

/* The event that a walk's fault code (FSC_*) is. */
unsigned smmu_event_of_fault(unsigned code);

#endif
