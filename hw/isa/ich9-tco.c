/*
 * ICH9's TCO watchdog: see ich9-tco.h.
 *
 * Not there: the other events that TCO gathers (intruder, BIOS writes, messages of the memory
 * controller), and NMIs in place of SMIs.
 *
 * Reference: Intel I/O Controller Hub 9 (ICH9) Family Datasheet (316972), 13.9 (TCO I/O registers),
 * 5.15 (theory of operation).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "ich9-tco.h"

#define TICK_NS   (600 * SCALE_MS)
#define TCO_PORTS 0x20

enum { TCO_RLD, TCO1_STS, TCO2_STS, TCO1_CNT, TCO_TMR };
enum { STS1_TIMEOUT = 0x0008, STS2_SECOND = 0x0002, CNT1_HALT = 0x0800, CNT1_LOCK = 0x1000 };
enum { COUNT = 0x03ff, LEAST_COUNT = 2 };

static Ich9Tco *tco_of(RegisterBlock *block)
{
    return container_of(block, Ich9Tco, regs);
}

/* From the initial value on, unless it is halted. */
static void start_over(Ich9Tco *t)
{
    if (register_get(&t->regs, TCO1_CNT) & CNT1_HALT) {
        timer_del(t->timer);
        return;
    }
    timer_mod(t->timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                            register_get(&t->regs, TCO_TMR) * TICK_NS);
}

static void run_down(void *opaque)
{
    Ich9Tco *t = opaque;
    unsigned row = t->once ? TCO2_STS : TCO1_STS;
    bool second = t->once;

    register_set(&t->regs, row, register_get(&t->regs, row) | (second ? STS2_SECOND : STS1_TIMEOUT));
    t->once = !second;
    start_over(t);
    if (second) {
        t->second(t->opaque);
    } else {
        t->first(t->opaque);
    }
}

/* ---- Registers ---- */

static uint64_t read_count(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    Ich9Tco *t = tco_of(block);

    if (!timer_pending(t->timer)) {
        return register_get(block, TCO_TMR);
    }
    return (timer_expire_time_ns(t->timer) - qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL)) / TICK_NS &
           COUNT;
}

static void reload(RegisterBlock *block, const Register *reg, uint64_t value)
{
    tco_of(block)->once = false;
    start_over(tco_of(block));
}

/* A lock stays until a reset. */
static uint64_t write_control(RegisterBlock *block, const Register *reg, uint64_t value)
{
    return (value & (CNT1_HALT | CNT1_LOCK | 0x0300)) | (*register_value(block, reg) & CNT1_LOCK);
}

static void control_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    Ich9Tco *t = tco_of(block);
    bool halted = register_get(block, TCO1_CNT) & CNT1_HALT;

    if (halted == timer_pending(t->timer)) {
        start_over(t);
    }
}

static uint64_t write_initial(RegisterBlock *block, const Register *reg, uint64_t value)
{
    return (value & COUNT) < LEAST_COUNT ? *register_value(block, reg) : value & COUNT;
}

static const Register tco_registers[] = {
    [TCO_RLD] = { "TCO_RLD", .offset = 0x00, .size = 2, .read = read_count, .written = reload },
    [TCO1_STS] = { "TCO1_STS", .offset = 0x04, .size = 2, .w1c = 0x1f8f },
    [TCO2_STS] = { "TCO2_STS", .offset = 0x06, .size = 2, .w1c = 0x001f },
    [TCO1_CNT] = { "TCO1_CNT", .offset = 0x08, .size = 2, .write = write_control,
                   .written = control_written },
    [TCO_TMR] = { "TCO_TMR", .offset = 0x12, .size = 2, .reset = 4, .write = write_initial },
    { "TCO_DAT_IN", .offset = 0x02, .size = 1, .writable = 0xff },
    { "TCO_DAT_OUT", .offset = 0x03, .size = 1, .writable = 0xff },
    { "TCO2_CNT", .offset = 0x0a, .size = 2, .reset = 8, .writable = 0x003e },
    { "TCO_MESSAGE1", .offset = 0x0c, .size = 1, .writable = 0xff },
    { "TCO_MESSAGE2", .offset = 0x0d, .size = 1, .writable = 0xff },
    { "TCO_WDCNT", .offset = 0x0e, .size = 1, .writable = 0xff },
    { "SW_IRQ_GEN", .offset = 0x10, .size = 1, .reset = 3, .writable = 0x03 },
};

/* ---- For the bridge ---- */

void ich9_tco_init(Ich9Tco *t, DeviceState *owner, void (*first)(void *opaque),
                   void (*second)(void *opaque), void *opaque)
{
    t->first = first;
    t->second = second;
    t->opaque = opaque;
    t->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, run_down, t);
    register_block_init(&t->regs, owner, "sm-tco", tco_registers, ARRAY_SIZE(tco_registers),
                        DEVICE_LITTLE_ENDIAN, TCO_PORTS);
}

void ich9_tco_finalize(Ich9Tco *t)
{
    timer_free(t->timer);
    register_block_finalize(&t->regs);
}

bool ich9_tco_is_locked(Ich9Tco *t)
{
    return register_get(&t->regs, TCO1_CNT) & CNT1_LOCK;
}

/* That it has run out is what software wants to know afterwards. It stands until software acts. */
void ich9_tco_reset(Ich9Tco *t)
{
    uint64_t second = register_get(&t->regs, TCO2_STS) & STS2_SECOND;

    register_block_reset(&t->regs);
    register_set(&t->regs, TCO2_STS, second);
    t->once = false;
    timer_del(t->timer);
}

const VMStateDescription vmstate_ich9_tco = {
    .name = "ich9-tco",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_REGISTER_BLOCK(regs, Ich9Tco),
        VMSTATE_TIMER_PTR(timer, Ich9Tco),
        VMSTATE_BOOL(once, Ich9Tco),
        VMSTATE_END_OF_LIST()
    },
};
