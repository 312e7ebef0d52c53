/*
 * Local APIC: its registers and its state, for the files that it consists of.
 *
 * Reference: SDM volume 3, chapter 10 (APIC); the numbers of sections are its.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_INTC_APIC_INTERNAL_H
#define HW_INTC_APIC_INTERNAL_H

#include "hw/i386/apic.h"
#include "migration/vmstate.h"
#include "qemu/host-utils.h"
#include "qemu/timer.h"

OBJECT_DECLARE_SIMPLE_TYPE(LocalAPIC, APIC)

/* Registers, by offset / 16, which is also the low part of their number as an x2APIC's MSR. */
enum {
    REG_ID = 0x02,
    REG_VERSION = 0x03,
    REG_TPR = 0x08,
    REG_APR = 0x09,
    REG_PPR = 0x0a,
    REG_EOI = 0x0b,
    REG_LDR = 0x0d,
    REG_DFR = 0x0e,
    REG_SVR = 0x0f,
    REG_ISR = 0x10,
    REG_TMR = 0x18,
    REG_IRR = 0x20,
    REG_ESR = 0x28,
    REG_ICR = 0x30,
    REG_ICR_HIGH = 0x31,
    REG_LVT_TIMER = 0x32,
    REG_LVT_THERMAL = 0x33,
    REG_LVT_PERFMON = 0x34,
    REG_LVT_LINT0 = 0x35,
    REG_LVT_LINT1 = 0x36,
    REG_LVT_ERROR = 0x37,
    REG_INITIAL_COUNT = 0x38,
    REG_CURRENT_COUNT = 0x39,
    REG_DIVIDE = 0x3e,
    REG_SELF_IPI = 0x3f,
    NB_APIC_REGS = 0x40,
};

#define NB_LVTS (REG_LVT_ERROR - REG_LVT_TIMER + 1)
#define LVT(reg) ((reg) - REG_LVT_TIMER)

enum {
    LVT_VECTOR = 0xff,
    LVT_MODE_SHIFT = 8,
    LVT_PENDING = 1 << 12,
    LVT_POLARITY = 1 << 13,
    LVT_REMOTE_IRR = 1 << 14,
    LVT_LEVEL = 1 << 15,
    LVT_MASKED = 1 << 16,
    LVT_TIMER_PERIODIC = 1 << 17,
    LVT_TIMER_DEADLINE = 2 << 17,
    LVT_TIMER_MODE = 3 << 17,
};

/* 10.6.1, figure 10-12 */
enum {
    MODE_FIXED,
    MODE_LOWEST,
    MODE_SMI,
    MODE_RESERVED,
    MODE_NMI,
    MODE_INIT,
    MODE_STARTUP,
    MODE_EXTINT,
};
enum {
    ICR_LOGICAL = 1 << 11,
    ICR_ASSERT = 1 << 14,
    ICR_LEVEL = 1 << 15,
    ICR_SHORTHAND_SHIFT = 18,
};

enum {
    SVR_ENABLED = 1 << 8,
    SVR_FOCUS = 1 << 9,
    ESR_SEND_ILLEGAL = 1 << 5,
    ESR_RECEIVE_ILLEGAL = 1 << 6,
    ESR_ILLEGAL_REGISTER = 1 << 7,
    BASE_BSP = 1 << 8,
    BASE_X2APIC = 1 << 10,
    BASE_ENABLED = 1 << 11,
    BASE_RESERVED = 0x2ff,
};

/* Integrated, with the LVT entries above; EOI broadcasts can't be suppressed (10.4.8). */
#define APIC_VERSION (0x14 | (NB_LVTS - 1) << 16)
#define FIRST_LEGAL_VECTOR 16
#define MSR_X2APIC_FIRST   0x800
#define MSR_TSC_DEADLINE   0x6e0
#define BROADCAST          UINT32_MAX
/* A guest that wants a periodic timer to ring more often gets it at this rate. */
#define SHORTEST_NS        (10 * 1000)

struct LocalAPIC {
    DeviceState parent_obj;

    X86CPU *cpu;
    int (*external)(void *opaque); /* apic_set_external() */
    void *external_opaque;

    uint32_t initial_id;
    uint64_t base; /* IA32_APIC_BASE */
    uint32_t id;   /* an xAPIC's can be written */
    uint8_t tpr;
    uint32_t ldr, dfr, svr, divide;
    uint32_t isr[8], tmr[8], irr[8];
    uint32_t esr, errors; /* as last latched by a write, and gathered since */
    uint64_t icr;
    uint32_t lvt[NB_LVTS];
    bool external_line; /* LINT0 */

    QEMUTimer *timer;
    uint32_t initial_count;
    int64_t count_start; /* ns of the virtual clock */
    uint64_t deadline;   /* IA32_TSC_DEADLINE; 0: none */
};

/* ---- Vectors ---- */

static inline bool vector_test(const uint32_t *set, unsigned vector)
{
    return set[vector / 32] >> (vector % 32) & 1;
}

static inline void vector_set(uint32_t *set, unsigned vector)
{
    set[vector / 32] |= 1u << (vector % 32);
}

static inline void vector_clear(uint32_t *set, unsigned vector)
{
    set[vector / 32] &= ~(1u << (vector % 32));
}

/* -1 if the set is empty. */
static inline int highest_vector(const uint32_t *set)
{
    for (int i = 7; i >= 0; i--) {
        if (set[i]) {
            return i * 32 + 31 - clz32(set[i]);
        }
    }
    return -1;
}

static inline bool is_x2apic(const LocalAPIC *s)
{
    return s->base & BASE_X2APIC;
}

static inline uint8_t processor_priority(const LocalAPIC *s)
{
    int in_service = highest_vector(s->isr);

    return in_service >= 0 && (in_service >> 4) > (s->tpr >> 4) ? in_service & 0xf0 : s->tpr;
}

/* Of the divide configuration register: counts are that many bits longer in nanoseconds. */
static inline unsigned divide_shift(const LocalAPIC *s)
{
    return (((s->divide & 3) | (s->divide >> 1 & 4)) + 1) & 7;
}

/* apic.c: the timer's register, as it reads now. */
uint32_t apic_current_count(const LocalAPIC *s);
/* The register, which an x2APIC derives from its number. */
uint32_t apic_logical_id(const LocalAPIC *s);

/* apic-info.c: X86InterruptOps.dump */
void apic_dump(void *opaque, FILE *f);

#endif
