/*
 * ACPI's fixed hardware: see hw/acpi/acpi-pm.h.
 *
 * The timer isn't counted: it is the guest's time at 3.579545 MHz. Each change of its bit 23 sets
 * the status bit; that is looked up when the register is read, and waited for only while it may
 * interrupt.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/acpi/acpi-pm.h"
#include "qemu/bitops.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "system/runstate.h"

enum { TIMER_CARRY = 1 << 0, BUS_MASTER = 1 << 4, GLOBAL_LOCK = 1 << 5, POWER_BUTTON = 1 << 8,
       RTC_ALARM = 1 << 10, WOKEN = 1 << 15 };
enum { STATUS_BITS = TIMER_CARRY | BUS_MASTER | GLOBAL_LOCK | POWER_BUTTON | RTC_ALARM | WOKEN,
       ENABLE_BITS = TIMER_CARRY | GLOBAL_LOCK | POWER_BUTTON | RTC_ALARM };
enum { SCI_ENABLE = 1 << 0, BM_RELOAD = 1 << 1, RELEASE_LOCK = 1 << 2, SLEEP_TYPE_SHIFT = 10,
       SLEEP_TYPE = 7 << 10, SLEEP_ENABLE = 1 << 13 };

#define TIMER_BITS 24
#define CARRY_BIT  23

/* ---- The timer ---- */

static int64_t ticks_now(void)
{
    return muldiv64(qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL), ACPI_PM_TIMER_HZ,
                    NANOSECONDS_PER_SECOND);
}

static void notice_carry(AcpiPm *pm)
{
    int64_t now = ticks_now();

    if (now >> CARRY_BIT != pm->timer_seen >> CARRY_BIT) {
        pm->status |= TIMER_CARRY;
    }
    pm->timer_seen = now;
}

/* Rounded up, so that the change has happened by then. */
static void wait_for_carry(AcpiPm *pm)
{
    int64_t next = ((pm->timer_seen >> CARRY_BIT) + 1) << CARRY_BIT;

    if (pm->enable & ~pm->status & TIMER_CARRY) {
        timer_mod(pm->overflow,
                  muldiv64(next, NANOSECONDS_PER_SECOND, ACPI_PM_TIMER_HZ) + 1);
    } else {
        timer_del(pm->overflow);
    }
}

/* ---- The interrupt ---- */

static void update(AcpiPm *pm)
{
    bool pending = (pm->status & pm->enable & ENABLE_BITS) || (pm->gpe_status & pm->gpe_enable);

    pm->sci(pm->opaque, pending && (pm->controls & SCI_ENABLE));
    wait_for_carry(pm);
    qemu_system_wakeup_enable(QEMU_WAKEUP_REASON_RTC, pm->enable & RTC_ALARM);
}

static void woken_up(Notifier *n, void *data)
{
    AcpiPm *pm = container_of(n, AcpiPm, wakeup);
    WakeupReason reason = *(WakeupReason *)data;

    pm->status |= WOKEN | (reason == QEMU_WAKEUP_REASON_RTC ? RTC_ALARM : 0);
    update(pm);
}

static void carry_due(void *opaque)
{
    notice_carry(opaque);
    update(opaque);
}

static void power_button_pressed(Notifier *n, void *data)
{
    AcpiPm *pm = container_of(n, AcpiPm, power_button);

    pm->status |= POWER_BUTTON;
    update(pm);
}

void acpi_pm_raise_gpe(AcpiPm *pm, unsigned n)
{
    pm->gpe_status |= 1ull << n;
    update(pm);
}

void acpi_pm_set_acpi_mode(AcpiPm *pm, bool on)
{
    pm->controls = (pm->controls & ~SCI_ENABLE) | (on ? SCI_ENABLE : 0);
    update(pm);
}

void acpi_pm_release_global_lock(AcpiPm *pm)
{
    pm->status |= GLOBAL_LOCK;
    update(pm);
}

/* ---- Registers ---- */

/* Two words: status, whose bits are cleared by writing ones, and enable. */
static uint64_t event_read(void *opaque, hwaddr addr, unsigned size)
{
    AcpiPm *pm = opaque;

    notice_carry(pm);
    return addr ? pm->enable : pm->status;
}

static void event_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    AcpiPm *pm = opaque;

    notice_carry(pm);
    if (addr) {
        pm->enable = value & ENABLE_BITS;
    } else {
        pm->status &= ~value;
    }
    update(pm);
}

static void go_to_sleep(AcpiPm *pm, unsigned type)
{
    if (type == pm->sleep_off) {
        qemu_system_shutdown_request(SHUTDOWN_CAUSE_GUEST_SHUTDOWN);
    } else if (type == ACPI_PM_SLEEP_RAM && !pm->s3_disabled) {
        qemu_system_suspend_request();
    } else {
        qemu_log_dev(LOG_UNIMP, pm->name, "PM1_CNT",
                     "sleep type %u isn't modelled: the machine goes on", type);
    }
}

static bool calls_firmware(AcpiPm *pm, AcpiPmCall call)
{
    return pm->call_firmware && pm->call_firmware(pm->opaque, call);
}

static uint64_t control_read(void *opaque, hwaddr addr, unsigned size)
{
    return ((AcpiPm *)opaque)->controls;
}

static void control_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    AcpiPm *pm = opaque;

    pm->controls = value & (SCI_ENABLE | BM_RELOAD | SLEEP_TYPE);
    if (value & RELEASE_LOCK) {
        calls_firmware(pm, ACPI_PM_RELEASES_LOCK);
    }
    if ((value & SLEEP_ENABLE) && !calls_firmware(pm, ACPI_PM_SLEEPS)) {
        go_to_sleep(pm, (value & SLEEP_TYPE) >> SLEEP_TYPE_SHIFT);
    }
    update(pm);
}

static uint64_t timer_read(void *opaque, hwaddr addr, unsigned size)
{
    return ticks_now() & MAKE_64BIT_MASK(0, TIMER_BITS);
}

static void timer_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    qemu_log_dev(LOG_GUEST_ERROR, ((AcpiPm *)opaque)->name, "PM_TMR", "written: it only counts");
}

static uint64_t gpe_read(void *opaque, hwaddr addr, unsigned size)
{
    AcpiPm *pm = opaque;

    return (addr < pm->gpe_bytes ? pm->gpe_status : pm->gpe_enable) >>
               (addr % pm->gpe_bytes * 8) & 0xff;
}

static void gpe_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    AcpiPm *pm = opaque;
    unsigned shift = addr % pm->gpe_bytes * 8;

    if (addr < pm->gpe_bytes) {
        pm->gpe_status &= ~(value << shift);
    } else {
        pm->gpe_enable = deposit64(pm->gpe_enable, shift, 8, value);
    }
    update(pm);
}

/* Accesses of any size up to four bytes are put together from `unit` bytes each. */
#define OPS(reader, writer, unit)                                                                  \
    {                                                                                              \
        .read = reader, .write = writer, .endianness = DEVICE_LITTLE_ENDIAN,                       \
        .valid = { .min_access_size = 1, .max_access_size = 4 },                                   \
        .impl = { .min_access_size = unit, .max_access_size = unit },                              \
    }
static const MemoryRegionOps event_ops = OPS(event_read, event_write, 2);
static const MemoryRegionOps control_ops = OPS(control_read, control_write, 2);
static const MemoryRegionOps timer_ops = OPS(timer_read, timer_write, 4);
static const MemoryRegionOps gpe_ops = OPS(gpe_read, gpe_write, 1);

/* ---- Making one ---- */

void acpi_pm_init(AcpiPm *pm, Object *owner, const char *name, uint8_t sleep_off,
                  void (*sci)(void *opaque, bool level), void *opaque)
{
    pm->name = name;
    pm->gpe_bytes = ACPI_PM_GPE_SIZE / 2;
    pm->sleep_off = sleep_off;
    pm->sci = sci;
    pm->opaque = opaque;
    memory_region_init_io(&pm->event, owner, &event_ops, pm, "acpi-evt", ACPI_PM_EVENT_SIZE);
    memory_region_init_io(&pm->control, owner, &control_ops, pm, "acpi-cnt", ACPI_PM_CONTROL_SIZE);
    memory_region_init_io(&pm->timer, owner, &timer_ops, pm, "acpi-tmr", ACPI_PM_TIMER_SIZE);
    memory_region_init_io(&pm->gpe, owner, &gpe_ops, pm, "acpi-gpe0", ACPI_PM_GPE_SIZE);
    pm->overflow = timer_new_ns(QEMU_CLOCK_VIRTUAL, carry_due, pm);
    pm->power_button.notify = power_button_pressed;
    qemu_register_powerdown_notifier(&pm->power_button);
    pm->wakeup.notify = woken_up;
    qemu_register_wakeup_notifier(&pm->wakeup);
}

void acpi_pm_set_gpe_count(AcpiPm *pm, unsigned events)
{
    assert(events && events <= ACPI_PM_GPE_MAX && events % 8 == 0);
    pm->gpe_bytes = events / 8;
    memory_region_set_size(&pm->gpe, 2 * pm->gpe_bytes);
}

void acpi_pm_set_firmware_call(AcpiPm *pm, bool (*call_firmware)(void *opaque, AcpiPmCall call))
{
    pm->call_firmware = call_firmware;
}

void acpi_pm_reset(AcpiPm *pm)
{
    pm->status = pm->enable = pm->controls = 0;
    pm->gpe_status = pm->gpe_enable = 0;
    pm->timer_seen = ticks_now();
    update(pm);
}

static int after_load(void *opaque, int version_id)
{
    update(opaque);
    return 0;
}

const VMStateDescription vmstate_acpi_pm = {
    .name = "acpi-pm",
    .version_id = 2,
    .minimum_version_id = 2,
    .post_load = after_load,
    .fields = (const VMStateField[]){
        VMSTATE_UINT16(status, AcpiPm),
        VMSTATE_UINT16(enable, AcpiPm),
        VMSTATE_UINT16(controls, AcpiPm),
        VMSTATE_UINT64(gpe_status, AcpiPm),
        VMSTATE_UINT64(gpe_enable, AcpiPm),
        VMSTATE_INT64(timer_seen, AcpiPm),
        VMSTATE_END_OF_LIST()
    },
};
