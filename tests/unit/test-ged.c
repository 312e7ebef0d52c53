/*
 * ACPI's generic event device: the selector and sleep control.
 *
 * SPDX-License-Identifier: MIT
 */
#include "device-test.h"
#include "hw/acpi/ged.h"
#include "system/runstate.h"

#define SLEEP(type) (0x20 | (type) << 2)

static DeviceState *dev;
static AddressSpace selector, registers;
static int rises;
static ShutdownCause cause;

/* The main loop, which hands requests on, ends with the interrupt. */
static void interrupted(void *opaque, int n, int level)
{
    rises += level;
    qemu_system_shutdown_request(SHUTDOWN_CAUSE_HOST_QMP_QUIT);
}

static void shut_down(Notifier *notifier, void *data)
{
    cause = *(ShutdownCause *)data;
}

static void start(void)
{
    dev = qdev_new(TYPE_ACPI_GED_X86);
    sysbus_realize(SYS_BUS_DEVICE(dev), &error_abort);
    sysbus_connect_irq(SYS_BUS_DEVICE(dev), 0, qemu_allocate_irq(interrupted, NULL, 0));
    test_map(&selector, dev);
    address_space_init(&registers, sysbus_mmio_get_region(SYS_BUS_DEVICE(dev), 2), "registers");
    rises = 0;
}

static void stop(void)
{
    address_space_destroy(&selector);
    address_space_destroy(&registers);
    test_drop(dev);
}

static void the_power_button_is_an_edge_and_an_event_that_is_read_once(void)
{
    start();
    g_assert_cmphex(rd(&selector, 0, MO_LE | MO_32), ==, 0);
    qemu_system_powerdown_request();
    qemu_main_loop();
    g_assert_cmpint(rises, ==, 1);
    g_assert_cmphex(rd(&selector, 0, MO_LE | MO_32), ==, GED_POWER_DOWN);
    g_assert_cmphex(rd(&selector, 0, MO_LE | MO_32), ==, 0);
    stop();
}

static void sleep_type_5_switches_off(void)
{
    start();
    wr(&registers, GED_SLEEP_CONTROL, GED_SLEEP_OFF << 2, MO_8); /* not enabled */
    wr(&registers, GED_SLEEP_CONTROL, SLEEP(3), MO_8);           /* there is no such */
    qemu_system_powerdown_request();
    qemu_main_loop();
    g_assert_cmpint(cause, ==, SHUTDOWN_CAUSE_HOST_QMP_QUIT);
    wr(&registers, GED_SLEEP_CONTROL, SLEEP(GED_SLEEP_OFF), MO_8);
    qemu_main_loop();
    g_assert_cmpint(cause, ==, SHUTDOWN_CAUSE_GUEST_SHUTDOWN);
    g_assert_cmphex(rd(&registers, GED_SLEEP_STATUS, MO_8), ==, 0);
    stop();
}

int main(int argc, char **argv)
{
    static Notifier notifier = { .notify = shut_down };

    device_test_init(&argc, &argv);
    qemu_register_shutdown_notifier(&notifier);
    g_test_add_func("/ged/the-power-button-is-an-edge-and-an-event-that-is-read-once",
                    the_power_button_is_an_edge_and_an_event_that_is_read_once);
    g_test_add_func("/ged/sleep-type-5-switches-off", sleep_type_5_switches_off);
    return g_test_run();
}
