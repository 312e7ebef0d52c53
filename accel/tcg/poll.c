/*
 * Poll loops: code that asks devices the same again and again, and is told the same, naps between
 * its questions. So firmware waits for a key: its loop ends by what the main loop does, which wakes
 * it, or by time, which a nap is short enough for.
 *
 * Nothing tells from outside that a loop is without end. What is looked at are the device accesses,
 * few and the same for some time, and now and then the registers: where these are the same at the
 * same place, only a count kept in memory can tell two turns apart. A loop with one gets slower by
 * its naps; they are short for as long as such counts use to take.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "exec/cpu-loop.h"
#include "internal.h"
#include "qemu/timer.h"

/* Accesses of a loop before its registers are looked at. */
#define ACCESSES_TO_LOOK 1024
/*
 * What may be over within this time isn't disturbed: a device's answer, a screen's retrace (that
 * a nap might miss).
 */
#define PATIENCE (50 * SCALE_MS)
#define NAP      SCALE_MS
/* Who waits for longer is a prompt. */
#define LONG_WAIT (10 * NANOSECONDS_PER_SECOND)
#define LONG_NAP  (10 * SCALE_MS)

bool tcg_poll_loops = true;

void cpu_note_device_access(CPUState *cpu, CPUDeviceAccess kind, hwaddr address, uint64_t value)
{
    TCGPoll *poll = &cpu->tcg->poll;
    uint64_t place = address << 2 | kind;
    unsigned i;

    for (i = 0; i < ARRAY_SIZE(poll->seen); i++) {
        if (poll->seen[i].place == place) {
            if (poll->seen[i].value == value) {
                if (++poll->same >= ACCESSES_TO_LOOK) {
                    poll->same = 0;
                    poll->due = tcg_poll_loops && !icount_options.on;
                    tcg_interrupt_exec(cpu);
                }
                return;
            }
            break;
        }
    }
    if (i == ARRAY_SIZE(poll->seen)) {
        i = poll->next++ % ARRAY_SIZE(poll->seen);
        poll->seen[i].place = place;
    }
    poll->seen[i].value = value;
    poll->same = 0;
    poll->since = 0;
}

/* What the CPU computes with, pc included: GDB's general registers, but for those that run on. */
static GArray *registers(CPUState *cpu)
{
    const GdbFeature *const *feature = CPU_GET_CLASS(cpu)->gdb_features(cpu);
    GArray *values = g_array_new(false, false, sizeof(uint64_t));

    for (; *feature && (*feature)->general; feature++) {
        for (unsigned n = 0; n < (*feature)->nb_registers; n++) {
            const GdbRegister *reg = &(*feature)->registers[n];
            uint64_t value[GDB_MAX_BITS / 64] = { 0 };

            if (reg->control) {
                continue;
            }
            if (reg->bits > 64) {
                (*feature)->read_wide(cpu, *feature, n, value);
            } else {
                value[0] = (*feature)->read(cpu, *feature, n);
            }
            g_array_append_vals(values, value, DIV_ROUND_UP(reg->bits, 64));
        }
    }
    return values;
}

bool tcg_poll_naps(CPUState *cpu)
{
    TCGPoll *poll = &cpu->tcg->poll;
    int64_t now = g_get_monotonic_time() * SCALE_US;
    GArray *before = poll->registers;
    bool same;

    poll->due = false;
    if (!poll->since) {
        poll->since = now;
    }
    if (now - poll->since < PATIENCE || cpu->singlestep_enabled) {
        return false;
    }
    poll->registers = registers(cpu);
    same = before && before->len == poll->registers->len &&
           !memcmp(before->data, poll->registers->data, before->len * sizeof(uint64_t));
    if (before) {
        g_array_unref(before);
    }
    if (same) {
        tcg_stats(cpu)->naps++;
        qatomic_set(&cpu->nap, now - poll->since < LONG_WAIT ? NAP : LONG_NAP);
    }
    return same;
}

void tcg_poll_free(CPUState *cpu)
{
    g_clear_pointer(&cpu->tcg->poll.registers, g_array_unref);
}
