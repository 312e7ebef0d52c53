/*
 * Cards that ISA-only machines have, through their ports: isa-ide, ne2k_isa, isa-vga.
 *
 * SPDX-License-Identifier: MIT
 */
#include "isa-test.h"
#include <glib/gstdio.h>
#include "hw/ide/ide.h"
#include "hw/net/ne2k-isa.h"
#include "system/block-backend.h"

#define SECTORS 64

static char *disk_path;

static ISADevice *new_card(const char *type)
{
    ISADevice *dev = isa_new(type);

    object_ref(OBJECT(dev));
    memset(test_isa_lines, 0, sizeof(test_isa_lines));
    return dev;
}

static uint16_t in_word(uint16_t port)
{
    return rd(&test_port_space, port, MO_LE | MO_16);
}

/* ---- isa-ide ---- */

enum { ERR = 1, DRQ = 8, DRDY = 0x40, BSY = 0x80 };
enum { NIEN = 2 };
enum { READ_SECTORS = 0x20, READ_DMA = 0xc8, IDENTIFY = 0xec };

static ISADevice *ide;

static void make_disk(void)
{
    uint8_t bytes[SECTORS * 512];
    int fd = g_file_open_tmp("isa-ide-XXXXXX", &disk_path, NULL);

    g_assert_cmpint(fd, >=, 0);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = i / 512 + 1;
    }
    g_assert_cmpint(write(fd, bytes, sizeof(bytes)), ==, sizeof(bytes));
    close(fd);
}

static void ide_start(void)
{
    g_autofree char *drive = g_strdup_printf("if=none,id=disk,format=raw,file=%s", disk_path);
    DeviceState *disk = qdev_new(TYPE_IDE_HD);

    drive_new_from_opts(drive, &error_abort);
    ide = new_card(TYPE_ISA_IDE);
    qdev_prop_set_uint32(DEVICE(ide), "iobase", 0x170);
    qdev_prop_set_uint32(DEVICE(ide), "iobase2", 0x376);
    qdev_prop_set_uint32(DEVICE(ide), "irq", 15);
    isa_realize_and_unref(ide, test_bus, &error_abort);
    qdev_prop_set_string(disk, "drive", "disk");
    qdev_realize_and_unref(disk, g_ptr_array_index(DEVICE(ide)->child_buses, 0), &error_abort);
    device_cold_reset(DEVICE(ide));
}

static void ide_stop(void)
{
    test_drop(DEVICE(ide));
    blk_close_all();
}

static uint8_t ide_command(uint8_t code, uint8_t lba, uint8_t count)
{
    out(0x172, count);
    out(0x173, lba);
    out(0x174, 0);
    out(0x175, 0);
    out(0x176, 0x40);
    out(0x177, code);
    while (in(0x376) & BSY) {
        main_loop_wait(false);
    }
    return in(0x376);
}

static void sectors_come_by_the_data_register(void)
{
    ide_start();
    g_assert_cmphex(ide_command(READ_SECTORS, 5, 1) & (DRQ | ERR | DRDY), ==, DRQ | DRDY);
    g_assert_cmpint(test_isa_lines[15].level, ==, 1);
    in(0x177);
    g_assert_cmpint(test_isa_lines[15].level, ==, 0);
    for (int i = 0; i < 256; i++) {
        g_assert_cmphex(in_word(0x170), ==, 0x0606);
    }
    g_assert_cmphex(in(0x177) & (DRQ | BSY | ERR), ==, 0);
    ide_stop();
}

static void its_interrupt_can_be_disabled(void)
{
    ide_start();
    out(0x376, NIEN);
    ide_command(IDENTIFY, 0, 0);
    g_assert_cmpint(test_isa_lines[15].level, ==, 0);
    out(0x376, 0);
    g_assert_cmpint(test_isa_lines[15].level, ==, 1);
    ide_stop();
}

/* A transfer that waits for a DMA channel that there isn't ends with a reset. */
static void dma_waits_until_it_is_reset(void)
{
    ide_start();
    g_assert_cmphex(ide_command(READ_DMA, 5, 1) & (DRQ | ERR), ==, DRQ);
    g_assert_cmpint(test_isa_lines[15].level, ==, 0);
    out(0x376, 4);
    out(0x376, 0);
    while (in(0x376) & BSY) {
        main_loop_wait(false);
    }
    g_assert_cmphex(ide_command(READ_SECTORS, 7, 1) & (DRQ | ERR), ==, DRQ);
    g_assert_cmphex(in_word(0x170), ==, 0x0808);
    ide_stop();
}

static void ports_beyond_the_last_are_refused(void)
{
    Error *err = NULL;
    ISADevice *dev = new_card(TYPE_ISA_IDE);

    qdev_prop_set_uint32(DEVICE(dev), "iobase", 0xfffc);
    g_assert_false(isa_realize_and_unref(dev, test_bus, &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "'iobase' and 'iobase2' must be ports"));
    error_free(err);
    object_unref(OBJECT(dev));
}

/* ---- ne2k_isa ---- */

static void the_network_cards_prom_has_its_address(void)
{
    ISADevice *dev = new_card(TYPE_NE2K_ISA);
    const MACAddr mac = { { 0x52, 0x54, 0, 0x12, 0x34, 0x56 } };

    qdev_prop_set_macaddr(DEVICE(dev), "mac", mac.a);
    qdev_prop_set_uint32(DEVICE(dev), "iobase", 0x320);
    qdev_prop_set_uint32(DEVICE(dev), "irq", 10);
    isa_realize_and_unref(dev, test_bus, &error_abort);
    device_cold_reset(DEVICE(dev));
    out(0x320, 0x22);
    out(0x32e, 0x49); /* words */
    out(0x328, 0);
    out(0x329, 0);
    out(0x32a, 12);
    out(0x32b, 0);
    out(0x320, 0x0a);
    for (int i = 0; i < 6; i++) {
        g_assert_cmphex(in_word(0x330), ==, mac.a[i] * 0x101);
    }
    g_assert_cmphex(in(0x327) & 0x40, ==, 0x40);
    g_assert_cmpint(test_isa_lines[10].level, ==, 0);
    out(0x32f, 0x40); /* the end of the transfer interrupts */
    g_assert_cmpint(test_isa_lines[10].level, ==, 1);
    out(0x327, 0x40);
    g_assert_cmpint(test_isa_lines[10].level, ==, 0);
    g_assert_cmphex(in(0x32a), ==, 0xff); /* nothing that says it is another card */
    test_drop(DEVICE(dev));
}

/* ---- isa-vga ---- */

static void the_vga_has_its_ports_window_and_memory(void)
{
    ISADevice *dev = new_card("isa-vga");
    AddressSpace as;

    isa_realize_and_unref(dev, test_bus, &error_abort);
    address_space_init(&as, &test_memory, "memory");
    device_cold_reset(DEVICE(dev));
    wr(&test_port_space, 0x1ce, 0, MO_LE | MO_16);
    g_assert_cmphex(rd(&test_port_space, 0x1cf, MO_LE | MO_16) & 0xfff0, ==, 0xb0c0);
    out(0x3c2, 0x03);
    wr(&test_port_space, 0x3c4, 0x0f02, MO_LE | MO_16); /* all maps */
    wr(&test_port_space, 0x3c4, 0x0604, MO_LE | MO_16);
    wr(&test_port_space, 0x3ce, 0x0506, MO_LE | MO_16); /* the window is at a0000 */
    wr(&test_port_space, 0x3ce, 0xff08, MO_LE | MO_16);
    wr(&as, 0xa0001, 0x5a, MO_8);
    g_assert_cmphex(rd(&as, 0xe0000004, MO_LE | MO_32), ==, 0x5a5a5a5a);
    g_assert_cmphex(rd(&as, 0xe0000000, MO_LE | MO_32), ==, 0);
    address_space_destroy(&as);
}

int main(int argc, char **argv)
{
    int result;

    device_test_init(&argc, &argv);
    test_isa_init();
    make_disk();
    g_test_add_func("/isa-ide/sectors-come-by-the-data-register", sectors_come_by_the_data_register);
    g_test_add_func("/isa-ide/its-interrupt-can-be-disabled", its_interrupt_can_be_disabled);
    g_test_add_func("/isa-ide/dma-waits-until-it-is-reset", dma_waits_until_it_is_reset);
    g_test_add_func("/isa-ide/ports-beyond-the-last-are-refused", ports_beyond_the_last_are_refused);
    g_test_add_func("/ne2k-isa/its-prom-has-its-address", the_network_cards_prom_has_its_address);
    g_test_add_func("/isa-vga/it-has-its-ports-window-and-memory",
                    the_vga_has_its_ports_window_and_memory);
    result = g_test_run();
    g_unlink(disk_path);
    g_free(disk_path);
    return result;
}
