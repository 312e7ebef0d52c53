/*
 * MC146818A real-time clock with RAM, at a PC's ports 70h and 71h.
 *
 * Reference: Motorola MC146818A data sheet (ADI-856), "Time, calendar and alarm locations",
 * "Interrupts", "Update cycle", "Registers"; for the century's place, ACPI 6.4, table 5.9.
 *
 * The clock is the host's (or what -rtc makes of it) plus what the guest has set. Interrupt flags
 * are found when somebody looks, from the moment when somebody last looked: there is a timer only
 * for an interrupt that is enabled and not pending. The divider chain is that of a 32,768 Hz
 * crystal; other time bases stop the clock. There is no daylight saving.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/irq.h"
#include "hw/qdev-properties.h"
#include "hw/rtc/mc146818rtc.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "system/rtc.h"
#include "system/runstate.h"

#define CMOS_SIZE       128
#define CRYSTAL_HZ      32768
#define SECONDS_PER_DAY 86400
#define NEVER           INT64_MAX
#define LATEST          (INT64_C(1) << 40) /* second, in a snapshot */
#define ANY             0xc0 /* an alarm byte from here on matches everything */

enum {
    SECONDS = 0x00,
    SECONDS_ALARM = 0x01,
    MINUTES = 0x02,
    MINUTES_ALARM = 0x03,
    HOURS = 0x04,
    HOURS_ALARM = 0x05,
    WEEKDAY = 0x06,
    DATE = 0x07,
    MONTH = 0x08,
    YEAR = 0x09,
    REGISTER_A = 0x0a,
    REGISTER_B = 0x0b,
    REGISTER_C = 0x0c,
    REGISTER_D = 0x0d,
    CENTURY = 0x32, /* memory for the chip, kept by a PC's firmware: here, by the clock */

    A_UIP = 0x80,
    A_DIVIDER = 0x70,
    A_DIVIDER_RUNS = 0x20,  /* 32,768 Hz */
    A_DIVIDER_RESET = 0x60, /* and 0x70 */
    A_RATE = 0x0f,

    B_SET = 0x80,
    B_PIE = 0x40,
    B_AIE = 0x20,
    B_UIE = 0x10,
    B_SQWE = 0x08,
    B_BINARY = 0x04,
    B_24_HOURS = 0x02,
    B_DSE = 0x01,

    C_IRQF = 0x80, /* the others are where B's enables are */
    C_FLAGS = B_PIE | B_AIE | B_UIE,

    D_VRT = 0x80,

    HOURS_PM = 0x80,
};

/* "Update cycle": UIP comes that early, and the cycle takes that long. */
#define UIP_NS (244 * SCALE_US + 1984 * SCALE_US)

typedef enum LostTickPolicy {
    LOST_TICKS_DISCARD,
    LOST_TICKS_DELAY,
    LOST_TICKS_SLEW,
} LostTickPolicy;

typedef struct Moment {
    int64_t second; /* since 1970 */
    int64_t ns;     /* less than a second */
} Moment;

OBJECT_DECLARE_SIMPLE_TYPE(CmosClock, MC146818_RTC)

struct CmosClock {
    ISADevice parent_obj;

    MemoryRegion ports, index_port;
    qemu_irq irq_out;
    QEMUTimer *second_timer;   /* alarm and update-ended interrupts, by the host's clock */
    QEMUTimer *periodic_timer; /* by the guest's */

    uint8_t cmos[CMOS_SIZE];
    uint8_t index;
    Moment ahead;            /* of what -rtc says */
    uint8_t weekday_shift;   /* the day's number - the one that the date has, modulo 7 */
    int64_t seen_second;     /* flags are known up to here */
    int64_t seen_pulse;      /* of the periodic interrupt */

    int32_t base_year;       /* properties */
    uint16_t iobase;
    uint8_t isa_irq;
    LostTickPolicy lost_tick_policy;
};

/* ---- the clock ---- */

static int64_t host_ns(void)
{
    return qemu_clock_get_ns(QEMU_CLOCK_HOST);
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* The time of day that -rtc makes of a moment of the host's, as if that were UTC. */
static Moment wall_clock(int64_t host)
{
    struct tm tm;

    qemu_timedate_at(&tm, host / NANOSECONDS_PER_SECOND);
    return (Moment){ timegm(&tm), host % NANOSECONDS_PER_SECOND };
}

/* The chip's time. Where it is set, only the beginnings of its seconds mean something. */
static Moment clock_at(const CmosClock *s, int64_t host)
{
    Moment m = wall_clock(host);

    m.second += s->ahead.second;
    m.ns += s->ahead.ns;
    if (m.ns >= NANOSECONDS_PER_SECOND) {
        m.second++;
        m.ns -= NANOSECONDS_PER_SECOND;
    }
    return m;
}

static bool divider_runs(uint8_t a)
{
    return (a & A_DIVIDER) == A_DIVIDER_RUNS;
}

static bool clock_runs(const CmosClock *s)
{
    return divider_runs(s->cmos[REGISTER_A]) && !(s->cmos[REGISTER_B] & B_SET);
}

/* ---- how B has it written ---- */

static uint8_t encode(const CmosClock *s, unsigned n)
{
    return s->cmos[REGISTER_B] & B_BINARY ? n : n / 10 % 10 << 4 | n % 10;
}

static unsigned decode(const CmosClock *s, uint8_t byte)
{
    return s->cmos[REGISTER_B] & B_BINARY ? byte : (byte >> 4) * 10 + (byte & 0xf);
}

static uint8_t encode_hour(const CmosClock *s, unsigned hour)
{
    if (s->cmos[REGISTER_B] & B_24_HOURS) {
        return encode(s, hour);
    }
    return encode(s, hour % 12 ? hour % 12 : 12) | (hour >= 12 ? HOURS_PM : 0);
}

static unsigned decode_hour(const CmosClock *s, uint8_t byte)
{
    if (s->cmos[REGISTER_B] & B_24_HOURS) {
        return decode(s, byte);
    }
    return decode(s, byte & ~HOURS_PM) % 12 + (byte & HOURS_PM ? 12 : 0);
}

static struct tm split(int64_t second)
{
    time_t t = second;
    struct tm tm;

    gmtime_r(&t, &tm);
    return tm;
}

static bool is_time_register(unsigned reg)
{
    return reg == SECONDS || reg == MINUTES || reg == HOURS || (reg >= WEEKDAY && reg <= YEAR) ||
           reg == CENTURY;
}

/* Puts the time into its registers, while it runs. */
static void show_time(CmosClock *s, int64_t host)
{
    struct tm tm;
    int year;

    if (!clock_runs(s)) {
        return;
    }
    tm = split(clock_at(s, host).second);
    year = tm.tm_year + 1900 - s->base_year;
    s->cmos[SECONDS] = encode(s, tm.tm_sec);
    s->cmos[MINUTES] = encode(s, tm.tm_min);
    s->cmos[HOURS] = encode_hour(s, tm.tm_hour);
    s->cmos[WEEKDAY] = encode(s, (tm.tm_wday + s->weekday_shift) % 7 + 1);
    s->cmos[DATE] = encode(s, tm.tm_mday);
    s->cmos[MONTH] = encode(s, tm.tm_mon + 1);
    s->cmos[YEAR] = encode(s, (year % 100 + 100) % 100);
    s->cmos[CENTURY] = encode(s, floor_div(year, 100));
}

static void forget_flags_until(CmosClock *s, int64_t host)
{
    s->seen_second = clock_at(s, host).second;
}

/* The registers become the time, `phase` ns into their second. */
static void set_clock(CmosClock *s, int64_t host, int64_t phase)
{
    struct tm tm = {
        .tm_sec = decode(s, s->cmos[SECONDS]),
        .tm_min = decode(s, s->cmos[MINUTES]),
        .tm_hour = decode_hour(s, s->cmos[HOURS]),
        .tm_mday = decode(s, s->cmos[DATE]),
        .tm_mon = (int)decode(s, s->cmos[MONTH]) - 1,
        .tm_year = s->base_year + (int)decode(s, s->cmos[CENTURY]) * 100 +
                   (int)decode(s, s->cmos[YEAR]) - 1900,
    };
    Moment wall = wall_clock(host);
    int64_t second = timegm(&tm);
    unsigned weekday = decode(s, s->cmos[WEEKDAY]);

    s->ahead.second = second - wall.second;
    s->ahead.ns = phase - wall.ns;
    if (s->ahead.ns < 0) {
        s->ahead.second--;
        s->ahead.ns += NANOSECONDS_PER_SECOND;
    }
    s->weekday_shift = (weekday + 6 + 7 - split(second).tm_wday) % 7;
    forget_flags_until(s, host);
}

/* ---- alarm ---- */

static bool alarm_matches(const CmosClock *s, unsigned reg, uint8_t now)
{
    return s->cmos[reg] >= ANY || s->cmos[reg] == now;
}

/* The first second behind `second` at which the alarm is due. */
static int64_t next_alarm(const CmosClock *s, int64_t second)
{
    int64_t end = second + SECONDS_PER_DAY;

    for (int64_t t = second + 1; t <= end;) {
        int of_day = t - floor_div(t, SECONDS_PER_DAY) * SECONDS_PER_DAY;

        if (!alarm_matches(s, HOURS_ALARM, encode_hour(s, of_day / 3600))) {
            t += 3600 - of_day % 3600;
        } else if (!alarm_matches(s, MINUTES_ALARM, encode(s, of_day / 60 % 60))) {
            t += 60 - of_day % 60;
        } else if (!alarm_matches(s, SECONDS_ALARM, encode(s, of_day % 60))) {
            t++;
        } else {
            return t;
        }
    }
    return NEVER;
}

/* ---- interrupts ---- */

/* Periodic interrupt: pulses of the divider chain that the rate selects; 0: none. */
static unsigned pulse_ticks(const CmosClock *s)
{
    unsigned rate = s->cmos[REGISTER_A] & A_RATE;

    if (!rate || !divider_runs(s->cmos[REGISTER_A])) {
        return 0;
    }
    return 1u << (rate < 3 ? rate + 6 : rate - 1);
}

static int64_t pulse_number(const CmosClock *s)
{
    unsigned ticks = pulse_ticks(s);
    int64_t ns = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);

    return ticks ? muldiv64(ns, CRYSTAL_HZ, NANOSECONDS_PER_SECOND) / ticks : 0;
}

/* Sets the flags of what has happened since the last look. */
static void find_flags(CmosClock *s, int64_t host)
{
    int64_t second = clock_at(s, host).second;
    int64_t pulse = pulse_number(s);

    if (clock_runs(s) && second > s->seen_second) {
        bool alarm = next_alarm(s, s->seen_second) <= second;

        s->cmos[REGISTER_C] |= B_UIE | (alarm ? B_AIE : 0);
        if (alarm && (s->cmos[REGISTER_B] & B_AIE)) {
            qemu_system_wakeup_request(QEMU_WAKEUP_REASON_RTC, NULL);
        }
    }
    if (pulse > s->seen_pulse) {
        s->cmos[REGISTER_C] |= B_PIE;
    }
    s->seen_second = second;
    s->seen_pulse = pulse;
}

static void arm_second_timer(CmosClock *s, int64_t host)
{
    uint8_t wanted = s->cmos[REGISTER_B] & ~s->cmos[REGISTER_C];
    Moment now = clock_at(s, host);
    int64_t due = NEVER;

    if (clock_runs(s)) {
        due = wanted & B_UIE ? now.second + 1 : wanted & B_AIE ? next_alarm(s, now.second) : NEVER;
    }
    if (due == NEVER) {
        timer_del(s->second_timer);
    } else {
        timer_mod(s->second_timer,
                  host + (due - now.second) * NANOSECONDS_PER_SECOND - now.ns);
    }
}

static void arm_periodic_timer(CmosClock *s)
{
    uint8_t wanted = s->cmos[REGISTER_B] & ~s->cmos[REGISTER_C];
    int64_t tick = (s->seen_pulse + 1) * pulse_ticks(s);

    if (tick && (wanted & B_PIE)) {
        timer_mod(s->periodic_timer,
                  muldiv64_round_up(tick, NANOSECONDS_PER_SECOND, CRYSTAL_HZ));
    } else {
        timer_del(s->periodic_timer);
    }
}

/* After flags, enables or the time have changed. */
static void update(CmosClock *s, int64_t host)
{
    bool active = s->cmos[REGISTER_B] & s->cmos[REGISTER_C] & C_FLAGS;

    s->cmos[REGISTER_C] = (s->cmos[REGISTER_C] & C_FLAGS) | (active ? C_IRQF : 0);
    qemu_set_irq(s->irq_out, active);
    arm_second_timer(s, host);
    arm_periodic_timer(s);
}

static void timer_due(void *opaque)
{
    CmosClock *s = opaque;
    int64_t host = host_ns();

    find_flags(s, host);
    update(s, host);
}

/* ---- registers ---- */

static uint8_t register_a_now(const CmosClock *s, int64_t host)
{
    bool updating = clock_runs(s) && clock_at(s, host).ns >= NANOSECONDS_PER_SECOND - UIP_NS;

    return s->cmos[REGISTER_A] | (updating ? A_UIP : 0);
}

static uint8_t chip_read(CmosClock *s, unsigned reg)
{
    int64_t host = host_ns();
    uint8_t value;

    if (is_time_register(reg)) {
        show_time(s, host);
    } else if (reg == REGISTER_A) {
        return register_a_now(s, host);
    } else if (reg == REGISTER_C) {
        find_flags(s, host);
        update(s, host);
        value = s->cmos[REGISTER_C];
        s->cmos[REGISTER_C] = 0;
        update(s, host);
        return value;
    }
    return s->cmos[reg];
}

/* Half a second after the divider's release comes the first update; SET lets it run. */
static void write_a(CmosClock *s, uint8_t value, int64_t host)
{
    bool ran = divider_runs(s->cmos[REGISTER_A]);

    show_time(s, host);
    s->cmos[REGISTER_A] = value & ~A_UIP;
    if (!divider_runs(value) && (value & A_DIVIDER_RESET) != A_DIVIDER_RESET) {
        qemu_log_dev(LOG_UNIMP, TYPE_MC146818_RTC, "A.DV",
                     "time base %u is not modelled: the clock stops", (value & A_DIVIDER) >> 4);
    }
    if (!ran && divider_runs(value)) {
        set_clock(s, host, NANOSECONDS_PER_SECOND / 2);
    }
    s->seen_pulse = pulse_number(s);
}

static void write_b(CmosClock *s, uint8_t value, int64_t host)
{
    bool was_set = s->cmos[REGISTER_B] & B_SET;
    int64_t phase = clock_at(s, host).ns;

    show_time(s, host);
    if ((value & B_DSE) && !(s->cmos[REGISTER_B] & B_DSE)) {
        qemu_log_dev(LOG_UNIMP, TYPE_MC146818_RTC, "B.DSE", "daylight saving is not modelled");
    }
    if (value & B_SET) {
        value &= ~B_UIE;
    }
    s->cmos[REGISTER_B] = value;
    if (was_set && !(value & B_SET)) {
        set_clock(s, host, phase);
    }
}

static void chip_write(CmosClock *s, unsigned reg, uint8_t value)
{
    int64_t host = host_ns();

    find_flags(s, host);
    if (reg == REGISTER_A) {
        write_a(s, value, host);
    } else if (reg == REGISTER_B) {
        write_b(s, value, host);
    } else if (is_time_register(reg)) {
        show_time(s, host);
        s->cmos[reg] = value;
        if (clock_runs(s)) {
            set_clock(s, host, clock_at(s, host).ns);
        }
    } else if (reg != REGISTER_C && reg != REGISTER_D) {
        s->cmos[reg] = value;
    }
    update(s, host);
}

/* ---- ports ---- */

static uint64_t port_read(void *opaque, hwaddr addr, unsigned size)
{
    CmosClock *s = opaque;

    return addr ? chip_read(s, s->index) : 0xff; /* the index can't be read */
}

/* Bit 7 of the index masks the NMI, which nothing raises. */
static void port_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    CmosClock *s = opaque;

    if (addr) {
        chip_write(s, s->index, value);
    } else {
        s->index = value & (CMOS_SIZE - 1);
    }
}

static const MemoryRegionOps rtc_port_ops = {
    .read = port_read,
    .write = port_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

void rtc_set_memory(ISADevice *dev, int addr, int val)
{
    g_assert(addr >= 0 && addr < CMOS_SIZE);
    if (addr > REGISTER_D) {
        chip_write(MC146818_RTC(dev), addr, val);
    }
}

int rtc_get_memory(ISADevice *dev, int addr)
{
    CmosClock *s = MC146818_RTC(dev);

    g_assert(addr >= 0 && addr < CMOS_SIZE);
    if (is_time_register(addr)) {
        show_time(s, host_ns());
    }
    return s->cmos[addr];
}

/* ---- the device ---- */

/* "RESET": time and memory stay. */
static void rtc_reset(DeviceState *dev)
{
    CmosClock *s = MC146818_RTC(dev);
    int64_t host = host_ns();

    find_flags(s, host);
    s->cmos[REGISTER_B] &= ~(B_PIE | B_AIE | B_UIE | B_SQWE);
    s->cmos[REGISTER_C] = 0;
    update(s, host);
}

static const char *const policy_names[] = { "discard", "delay", "slew" };
static const QEnumLookup policies = { policy_names, ARRAY_SIZE(policy_names) };
static const PropertyInfo policy_info = {
    "LostTickPolicy", "discard/delay/slew", PROPERTY_ENUM, .size = sizeof(LostTickPolicy),
    .enum_table = &policies,
};

static void rtc_realize(DeviceState *dev, Error **errp)
{
    CmosClock *s = MC146818_RTC(dev);

    if (s->lost_tick_policy != LOST_TICKS_DISCARD) {
        error_setg(errp, "lost_tick_policy '%s' is not supported: only 'discard' is",
                   policy_names[s->lost_tick_policy]);
        return;
    }
    s->second_timer = timer_new_ns(QEMU_CLOCK_HOST, timer_due, s);
    s->periodic_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, timer_due, s);
    s->cmos[REGISTER_A] = A_DIVIDER_RUNS | 6;
    s->cmos[REGISTER_B] = B_24_HOURS;
    s->cmos[REGISTER_D] = D_VRT;
    forget_flags_until(s, host_ns());

    memory_region_init_io(&s->ports, OBJECT(s), &rtc_port_ops, s, "rtc", 2);
    memory_region_init_io(&s->index_port, OBJECT(s), &rtc_port_ops, s, "rtc-index", 1);
    memory_region_add_subregion(&s->ports, 0, &s->index_port);
    isa_register_ioport(ISA_DEVICE(dev), &s->ports, s->iobase);
    qdev_init_gpio_out(dev, &s->irq_out, 1);
}

static void rtc_unrealize(DeviceState *dev)
{
    CmosClock *s = MC146818_RTC(dev);

    memory_region_del_subregion(isa_address_space_io(ISA_DEVICE(dev)), &s->ports);
    memory_region_del_subregion(&s->ports, &s->index_port);
    g_clear_pointer(&s->second_timer, timer_free);
    g_clear_pointer(&s->periodic_timer, timer_free);
}

static int rtc_post_load(void *opaque, int version_id)
{
    CmosClock *s = opaque;
    int64_t host = host_ns();

    if (s->index >= CMOS_SIZE || s->weekday_shift >= 7 || s->ahead.ns < 0 ||
        s->ahead.ns >= NANOSECONDS_PER_SECOND || s->ahead.second < -LATEST ||
        s->ahead.second > LATEST || s->seen_second < -2 * LATEST) {
        return -EINVAL;
    }
    s->seen_second = MIN(s->seen_second, clock_at(s, host).second);
    s->seen_pulse = MIN(s->seen_pulse, pulse_number(s));
    find_flags(s, host);
    update(s, host);
    return 0;
}

static const VMStateDescription vmstate_rtc = {
    .name = TYPE_MC146818_RTC,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = rtc_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_BUFFER(cmos, CmosClock),
        VMSTATE_UINT8(index, CmosClock),
        VMSTATE_INT64(ahead.second, CmosClock),
        VMSTATE_INT64(ahead.ns, CmosClock),
        VMSTATE_UINT8(weekday_shift, CmosClock),
        VMSTATE_INT64(seen_second, CmosClock),
        VMSTATE_INT64(seen_pulse, CmosClock),
        VMSTATE_END_OF_LIST()
    },
};

static Property rtc_properties[] = {
    DEFINE_PROP_INT32("base_year", CmosClock, base_year, 0),
    DEFINE_PROP_UINT16("iobase", CmosClock, iobase, 0x70),
    DEFINE_PROP_UINT8_RANGE("irq", CmosClock, isa_irq, RTC_ISA_IRQ, 0, ISA_NUM_IRQS - 1),
    DEFINE_PROP("lost_tick_policy", CmosClock, lost_tick_policy, policy_info, LostTickPolicy,
                QDEV_INITIAL_(LOST_TICKS_DISCARD)),
    DEFINE_PROP_END_OF_LIST(),
};

static const DeviceTraits rtc_traits = {
    .desc = "MC146818A clock and CMOS memory",
    .realize = rtc_realize,
    .unrealize = rtc_unrealize,
    .reset = rtc_reset,
    .state = &vmstate_rtc,
    .properties = rtc_properties,
    .board_only = true,
};

static const TypeInfo rtc_types[] = {
    {
        .name = TYPE_MC146818_RTC,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(CmosClock),
        .class_init = device_class_init_traits,
        .class_data = (void *)&rtc_traits,
    },
};

DEFINE_TYPES(rtc_types)

ISADevice *mc146818_rtc_init(ISABus *bus, int base_year, qemu_irq intercept_irq)
{
    DeviceState *dev = DEVICE(isa_new(TYPE_MC146818_RTC));

    qdev_prop_set_int32(dev, "base_year", base_year);
    isa_realize_and_unref(ISA_DEVICE(dev), bus, &error_fatal);
    qdev_connect_gpio_out(dev, 0, intercept_irq ? intercept_irq
                                                : isa_bus_get_irq(bus, MC146818_RTC(dev)->isa_irq));
    return ISA_DEVICE(dev);
}
