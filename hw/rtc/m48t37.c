/*
 * M48T37V TIMEKEEPER: 32 KiB of battery-backed memory whose top 16 bytes are a clock with alarm and
 * watchdog, behind the MVME5100's address strobes.
 *
 * Reference: ST M48T37Y, M48T37V data sheet (Doc ID 7019), "Clock operations"; MVME5100
 * Programmer's Reference Guide, chapter 1, "NVRAM/RTC and watchdog timer".
 *
 * The clock is the host's (or what -rtc makes of it) plus what the guest has set. The guest sees
 * copies of its counters: R freezes them, W lets the guest change them, and the end of W puts them
 * into the clock. The day of the week is a counter of its own, which no date determines. Frequency test (FT) is not modelled; calibration is kept and has no effect.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/irq.h"
#include "hw/qdev-properties.h"
#include "hw/rtc/m48t37.h"
#include "hw/sysbus.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "system/block-backend.h"
#include "system/rtc.h"

enum {
    REG_FLAGS = 0x7ff0,
    REG_CENTURY = 0x7ff1,
    REG_ALARM_SECONDS = 0x7ff2,
    REG_ALARM_DATE = 0x7ff5,
    REG_INTERRUPTS = 0x7ff6,
    REG_WATCHDOG = 0x7ff7,
    REG_CONTROL = 0x7ff8,
    REG_SECONDS = 0x7ff9,
    REG_MINUTES = 0x7ffa,
    REG_HOURS = 0x7ffb,
    REG_DAY = 0x7ffc,
    REG_DATE = 0x7ffd,
    REG_MONTH = 0x7ffe,
    REG_YEAR = 0x7fff,
    FIRST_REG = REG_FLAGS,
    NUM_REGS = 16,

    FLAGS_WDF = 0x80,
    FLAGS_AF = 0x40,
    ALARM_RPT = 0x80,
    INTERRUPTS_AFE = 0x80,
    INTERRUPTS_ABE = 0x20,
    WATCHDOG_WDS = 0x80,
    CONTROL_W = 0x80,
    CONTROL_R = 0x40,
    SECONDS_ST = 0x80,
    DAY_FT = 0x40,
    DAY_DIGITS = 0x07,
};

enum { MMIO_ADDRESS_LOW = 0x00, MMIO_ADDRESS_HIGH = 0x08, MMIO_DATA = 0x10 };

/* Alarms that match no date are looked for this many days ahead: two months, one without a 31st. */
#define ALARM_HORIZON_DAYS 63
#define SECONDS_PER_DAY    86400

OBJECT_DECLARE_SIMPLE_TYPE(M48T37State, M48T37)

struct M48T37State {
    SysBusDevice parent_obj;

    MemoryRegion iomem;
    qemu_irq irq;
    qemu_irq reset_out;
    BlockBackend *blk;
    bool image_is_old; /* a write to it has failed */

    uint8_t nvram[M48T37_SIZE]; /* the registers too, as the guest last saw or wrote them */
    uint8_t address_low;
    uint8_t address_high;
    int64_t offset_ns;          /* guest's clock - base clock, while it runs */
    int64_t stopped_ns;         /* the guest's clock, while the oscillator is stopped */
    uint8_t day_set;            /* the day counter, DAY_DIGITS, when it was set */
    int64_t day_set_at;         /* ... and the clock then, in days */
    bool watchdog_irq;
    QEMUTimer *alarm_timer;
    QEMUTimer *watchdog_timer;
};

/* --- time --- */

static uint8_t to_bcd(unsigned n)
{
    return (n / 10 % 10) << 4 | n % 10;
}

static unsigned from_bcd(uint8_t bcd)
{
    return (bcd >> 4) * 10 + (bcd & 0xf);
}

static uint8_t *reg(M48T37State *s, unsigned address)
{
    return &s->nvram[address];
}

/*
 * The host's clock, read once for each operation, and everything computed from that reading: the
 * time of day that -rtc makes of it, as if that were UTC, and the deadline of the alarm.
 */
static int64_t host_ns(void)
{
    return qemu_clock_get_ns(QEMU_CLOCK_HOST);
}

static int64_t base_clock_ns(int64_t host)
{
    struct tm tm;

    qemu_timedate_at(&tm, host / NANOSECONDS_PER_SECOND);
    return (int64_t)timegm(&tm) * NANOSECONDS_PER_SECOND + host % NANOSECONDS_PER_SECOND;
}

static bool is_stopped(M48T37State *s)
{
    return *reg(s, REG_SECONDS) & SECONDS_ST;
}

static int64_t guest_clock_ns(M48T37State *s, int64_t host)
{
    return is_stopped(s) ? s->stopped_ns : base_clock_ns(host) + s->offset_ns;
}

static struct tm split_time(int64_t seconds)
{
    time_t t = seconds;
    struct tm tm;

    gmtime_r(&t, &tm);
    return tm;
}

/* Days of the clock, also of one before 1970. */
static int64_t day_number(int64_t seconds)
{
    return seconds / SECONDS_PER_DAY - (seconds % SECONDS_PER_DAY < 0);
}

/* The counter goes from 7 to 1 at midnight. It shows the 0 that a guest has set until then. */
static uint8_t day_of_week(M48T37State *s, int64_t seconds)
{
    int64_t passed = day_number(seconds) - s->day_set_at;

    return passed ? ((s->day_set - 1 + passed) % 7 + 7) % 7 + 1 : s->day_set;
}

static void set_day_of_week(M48T37State *s, uint8_t day, int64_t seconds)
{
    s->day_set = day & DAY_DIGITS;
    s->day_set_at = day_number(seconds);
}

/* Shows the clock in the registers, unless R or W freezes them. Bits that are no digits stay. */
static void update_time_registers(M48T37State *s)
{
    int64_t seconds;
    struct tm tm;

    if (*reg(s, REG_CONTROL) & (CONTROL_W | CONTROL_R)) {
        return;
    }
    seconds = guest_clock_ns(s, host_ns()) / NANOSECONDS_PER_SECOND;
    tm = split_time(seconds);
    *reg(s, REG_SECONDS) = (*reg(s, REG_SECONDS) & SECONDS_ST) | to_bcd(tm.tm_sec);
    *reg(s, REG_MINUTES) = to_bcd(tm.tm_min);
    *reg(s, REG_HOURS) = to_bcd(tm.tm_hour);
    *reg(s, REG_DAY) = (*reg(s, REG_DAY) & DAY_FT) | day_of_week(s, seconds);
    *reg(s, REG_DATE) = to_bcd(tm.tm_mday);
    *reg(s, REG_MONTH) = to_bcd(tm.tm_mon + 1);
    *reg(s, REG_YEAR) = to_bcd((tm.tm_year + 1900) % 100);
    *reg(s, REG_CENTURY) = to_bcd((tm.tm_year + 1900) / 100);
}

/* What the registers say, in seconds; far out where they aren't even digits. */
static int64_t shown_time(M48T37State *s)
{
    struct tm tm = {
        .tm_sec = from_bcd(*reg(s, REG_SECONDS) & ~SECONDS_ST),
        .tm_min = from_bcd(*reg(s, REG_MINUTES) & 0x7f),
        .tm_hour = from_bcd(*reg(s, REG_HOURS) & 0x3f),
        .tm_mday = from_bcd(*reg(s, REG_DATE) & 0x3f),
        .tm_mon = (int)from_bcd(*reg(s, REG_MONTH) & 0x1f) - 1,
        .tm_year = (int)from_bcd(*reg(s, REG_CENTURY)) * 100 +
                   (int)from_bcd(*reg(s, REG_YEAR)) - 1900,
    };
    int64_t limit = INT64_MAX / NANOSECONDS_PER_SECOND - SECONDS_PER_DAY;

    return CLAMP((int64_t)timegm(&tm), -limit, limit);
}

/* W has ended: the registers, ST among them, go into the clock. */
static void set_clock(M48T37State *s)
{
    int64_t seconds = shown_time(s);

    s->stopped_ns = seconds * NANOSECONDS_PER_SECOND;
    s->offset_ns = s->stopped_ns - base_clock_ns(host_ns());
    set_day_of_week(s, *reg(s, REG_DAY), seconds);
}

/* --- interrupt, alarm, watchdog --- */

static void update_irq(M48T37State *s)
{
    bool alarm = (*reg(s, REG_FLAGS) & FLAGS_AF) && (*reg(s, REG_INTERRUPTS) & INTERRUPTS_AFE);

    qemu_set_irq(s->irq, alarm || s->watchdog_irq);
}

static bool alarm_matches(M48T37State *s, unsigned alarm_reg, unsigned value)
{
    uint8_t alarm = *reg(s, alarm_reg);

    return (alarm & ALARM_RPT) || from_bcd(alarm) == value;
}

/* The first second of the day from @from on at which the alarm's time matches; -1 if none. */
static int alarm_second_of_day(M48T37State *s, int from)
{
    for (int t = from; t < SECONDS_PER_DAY; t++) {
        if (alarm_matches(s, REG_ALARM_SECONDS, t % 60) &&
            alarm_matches(s, REG_ALARM_SECONDS + 1, t / 60 % 60) &&
            alarm_matches(s, REG_ALARM_SECONDS + 2, t / 3600)) {
            return t;
        }
    }
    return -1;
}

/* When the alarm strikes next, in seconds of the guest's clock after @now; -1: never. */
static int64_t next_alarm(M48T37State *s, int64_t now)
{
    int64_t day = (now + 1) / SECONDS_PER_DAY;
    int from = (now + 1) % SECONDS_PER_DAY;

    for (int i = 0; i < ALARM_HORIZON_DAYS; i++, day++, from = 0) {
        int t;

        if (!alarm_matches(s, REG_ALARM_DATE, split_time(day * SECONDS_PER_DAY).tm_mday)) {
            continue;
        }
        t = alarm_second_of_day(s, from);
        if (t >= 0) {
            return day * SECONDS_PER_DAY + t;
        }
        if (from == 0) {
            break; /* no time of any day */
        }
    }
    return -1;
}

static void schedule_alarm(M48T37State *s)
{
    int64_t host = host_ns();
    int64_t now_ns = guest_clock_ns(s, host);
    int64_t next = is_stopped(s) || now_ns < 0 ? -1
                                               : next_alarm(s, now_ns / NANOSECONDS_PER_SECOND);

    if (next < 0) {
        timer_del(s->alarm_timer);
    } else {
        timer_mod(s->alarm_timer, host + next * NANOSECONDS_PER_SECOND - now_ns);
    }
}

static void alarm_expired(void *opaque)
{
    M48T37State *s = opaque;

    *reg(s, REG_FLAGS) |= FLAGS_AF;
    update_irq(s);
    schedule_alarm(s);
}

static void start_watchdog(M48T37State *s)
{
    static const int64_t resolution_ns[4] = {
        NANOSECONDS_PER_SECOND / 16, NANOSECONDS_PER_SECOND / 4, NANOSECONDS_PER_SECOND,
        NANOSECONDS_PER_SECOND * 4,
    };
    uint8_t value = *reg(s, REG_WATCHDOG);
    unsigned multiplier = value >> 2 & 0x1f;

    if (multiplier) {
        timer_mod(s->watchdog_timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                                     multiplier * resolution_ns[value & 3]);
    } else {
        timer_del(s->watchdog_timer);
    }
}

static void watchdog_expired(void *opaque)
{
    M48T37State *s = opaque;

    *reg(s, REG_FLAGS) |= FLAGS_WDF;
    if (*reg(s, REG_WATCHDOG) & WATCHDOG_WDS) {
        *reg(s, REG_WATCHDOG) = 0;
        *reg(s, REG_DAY) &= ~DAY_FT;
        qemu_irq_pulse(s->reset_out);
    } else {
        s->watchdog_irq = true;
    }
    update_irq(s);
}

/* --- registers --- */

/*
 * From `address` on, into the image. Without one it is lost at exit, as with an empty battery. The
 * back end reports failures; after one, the next write brings everything up to date.
 */
static void keep(M48T37State *s, unsigned address, unsigned size)
{
    if (!s->blk || !blk_is_writable(s->blk)) {
        return;
    }
    if (s->image_is_old) {
        s->image_is_old = blk_pwrite(s->blk, 0, M48T37_SIZE, s->nvram) < 0;
    } else {
        s->image_is_old = blk_pwrite(s->blk, address, size, reg(s, address)) < 0;
    }
}

static void write_flags(M48T37State *s, unsigned address, uint8_t value)
{
    /* Only the chip sets these, and reading clears them. */
}

static void write_time(M48T37State *s, unsigned address, uint8_t value)
{
    if (!(*reg(s, REG_CONTROL) & CONTROL_W)) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_M48T37, NULL,
                     "time register 0x%04x written without W set", address);
        return;
    }
    if (address == REG_DAY && (value & DAY_FT)) {
        qemu_log_dev(LOG_UNIMP, TYPE_M48T37, "DAY.FT", "frequency test is not modelled");
    }
    *reg(s, address) = value;
}

static void write_control(M48T37State *s, unsigned address, uint8_t value)
{
    bool ends_write = (*reg(s, REG_CONTROL) & CONTROL_W) && !(value & CONTROL_W);

    update_time_registers(s);
    *reg(s, REG_CONTROL) = value;
    if (ends_write) {
        set_clock(s);
        schedule_alarm(s);
    }
    keep(s, REG_CONTROL, NUM_REGS - (REG_CONTROL - FIRST_REG));
}

static void write_watchdog(M48T37State *s, unsigned address, uint8_t value)
{
    *reg(s, REG_WATCHDOG) = value;
    if (!value) {
        s->watchdog_irq = false;
    }
    start_watchdog(s);
    update_irq(s);
}

static void write_interrupts(M48T37State *s, unsigned address, uint8_t value)
{
    *reg(s, REG_INTERRUPTS) = value & (INTERRUPTS_AFE | INTERRUPTS_ABE);
    update_irq(s);
}

static void write_alarm(M48T37State *s, unsigned address, uint8_t value)
{
    *reg(s, address) = value;
    schedule_alarm(s);
    keep(s, address, 1);
}

typedef void RegisterWrite(M48T37State *s, unsigned address, uint8_t value);

static RegisterWrite *const register_writes[NUM_REGS] = {
    [REG_FLAGS - FIRST_REG] = write_flags,
    [REG_CENTURY - FIRST_REG] = write_time,
    [REG_ALARM_SECONDS - FIRST_REG] = write_alarm,
    [REG_ALARM_SECONDS + 1 - FIRST_REG] = write_alarm,
    [REG_ALARM_SECONDS + 2 - FIRST_REG] = write_alarm,
    [REG_ALARM_DATE - FIRST_REG] = write_alarm,
    [REG_INTERRUPTS - FIRST_REG] = write_interrupts,
    [REG_WATCHDOG - FIRST_REG] = write_watchdog,
    [REG_CONTROL - FIRST_REG] = write_control,
    [REG_SECONDS - FIRST_REG] = write_time,
    [REG_MINUTES - FIRST_REG] = write_time,
    [REG_HOURS - FIRST_REG] = write_time,
    [REG_DAY - FIRST_REG] = write_time,
    [REG_DATE - FIRST_REG] = write_time,
    [REG_MONTH - FIRST_REG] = write_time,
    [REG_YEAR - FIRST_REG] = write_time,
};

static uint8_t chip_read(M48T37State *s, unsigned address)
{
    uint8_t value;

    if (register_writes[MAX(address, FIRST_REG) - FIRST_REG] == write_time) {
        update_time_registers(s);
    }
    value = *reg(s, address);
    if (address == REG_FLAGS) { /* reading clears them */
        *reg(s, REG_FLAGS) = 0;
        update_irq(s);
    }
    return value;
}

static void chip_write(M48T37State *s, unsigned address, uint8_t value)
{
    if (address >= FIRST_REG) {
        register_writes[address - FIRST_REG](s, address, value);
    } else {
        *reg(s, address) = value;
        keep(s, address, 1);
    }
}

uint8_t m48t37_read(Object *obj, uint32_t addr)
{
    return chip_read(M48T37(obj), addr % M48T37_SIZE);
}

void m48t37_write(Object *obj, uint32_t addr, uint8_t value)
{
    chip_write(M48T37(obj), addr % M48T37_SIZE, value);
}

/* --- address strobes and data --- */

static unsigned strobed_address(const M48T37State *s)
{
    return (s->address_high << 8 | s->address_low) % M48T37_SIZE;
}

static uint64_t mmio_read(void *opaque, hwaddr addr, unsigned size)
{
    M48T37State *s = opaque;

    if (addr == MMIO_DATA) {
        return chip_read(s, strobed_address(s));
    }
    qemu_log_dev(LOG_GUEST_ERROR, TYPE_M48T37, NULL, "read of a write-only register at 0x%02x",
                 (unsigned)addr);
    return 0;
}

static void mmio_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    M48T37State *s = opaque;

    switch (addr) {
    case MMIO_ADDRESS_LOW:
        s->address_low = value;
        break;
    case MMIO_ADDRESS_HIGH:
        s->address_high = value;
        break;
    case MMIO_DATA:
        chip_write(s, strobed_address(s), value);
        break;
    default:
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_M48T37, NULL, "write to no register at 0x%02x",
                     (unsigned)addr);
    }
}

/* "DATA" shows what of the chip it is: a register, or a byte of the memory. */
static void names_at(void *opaque, hwaddr addr, unsigned size, uint64_t value,
                     MemoryRegionNameFunc *found, void *data)
{
    static const char *const chip[NUM_REGS] = {
        "FLAGS", "CENTURY", "ALARM_SECONDS", "ALARM_MINUTES", "ALARM_HOURS", "ALARM_DATE",
        "INTERRUPTS", "WATCHDOG", "CONTROL", "SECONDS", "MINUTES", "HOURS", "DAY", "DATE",
        "MONTH", "YEAR",
    };
    unsigned address = strobed_address(opaque);
    g_autofree char *what = NULL;

    if (addr == MMIO_ADDRESS_LOW || addr == MMIO_ADDRESS_HIGH) {
        found(addr == MMIO_ADDRESS_LOW ? "ADDRESS_LOW" : "ADDRESS_HIGH", "", "", data);
    } else if (addr == MMIO_DATA) {
        what = address >= FIRST_REG ? g_strdup_printf(" %s", chip[address - FIRST_REG])
                                    : g_strdup_printf(" NVRAM[0x%04x]", address);
        found("DATA", "", what, data);
    }
}

static void names_all(void *opaque, MemoryRegionNameFunc *found, void *data)
{
    static const char *const all[] = { "ADDRESS_LOW", "ADDRESS_HIGH", "DATA" };

    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        found(all[i], "", "", data);
    }
}

static const MemoryRegionNames mmio_names = { names_at, names_all };

static const MemoryRegionOps mmio_ops = {
    .read = mmio_read,
    .write = mmio_write,
    .endianness = DEVICE_BIG_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
    .impl = { .min_access_size = 1, .max_access_size = 1 },
    .names = &mmio_names,
};

/* --- the device --- */

/* An image's registers say which day it was when; a chip that nobody has set has the calendar's. */
static void start_day_of_week(M48T37State *s)
{
    int64_t now = guest_clock_ns(s, host_ns()) / NANOSECONDS_PER_SECOND;

    if (*reg(s, REG_DATE) && *reg(s, REG_MONTH) && (*reg(s, REG_DAY) & DAY_DIGITS)) {
        set_day_of_week(s, *reg(s, REG_DAY), shown_time(s));
    } else {
        set_day_of_week(s, split_time(now).tm_wday + 1, now);
    }
}

/* Bits that the chip clears when power comes up; the rest is battery-backed. */
static void power_up(M48T37State *s)
{
    *reg(s, REG_WATCHDOG) = 0;
    *reg(s, REG_INTERRUPTS) &= ~(INTERRUPTS_AFE | INTERRUPTS_ABE);
    *reg(s, REG_CONTROL) &= ~(CONTROL_W | CONTROL_R);
    *reg(s, REG_DAY) &= ~DAY_FT;
    *reg(s, REG_SECONDS) &= ~SECONDS_ST;
    *reg(s, REG_FLAGS) = 0;
    start_day_of_week(s);
    update_time_registers(s);
    schedule_alarm(s);
}

/* The chip has no reset input; what resets is the board's strobe logic. */
static void m48t37_reset(DeviceState *dev)
{
    M48T37State *s = M48T37(dev);

    s->address_low = s->address_high = 0;
}

static void m48t37_init(Object *obj)
{
    M48T37State *s = M48T37(obj);

    memory_region_init_io(&s->iomem, obj, &mmio_ops, s, TYPE_M48T37, M48T37_MMIO_SIZE);
    sysbus_init_mmio(SYS_BUS_DEVICE(obj), &s->iomem);
    sysbus_init_irq(SYS_BUS_DEVICE(obj), &s->irq);
    qdev_init_gpio_out_named(DEVICE(obj), &s->reset_out, M48T37_RESET_OUT, 1);
}

static void m48t37_realize(DeviceState *dev, Error **errp)
{
    M48T37State *s = M48T37(dev);

    if (s->blk && !blk_check_size_and_read_all(s->blk, dev, s->nvram, M48T37_SIZE, errp)) {
        return;
    }
    s->alarm_timer = timer_new_ns(QEMU_CLOCK_HOST, alarm_expired, s);
    s->watchdog_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, watchdog_expired, s);
    power_up(s);
}

static void m48t37_unrealize(DeviceState *dev)
{
    M48T37State *s = M48T37(dev);

    timer_free(s->alarm_timer);
    timer_free(s->watchdog_timer);
    s->alarm_timer = s->watchdog_timer = NULL;
}

static int m48t37_post_load(void *opaque, int version_id)
{
    M48T37State *s = opaque;

    schedule_alarm(s);
    update_irq(s);
    return 0;
}

static const VMStateDescription vmstate_m48t37 = {
    .name = TYPE_M48T37,
    .version_id = 2,
    .minimum_version_id = 2,
    .post_load = m48t37_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_BUFFER(nvram, M48T37State),
        VMSTATE_UINT8(address_low, M48T37State),
        VMSTATE_UINT8(address_high, M48T37State),
        VMSTATE_INT64(offset_ns, M48T37State),
        VMSTATE_INT64(stopped_ns, M48T37State),
        VMSTATE_UINT8(day_set, M48T37State),
        VMSTATE_INT64(day_set_at, M48T37State),
        VMSTATE_BOOL(watchdog_irq, M48T37State),
        VMSTATE_TIMER_PTR(watchdog_timer, M48T37State),
        VMSTATE_END_OF_LIST()
    },
};

static Property m48t37_properties[] = {
    DEFINE_PROP_DRIVE("drive", M48T37State, blk),
    DEFINE_PROP_END_OF_LIST(),
};

static void m48t37_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->desc = "M48T37 clock and NVRAM behind address strobes";
    dc->realize = m48t37_realize;
    dc->unrealize = m48t37_unrealize;
    dc->reset = m48t37_reset;
    dc->vmsd = &vmstate_m48t37;
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    device_class_set_props(dc, m48t37_properties);
}

static const TypeInfo m48t37_type = {
    .name = TYPE_M48T37,
    .parent = TYPE_SYS_BUS_DEVICE,
    .instance_size = sizeof(M48T37State),
    .instance_init = m48t37_init,
    .class_init = m48t37_class_init,
};

static void m48t37_register_types(void)
{
    type_register_static(&m48t37_type);
}

type_init(m48t37_register_types)
