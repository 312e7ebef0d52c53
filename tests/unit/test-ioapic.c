/*
 * The I/O APIC: one rule each, told by the messages that it sends.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "device-test.h"
#include "hw/i386/apic-msg.h"
#include "hw/intc/intc.h"
#include "hw/intc/ioapic.h"

static DeviceState *dev;
static AddressSpace registers;
static MemoryRegion bus;

static struct {
    unsigned count;
    uint32_t address, data;
} sent;

static void message_comes(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    sent.count++;
    sent.address = APIC_MSG_BASE + addr;
    sent.data = value;
}

static const MemoryRegionOps bus_ops = {
    .write = message_comes,
    .endianness = DEVICE_LITTLE_ENDIAN,
};

static uint32_t get(uint8_t reg)
{
    wr(&registers, 0, reg, MO_LEUL);
    return rd(&registers, 0x10, MO_LEUL);
}

static void set(uint8_t reg, uint32_t value)
{
    wr(&registers, 0, reg, MO_8);
    wr(&registers, 0x10, value, MO_LEUL);
}

static void set_entry(unsigned pin, uint64_t entry)
{
    set(0x11 + 2 * pin, entry >> 32);
    set(0x10 + 2 * pin, entry);
}

static void set_pin(unsigned pin, int level)
{
    qemu_set_irq(qdev_get_gpio_in(dev, pin), level);
}

static void start(void)
{
    for (unsigned pin = 0; pin < IOAPIC_NUM_PINS; pin++) {
        set_pin(pin, 0);
    }
    device_cold_reset(dev);
    memset(&sent, 0, sizeof(sent));
}

static void registers_are_behind_the_window(void)
{
    start();
    g_assert_cmphex(get(0), ==, 0);
    g_assert_cmphex(get(1), ==, 0x00170020);
    set(0, 0xffffffff);
    g_assert_cmphex(get(0), ==, 0x0f000000);
    g_assert_cmphex(get(2), ==, 0x0f000000);
    g_assert_cmphex(get(0x10), ==, 0x00010000);
    set_entry(23, UINT64_MAX);
    g_assert_cmphex(get(0x3e), ==, 0x0001afff); /* status and remote IRR can't be written */
    g_assert_cmphex(get(0x3f), ==, 0xff000000);
    set(0x40, 1); /* behind the table */
    g_assert_cmphex(get(0x40), ==, 0);
}

static void edges_are_sent_once(void)
{
    start();
    set_entry(4, 0x0300000000000931ull); /* lowest priority, logical, to 3 */
    set_pin(4, 1);
    g_assert_cmpuint(sent.count, ==, 1);
    g_assert_cmphex(sent.address, ==, 0xfee03004);
    g_assert_cmphex(sent.data, ==, 0x4131);
    set_pin(4, 1);
    set_pin(4, 0);
    g_assert_cmpuint(sent.count, ==, 1);
    set_pin(4, 1);
    g_assert_cmpuint(sent.count, ==, 2);
    set(0x18, 0x00010931);
    set_pin(4, 0);
    set_pin(4, 1);
    set(0x18, 0x00000931); /* an edge while it was masked is gone */
    g_assert_cmpuint(sent.count, ==, 2);
}

static void levels_are_sent_again_after_their_end(void)
{
    start();
    set_entry(11, 0x010000000000a055ull); /* physical, active low, level */
    set_pin(11, 1);
    g_assert_cmpuint(sent.count, ==, 1);
    g_assert_cmphex(sent.address, ==, 0xfee01000);
    g_assert_cmphex(sent.data, ==, 0xc055);
    g_assert_cmphex(get(0x26), ==, 0xe055); /* remote IRR */
    ioapic_eoi_broadcast(0x54);
    g_assert_cmpuint(sent.count, ==, 1);
    ioapic_eoi_broadcast(0x55);
    g_assert_cmpuint(sent.count, ==, 2);
    set_pin(11, 0);
    wr(&registers, 0x40, 0x55, MO_LEUL); /* the EOI register does the same */
    g_assert_cmpuint(sent.count, ==, 2);
    g_assert_cmphex(get(0x26), ==, 0xa055);
    set_pin(11, 1);
    g_assert_cmpuint(sent.count, ==, 3);
    set(0x26, 0x00012055); /* to edge and back: as Linux ends it on old chips */
    set(0x26, 0x0001a055);
    g_assert_cmphex(get(0x26), ==, 0x1a055);
    set(0x26, 0x0000a055); /* a level that is there when it is unmasked */
    g_assert_cmpuint(sent.count, ==, 4);
}

static void other_deliveries_are_edges(void)
{
    start();
    set_entry(0, 0x8700); /* ExtINT */
    set_pin(0, 1);
    g_assert_cmpuint(sent.count, ==, 1);
    g_assert_cmphex(sent.data & 0x700, ==, 0x700);
    g_assert_cmphex(get(0x10) & 0x4000, ==, 0);
}

static void info_pic_shows_the_pins(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    InterruptStatsProviderClass *k = INTERRUPT_STATS_PROVIDER_GET_CLASS(dev);

    start();
    set_entry(9, 0x010000000000a055ull);
    set_pin(9, 1);
    k->print_info(INTERRUPT_STATS_PROVIDER(dev), text);
    g_assert_true(g_str_has_prefix(text->str,
        "ioapic0: ver=0x20 id=0x00 sel=0x22 (redir[9])\n"
        "  pin 0  0x0000000000010000 dest=0 vec=0   active-hi edge  masked fixed  physical\n"));
    g_assert_nonnull(strstr(text->str,
        "  pin 9  0x010000000000e055 dest=1 vec=85  active-lo level        fixed  physical\n"));
    g_assert_true(g_str_has_suffix(text->str, "  IRR      9\n  Remote IRR 9\n"));
}

static void state_survives(void)
{
    DeviceState *other = qdev_new(TYPE_IOAPIC);

    sysbus_realize(SYS_BUS_DEVICE(other), &error_abort);
    start();
    set_entry(9, 0x010000000000a055ull);
    set_pin(9, 1);
    test_copy_state(dev, other);
    test_drop(dev);
    dev = other;
    address_space_destroy(&registers);
    test_map(&registers, dev);
    g_assert_cmphex(get(0x22), ==, 0xe055);
    ioapic_eoi_broadcast(0x55);
    g_assert_cmpuint(sent.count, ==, 2);
}

static void another_version_is_refused(void)
{
    DeviceState *bad = qdev_new(TYPE_IOAPIC);
    Error *err = NULL;

    qdev_prop_set_uint8(bad, "version", 0x12);
    g_assert_false(sysbus_realize_and_unref(SYS_BUS_DEVICE(bad), &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "0x12"));
    error_free(err);
}

static void random_guests_do_no_harm(void)
{
    for (int i = 0; i < 20000; i++) {
        switch (g_test_rand_int_range(0, 4)) {
        case 0:
            set_pin(g_test_rand_int_range(0, IOAPIC_NUM_PINS), g_test_rand_int_range(0, 2));
            break;
        case 1:
            ioapic_eoi_broadcast(g_test_rand_int_range(0, 4));
            break;
        case 2:
            get(g_test_rand_int_range(0, 256));
            break;
        default:
            set(g_test_rand_int_range(0, 0x42), g_test_rand_int() & 0xff01ff03);
        }
    }
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
    memory_region_init_io(&bus, NULL, &bus_ops, NULL, "apic-msi", 0x100000);
    memory_region_add_subregion(get_system_memory(), APIC_MSG_BASE, &bus);
    dev = qdev_new(TYPE_IOAPIC);
    sysbus_realize(SYS_BUS_DEVICE(dev), &error_abort);
    test_map(&registers, dev);
#define RULE(name, rule) g_test_add_func("/ioapic/" name, rule)
    RULE("registers", registers_are_behind_the_window);
    RULE("edges", edges_are_sent_once);
    RULE("levels", levels_are_sent_again_after_their_end);
    RULE("other-deliveries", other_deliveries_are_edges);
    RULE("info-pic", info_pic_shows_the_pins);
    RULE("state-survives", state_survives);
    RULE("version", another_version_is_refused);
    RULE("random-guests-do-no-harm", random_guests_do_no_harm);
    return g_test_run();
}
