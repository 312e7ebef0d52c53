/*
 * Local APIC: what `info lapic` prints.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "apic-internal.h"

static void dump_lvt(const LocalAPIC *s, FILE *f, const char *name, unsigned reg)
{
    static const char *const modes[] = {
        "Fixed", "LowPri", "SMI", "...", "NMI", "INIT", "...", "ExtINT",
    };
    static const char *const timer_modes[] = { "one-shot", "periodic", "tsc-deadline", "..." };
    uint32_t lvt = s->lvt[LVT(reg)];
    unsigned mode = lvt >> LVT_MODE_SHIFT & 7;
    bool is_timer = reg == REG_LVT_TIMER;

    fprintf(f, "%s\t 0x%08x active-%s %-5s %-6s %-7s %-12s %-6s", name, lvt,
            lvt & LVT_POLARITY ? "lo" : "hi", lvt & LVT_LEVEL ? "level" : "edge",
            lvt & LVT_MASKED ? "masked" : "", lvt & LVT_PENDING ? "pending" : "",
            is_timer ? timer_modes[(lvt & LVT_TIMER_MODE) / LVT_TIMER_PERIODIC] : "", modes[mode]);
    if (mode != MODE_NMI) {
        fprintf(f, " (vec %u)", lvt & LVT_VECTOR);
    }
    fputc('\n', f);
}

static void dump_command(const LocalAPIC *s, FILE *f)
{
    static const char *const shorthands[] = { "no-shorthand", "self", "all-self", "all" };
    uint32_t low = s->icr, high = s->icr >> 32;
    unsigned shorthand = low >> ICR_SHORTHAND_SHIFT & 3;

    fprintf(f, "ICR\t 0x%08x %s %s %s %s\n", low, low & ICR_LOGICAL ? "logical" : "physical",
            low & ICR_LEVEL ? "level" : "edge", low & ICR_ASSERT ? "assert" : "de-assert",
            shorthands[shorthand]);
    fprintf(f, "ICR2\t 0x%08x", high);
    if (shorthand == 0) {
        uint32_t dest = is_x2apic(s) ? high : high >> 24;

        if (low & ICR_LOGICAL) {
            fprintf(f, " mask %#x (logical ID)", dest);
        } else {
            fprintf(f, " cpu %u (%sAPIC ID)", dest, is_x2apic(s) ? "X2" : "");
        }
    }
    fputc('\n', f);
}

static void dump_vectors(const LocalAPIC *s, FILE *f, const char *name, const uint32_t *set)
{
    fprintf(f, "%s\t%s", name, highest_vector(set) < 0 ? " (none)" : "");
    for (unsigned vector = 0; vector < 256; vector++) {
        if (vector_test(set, vector)) {
            fprintf(f, " %u%s", vector, vector_test(s->tmr, vector) ? "(level)" : "");
        }
    }
    fputc('\n', f);
}

/* The form is one that scripts know. */
void apic_dump(void *opaque, FILE *f)
{
    const LocalAPIC *s = opaque;

    fprintf(f, "dumping local APIC state for CPU %-2d\n\n", CPU(s->cpu)->cpu_index);
    dump_lvt(s, f, "LVT0", REG_LVT_LINT0);
    dump_lvt(s, f, "LVT1", REG_LVT_LINT1);
    dump_lvt(s, f, "LVTPC", REG_LVT_PERFMON);
    dump_lvt(s, f, "LVTERR", REG_LVT_ERROR);
    dump_lvt(s, f, "LVTTHMR", REG_LVT_THERMAL);
    dump_lvt(s, f, "LVTT", REG_LVT_TIMER);
    fprintf(f, "Timer\t DCR=0x%x (divide by %u) initial_count = %u current_count = %u\n", s->divide,
            1u << divide_shift(s), s->initial_count, apic_current_count(s));
    fprintf(f, "SPIV\t 0x%08x APIC %s, focus=%s, spurious vec %u\n", s->svr,
            s->svr & SVR_ENABLED ? "enabled" : "disabled", s->svr & SVR_FOCUS ? "on" : "off",
            s->svr & LVT_VECTOR);
    dump_command(s, f);
    fprintf(f, "ESR\t 0x%08x\n", s->esr);
    dump_vectors(s, f, "ISR", s->isr);
    dump_vectors(s, f, "IRR", s->irr);
    fprintf(f, "\nAPR 0x00 TPR 0x%02x DFR 0x%02x LDR 0x%02x PPR 0x%02x\n", s->tpr, s->dfr >> 28,
            is_x2apic(s) ? apic_logical_id(s) : s->ldr >> 24, processor_priority(s));
}
