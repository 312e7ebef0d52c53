/*
 * I2C: the bus and the EEPROMs on it, one rule each.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "device-test.h"
#include "hw/i2c/i2c.h"
#include "qemu/units.h"

#define TYPE_MASTER "i2c-test-master"

static const TypeInfo master_type = {
    .name = TYPE_MASTER,
    .parent = TYPE_SYS_BUS_DEVICE,
    .instance_size = sizeof(SysBusDevice),
};

static I2CBus *bus;
static DeviceState *master;

static void start(void)
{
    master = qdev_new(TYPE_MASTER);
    bus = i2c_bus_new(master, "i2c");
    sysbus_realize(SYS_BUS_DEVICE(master), &error_abort);
}

static I2CSlave *at24c(uint8_t address, uint32_t size)
{
    DeviceState *dev = qdev_new(TYPE_AT24C_EEPROM);

    qdev_prop_set_uint8(dev, "address", address);
    qdev_prop_set_uint32(dev, "rom-size", size);
    qdev_realize_and_unref(dev, BUS(bus), &error_abort);
    return I2C_SLAVE(dev);
}

/* Bytes as a master would write them, then a stop. */
static void put(uint8_t address, const char *bytes, size_t size)
{
    g_assert_true(i2c_bus_start(bus, address, false));
    for (size_t i = 0; i < size; i++) {
        g_assert_true(i2c_bus_write(bus, bytes[i]));
    }
    i2c_bus_stop(bus);
}

static void expect(uint8_t address, const char *bytes, size_t size)
{
    g_assert_true(i2c_bus_start(bus, address, true));
    for (size_t i = 0; i < size; i++) {
        g_assert_cmphex(i2c_bus_read(bus), ==, (uint8_t)bytes[i]);
    }
    i2c_bus_stop(bus);
}

static void nobody_answers_where_nobody_is(void)
{
    start();
    i2c_slave_create(bus, TYPE_SMBUS_EEPROM, 0x50);
    g_assert_false(i2c_bus_start(bus, 0x51, false));
    g_assert_false(i2c_bus_write(bus, 0));
    g_assert_cmphex(i2c_bus_read(bus), ==, 0xff);
    g_assert_true(i2c_bus_start(bus, 0x50, true));
    g_assert_false(i2c_bus_write(bus, 0)); /* the other direction */
    i2c_bus_stop(bus);
    g_assert_false(i2c_bus_is_active(bus));
    test_drop(master);
}

static void bytes_are_kept_and_read_on(void)
{
    start();
    i2c_slave_create(bus, TYPE_SMBUS_EEPROM, 0x50);
    put(0x50, "\x10" "abc", 4);
    put(0x50, "\x10", 1);
    expect(0x50, "ab", 2);
    expect(0x50, "c\xff", 2);
    put(0x50, "\xff" "z", 2);
    put(0x50, "\xff", 1);
    expect(0x50, "z\xff", 2); /* around at the end */
    test_drop(master);
}

static void a_page_is_written_around(void)
{
    start();
    at24c(0x50, 256);
    put(0x50, "\x06" "1234", 5); /* pages of eight */
    put(0x50, "\x00", 1);
    expect(0x50, "34\xff\xff\xff\xff" "12\xff", 9);
    test_drop(master);
}

static void a_medium_device_has_several_addresses(void)
{
    start();
    at24c(0x50, 1024);
    put(0x53, "\x20" "x", 2);
    put(0x50, "\x20" "y", 2);
    put(0x53, "\x20", 1);
    expect(0x53, "x", 1);
    put(0x50, "\x20", 1);
    expect(0x50, "y", 1);
    g_assert_false(i2c_bus_start(bus, 0x54, false));
    test_drop(master);
}

static void a_large_device_takes_two_address_bytes(void)
{
    start();
    at24c(0x57, 64 * KiB);
    put(0x57, "\xab\xcd" "q", 3);
    put(0x57, "\xab\xcd", 2);
    expect(0x57, "q", 1);
    test_drop(master);
}

static void write_protection_acknowledges_and_forgets(void)
{
    I2CSlave *eeprom;

    start();
    eeprom = i2c_slave_create(bus, TYPE_SMBUS_EEPROM, 0x50);
    i2c_eeprom_set_contents(eeprom, (const uint8_t *)"old", 3);
    i2c_eeprom_protect(eeprom);
    put(0x50, "\0" "new", 4);
    put(0x50, "\0", 1);
    expect(0x50, "old", 3);
    test_drop(master);
}

static void addresses_are_checked(void)
{
    static const struct {
        uint8_t address;
        uint32_t size;
        const char *message;
    } rows[] = {
        { 0x50, 100, "Parameter 'rom-size' expects a power of two from 128 to 65536" },
        { 0x03, 256, "Parameter 'address' expects an address from 0x08 to 0x77" },
        { 0x76, 1024, "Parameter 'address' expects an address from 0x08 to 0x74" },
        { 0x4e, 1024, "address 0x50 of bus 'i2c' is another device's" },
    };

    start();
    i2c_slave_create(bus, TYPE_SMBUS_EEPROM, 0x50);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        DeviceState *dev = qdev_new(TYPE_AT24C_EEPROM);
        Error *err = NULL;

        qdev_prop_set_uint8(dev, "address", rows[i].address);
        qdev_prop_set_uint32(dev, "rom-size", rows[i].size);
        g_assert_false(qdev_realize(dev, BUS(bus), &err));
        g_assert_cmpstr(error_get_pretty(err), ==, rows[i].message);
        error_free(err);
        object_unparent(OBJECT(dev));
        object_unref(OBJECT(dev));
    }
    test_drop(master);
}

static void a_snapshot_goes_on_within_a_transfer(void)
{
    g_autoptr(GByteArray) bus_bytes = g_byte_array_new(), bytes = g_byte_array_new();
    VMStateReader reader;
    I2CSlave *eeprom;

    start();
    eeprom = i2c_slave_create(bus, TYPE_SMBUS_EEPROM, 0x50);
    i2c_eeprom_set_contents(eeprom, (const uint8_t *)"abcdef", 6);
    i2c_bus_start(bus, 0x50, true);
    g_assert_cmphex(i2c_bus_read(bus), ==, 'a');
    vmstate_save_state(bus_bytes, &vmstate_i2c_bus, bus, &error_abort);
    vmstate_save_state(bytes, DEVICE_GET_CLASS(eeprom)->vmsd, eeprom, &error_abort);
    i2c_bus_stop(bus);
    put(0x50, "\3xyz", 4);
    reader = (VMStateReader){ .data = bytes->data, .size = bytes->len };
    g_assert_cmpint(vmstate_load_state(&reader, DEVICE_GET_CLASS(eeprom)->vmsd, eeprom, &error_abort), ==, 0);
    reader = (VMStateReader){ .data = bus_bytes->data, .size = bus_bytes->len };
    g_assert_cmpint(vmstate_load_state(&reader, &vmstate_i2c_bus, bus, &error_abort), ==, 0);
    g_assert_cmphex(i2c_bus_read(bus), ==, 'b');
    g_assert_cmphex(i2c_bus_read(bus), ==, 'c');
    g_assert_cmphex(i2c_bus_read(bus), ==, 'd');
    test_drop(master);
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
    type_register_static(&master_type);
    g_test_add_func("/i2c/nobody", nobody_answers_where_nobody_is);
    g_test_add_func("/i2c/eeprom/bytes", bytes_are_kept_and_read_on);
    g_test_add_func("/i2c/eeprom/page", a_page_is_written_around);
    g_test_add_func("/i2c/eeprom/several-addresses", a_medium_device_has_several_addresses);
    g_test_add_func("/i2c/eeprom/two-bytes", a_large_device_takes_two_address_bytes);
    g_test_add_func("/i2c/eeprom/protected", write_protection_acknowledges_and_forgets);
    g_test_add_func("/i2c/addresses", addresses_are_checked);
    g_test_add_func("/i2c/snapshot", a_snapshot_goes_on_within_a_transfer);
    return g_test_run();
}
