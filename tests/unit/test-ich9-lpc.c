/*
 * ICH9's LPC bridge: its watchdog, the requests for SMIs and what locks them, the routes of PCI's
 * interrupts.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/isa/lpc_ich9.h"
#include "pci-test.h"

#define PM   0x600u
#define TCO  (PM + 0x60)
#define TICK (INT64_C(600) * SCALE_MS)
#define RCRB 0x20000000u

enum { SMI_EN = 0x30, SMI_STS = 0x34, RELOAD = 0x00, STS1 = 0x04, STS2 = 0x06, CNT1 = 0x08, INITIAL = 0x12 };
enum { GLOBAL = 1 << 0, BIOS = 1 << 2, APM = 1 << 5, SOFTWARE_TIMER = 1 << 6, BIOS_RELEASE = 1 << 7,
       TCO_EN = 1 << 13, PERIODIC = 1 << 14 };
enum { PM1_STS = 0, PM1_EN = 2, PM1_CNT = 4 };
enum { LOCK_STS = 1 << 5, SCI_EN = 1 << 0, OS_RELEASE = 1 << 2 };
enum { HALT = 0x0800, LOCK = 0x1000, TIMEOUT = 0x0008, SECOND = 0x0002 };

static PciTest t;
static PCIDevice *lpc;
static TestLine smi, gsis[ICH9_NUM_GSIS];

static uint16_t tco(unsigned reg)
{
    return rd(&t.io_as, TCO + reg, MO_LE | MO_16);
}

static void set_tco(unsigned reg, uint16_t value)
{
    wr(&t.io_as, TCO + reg, value, MO_LE | MO_16);
}

static uint32_t pm(unsigned reg)
{
    return rd(&t.io_as, PM + reg, MO_LE | MO_32);
}

static void set_pm(unsigned reg, uint32_t value)
{
    wr(&t.io_as, PM + reg, value, MO_LE | MO_32);
}

/* As after a reset, with what firmware sets; its strap keeps the watchdog from resetting the machine. */
static void begin(void)
{
    device_cold_reset(DEVICE(lpc));
    pci_test_config(&t, lpc, 0x40, PM, 4);
    pci_test_config(&t, lpc, 0x44, 0x80, 1);
    pci_test_config(&t, lpc, 0xf0, RCRB | 1, 4);
    smi.rises = 0;
}

static void test_the_watchdog_calls_twice(void)
{
    begin();
    set_pm(SMI_EN, GLOBAL | TCO_EN);
    set_tco(INITIAL, 1); /* too small */
    g_assert_cmpuint(tco(INITIAL), ==, 4);
    set_tco(INITIAL, 10);
    test_advance_ns(100 * TICK);
    g_assert_cmphex(tco(STS1), ==, 0); /* nobody has started it */
    set_tco(RELOAD, 1);
    test_advance_ns(9 * TICK + TICK / 2);
    g_assert_cmphex(tco(STS1), ==, 0);
    set_tco(RELOAD, 1);
    test_advance_ns(9 * TICK + TICK / 2);
    g_assert_cmphex(tco(STS1), ==, 0);
    test_advance_ns(TICK);
    g_assert_cmphex(tco(STS1), ==, TIMEOUT);
    g_assert_cmphex(tco(STS2), ==, 0);
    g_assert_cmpint(smi.rises, ==, 1);
    g_assert_cmphex(pm(SMI_STS), ==, TCO_EN);
    test_advance_ns(10 * TICK);
    g_assert_cmphex(tco(STS2), ==, SECOND);
    begin();
    g_assert_cmphex(tco(STS2), ==, SECOND); /* what has happened is told after it */
    set_tco(STS2, SECOND);
    g_assert_cmphex(tco(STS2), ==, 0);
}

static void test_the_watchdog_halts(void)
{
    begin();
    set_tco(RELOAD, 1);
    set_tco(CNT1, HALT);
    test_advance_ns(100 * TICK);
    g_assert_cmphex(tco(STS1), ==, 0);
    set_tco(CNT1, 0);
    test_advance_ns(5 * TICK);
    g_assert_cmphex(tco(STS1), ==, TIMEOUT);
    set_tco(CNT1, HALT);
}

/* The lock keeps TCO's SMIs as they are; the timer halts and goes on nevertheless. */
static void test_tco_lock(void)
{
    begin();
    set_pm(SMI_EN, GLOBAL | TCO_EN);
    set_tco(CNT1, LOCK);
    set_tco(CNT1, HALT);
    g_assert_cmphex(tco(CNT1), ==, LOCK | HALT);
    set_tco(CNT1, 0);
    g_assert_cmphex(tco(CNT1), ==, LOCK);
    set_tco(CNT1, HALT);
    set_pm(SMI_EN, APM);
    g_assert_cmphex(pm(SMI_EN), ==, TCO_EN | APM);
    begin();
    g_assert_cmphex(tco(CNT1), ==, 0);
    set_tco(CNT1, LOCK | HALT);
    set_pm(SMI_EN, TCO_EN | APM);
    g_assert_cmphex(pm(SMI_EN), ==, APM);
}

static void test_smi_lock(void)
{
    begin();
    set_pm(SMI_EN, GLOBAL | APM);
    wr(&t.io_as, ICH9_SMI_PORT, 0x55, MO_8);
    g_assert_cmpint(smi.rises, ==, 1);
    pci_test_config(&t, lpc, 0xa0, 0x10, 2);
    pci_test_config(&t, lpc, 0xa0, 0, 2);
    g_assert_cmphex(pci_test_get_config(&t, lpc, 0xa0, 2), ==, 0x10);
    set_pm(SMI_EN, 0);
    g_assert_cmphex(pm(SMI_EN), ==, GLOBAL);
    set_pm(SMI_EN, APM | 1 << 17 | 1 << 18 | 1 << 16); /* there is no 16 */
    g_assert_cmphex(pm(SMI_EN), ==, GLOBAL | APM | 1 << 17 | 1 << 18);
}

/* 64 s divided by two, as often as the register says; software's from 1.5 to 64 ms, once. */
static void test_timers_call(void)
{
    begin();
    pci_test_config(&t, lpc, 0xa0, 3, 2);
    set_pm(SMI_EN, GLOBAL | PERIODIC);
    test_advance_ns(7 * NANOSECONDS_PER_SECOND);
    g_assert_cmpint(smi.rises, ==, 0);
    for (int n = 1; n <= 3; n++) {
        test_advance_ns(n == 1 ? 2 * NANOSECONDS_PER_SECOND : 8 * NANOSECONDS_PER_SECOND);
        g_assert_cmpint(smi.rises, ==, n);
        g_assert_cmphex(pm(SMI_STS), ==, PERIODIC);
        set_pm(SMI_STS, PERIODIC);
        g_assert_cmphex(pm(SMI_STS), ==, 0);
    }
    set_pm(SMI_EN, GLOBAL);
    test_advance_ns(100 * NANOSECONDS_PER_SECOND);
    g_assert_cmpint(smi.rises, ==, 3);

    pci_test_config(&t, lpc, 0xa4, 0x40, 1);
    set_pm(SMI_EN, GLOBAL | SOFTWARE_TIMER);
    test_advance_ns(15 * SCALE_MS);
    g_assert_cmpint(smi.rises, ==, 3);
    test_advance_ns(2 * SCALE_MS);
    g_assert_cmpint(smi.rises, ==, 4);
    g_assert_cmphex(pm(SMI_STS), ==, SOFTWARE_TIMER);
    test_advance_ns(100 * SCALE_MS);
    g_assert_cmpint(smi.rises, ==, 4);
    set_pm(SMI_EN, GLOBAL);
    set_pm(SMI_EN, GLOBAL | SOFTWARE_TIMER);
    test_advance_ns(10 * SCALE_MS);
    set_pm(SMI_EN, GLOBAL); /* taken back */
    test_advance_ns(100 * SCALE_MS);
    g_assert_cmpint(smi.rises, ==, 4);
}

static void test_the_global_lock_is_released(void)
{
    begin();
    wr(&t.io_as, PM + PM1_CNT, OS_RELEASE, MO_LE | MO_16);
    g_assert_cmphex(pm(SMI_STS), ==, BIOS);
    g_assert_cmpint(smi.rises, ==, 0);
    set_pm(SMI_EN, GLOBAL | BIOS);
    wr(&t.io_as, PM + PM1_CNT, OS_RELEASE, MO_LE | MO_16);
    g_assert_cmpint(smi.rises, ==, 1);
    g_assert_cmphex(rd(&t.io_as, PM + PM1_CNT, MO_LE | MO_16), ==, 0);

    wr(&t.io_as, PM + PM1_CNT, SCI_EN, MO_LE | MO_16);
    wr(&t.io_as, PM + PM1_EN, LOCK_STS, MO_LE | MO_16);
    set_pm(SMI_EN, GLOBAL | BIOS_RELEASE);
    g_assert_cmphex(pm(SMI_EN), ==, GLOBAL);
    g_assert_cmphex(rd(&t.io_as, PM + PM1_STS, MO_LE | MO_16), ==, LOCK_STS);
    g_assert_cmpint(gsis[9].level, ==, 1);
    wr(&t.io_as, PM + PM1_STS, LOCK_STS, MO_LE | MO_16);
    g_assert_cmpint(gsis[9].level, ==, 0);
}

/* Pin A of slot 5: PIRQF, GSI 21, and the ISA line that its register names. */
static void test_routes(void)
{
    PCIDevice *dev = pci_new(PCI_DEVFN(5, 0), "e1000");

    pci_realize_and_unref(dev, t.bus, &error_abort);
    begin();
    pci_set_irq(dev, 1);
    g_assert_cmpint(gsis[21].level, ==, 1);
    pci_test_config(&t, lpc, 0x69, 11, 1);
    g_assert_cmpint(gsis[11].level, ==, 1);
    pci_test_config(&t, lpc, 0x69, 0x80, 1);
    g_assert_cmpint(gsis[11].level, ==, 0);
    pci_test_config(&t, lpc, 0x69, 8, 1); /* the clock's */
    g_assert_cmpint(gsis[8].level, ==, 0);
    pci_set_irq(dev, 0);
    g_assert_cmpint(gsis[21].level, ==, 0);
    qdev_unrealize(DEVICE(dev));
    object_unparent(OBJECT(dev));
    drain_call_rcu();
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
    pci_test_init(&t);
    lpc = pci_new_multifunction(ICH9_LPC_DEVFN, true, TYPE_ICH9_LPC);
    qdev_prop_set_bit(DEVICE(lpc), "smm-enabled", true);
    pci_realize_and_unref(lpc, t.bus, &error_abort);
    qdev_connect_gpio_out_named(DEVICE(lpc), ICH9_SMI_OUT, 0, test_line(&smi));
    for (int i = 0; i < ICH9_NUM_GSIS; i++) {
        qdev_connect_gpio_out_named(DEVICE(lpc), ICH9_GSI_OUT, i, test_line(&gsis[i]));
    }
    g_test_add_func("/ich9-lpc/the-watchdog-calls-twice", test_the_watchdog_calls_twice);
    g_test_add_func("/ich9-lpc/the-watchdog-halts", test_the_watchdog_halts);
    g_test_add_func("/ich9-lpc/tco-lock", test_tco_lock);
    g_test_add_func("/ich9-lpc/smi-lock", test_smi_lock);
    g_test_add_func("/ich9-lpc/timers-call", test_timers_call);
    g_test_add_func("/ich9-lpc/the-global-lock-is-released", test_the_global_lock_is_released);
    g_test_add_func("/ich9-lpc/routes", test_routes);
    return g_test_run();
}
