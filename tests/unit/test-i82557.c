/*
 * Intel 8255x: its registers, EEPROM, PHY and PCI side, one rule each.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "i82557-test.h"

/* --- PCI --- */

static void the_family_has_its_ids(void)
{
    static const struct { const char *type; uint32_t id; uint8_t revision; } members[] = {
        { "i82557a", 0x12298086, 1 }, { "i82558b", 0x12298086, 5 }, { "i82559c", 0x12298086, 8 },
        { "i82559er", 0x12098086, 9 }, { "i82551", 0x12098086, 14 }, { "i82801", 0x24498086, 3 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
        start_with(members[i].type, true);
        g_assert_cmphex(nic_get_config(t, PCI_VENDOR_ID, 4), ==, members[i].id);
        g_assert_cmphex(nic_get_config(t, PCI_REVISION_ID, 4), ==,
                        0x02000000 | members[i].revision);
    }
}

static void bars_have_the_manuals_sizes(void)
{
    start();
    for (int bar = 0; bar < 3; bar++) {
        nic_config(t, PCI_BASE_ADDRESS_0 + 4 * bar, 0xffffffff, 4);
    }
    g_assert_cmphex(nic_get_config(t, PCI_BASE_ADDRESS_0, 4), ==, 0xfffff000);
    g_assert_cmphex(nic_get_config(t, PCI_BASE_ADDRESS_1, 4), ==, 0xffffffc1);
    g_assert_cmphex(nic_get_config(t, PCI_BASE_ADDRESS_2, 4), ==, 0xfff00000);
}

static void the_csr_is_in_memory_and_in_io(void)
{
    start();
    put(POINTER, 0x12345678, 4);
    g_assert_cmphex(nic_load(&t->io_as, NIC_TEST_IO + POINTER, 4), ==, 0x12345678);
    nic_store(&t->io_as, NIC_TEST_IO + POINTER + 1, 0xab, 1);
    g_assert_cmphex(get(POINTER, 4), ==, 0x1234ab78);
}

static void no_flash_reads_as_ones(void)
{
    start();
    g_assert_cmphex(nic_load(&t->mem_as, NIC_TEST_BARS + 2 * MiB, 4), ==, 0xffffffff);
}

static void power_management_declares_no_wake_up(void)
{
    start();
    g_assert_cmphex(nic_get_config(t, PCI_CAPABILITY_LIST, 1), ==, 0xdc);
    g_assert_cmphex(nic_get_config(t, 0xdc, 4), ==, 0x06220001);
    nic_config(t, 0xe0, 0x8103, 2); /* D3; PME bits don't exist */
    g_assert_cmphex(nic_get_config(t, 0xe0, 2), ==, 0x4003);
    g_assert_cmphex(nic_get_config(t, 0xe3, 1), ==, 58);
}

static void asleep_it_answers_in_configuration_space_only(void)
{
    MemTxResult result;

    start();
    put(POINTER, 0x1000, 4);
    nic_config(t, 0xe0, 1, 2);
    address_space_ldl_le(&t->mem_as, CSR, MEMTXATTRS_UNSPECIFIED, &result);
    g_assert_cmpuint(result, !=, MEMTX_OK);
    nic_config(t, 0xe0, 0, 2);
    g_assert_cmphex(get(POINTER, 4), ==, 0x1000);
    nic_config(t, 0xe0, 3, 2);
    nic_config(t, 0xe0, 0, 2);
    g_assert_cmphex(get(POINTER, 4), ==, 0); /* reset on the way from D3 */
}

/* --- EEPROM --- */

static bool eeprom_clock(bool bit)
{
    uint8_t level = 2 | (bit ? 4 : 0);

    put(EEPROM, level, 1);
    put(EEPROM, level | 1, 1);
    bit = get(EEPROM, 1) & 8;
    put(EEPROM, level, 1);
    return bit;
}

/* Start bit, opcode and address; the output while the last bit is clocked. */
static bool eeprom_command(unsigned opcode_and_address)
{
    bool last = true;

    put(EEPROM, 0, 1);
    put(EEPROM, 2, 1);
    eeprom_clock(1);
    for (int i = 7; i >= 0; i--) {
        last = eeprom_clock(opcode_and_address >> i & 1);
    }
    return last;
}

static uint16_t eeprom_bits(void)
{
    uint16_t value = 0;

    for (int i = 0; i < 16; i++) {
        value = value << 1 | eeprom_clock(0);
    }
    return value;
}

static uint16_t eeprom_word(unsigned address)
{
    g_assert_false(eeprom_command(0x80 | address)); /* the dummy 0 */
    return eeprom_bits();
}

static void eeprom_write(unsigned address, uint16_t value)
{
    eeprom_command(0x40 | address);
    for (int i = 15; i >= 0; i--) {
        eeprom_clock(value >> i & 1);
    }
    put(EEPROM, 0, 1);
    put(EEPROM, 2, 1);
    g_assert_true(get(EEPROM, 1) & 8); /* ready */
}

static void the_eeprom_holds_the_address_and_sums_up(void)
{
    uint16_t sum = 0;

    start();
    for (int i = 0; i < 64; i++) {
        sum += eeprom_word(i);
    }
    g_assert_cmphex(sum, ==, 0xbaba);
    g_assert_cmphex(eeprom_word(0), ==, 0x1102);
    g_assert_cmphex(eeprom_word(1), ==, 0x3322);
    g_assert_cmphex(eeprom_word(2), ==, 0x5544);
    g_assert_cmphex(eeprom_bits(), ==, 0x0000); /* and goes on with word 3 */
    eeprom_bits();
    g_assert_cmphex(eeprom_bits(), ==, 0x0001);
}

static void the_eeprom_is_written_when_enabled(void)
{
    start();
    eeprom_write(0x20, 0x1234);
    g_assert_cmphex(eeprom_word(0x20), ==, 0x0000);
    eeprom_command(0x30);
    eeprom_write(0x20, 0x1234);
    g_assert_cmphex(eeprom_word(0x20), ==, 0x1234);
    eeprom_command(0xc0 | 0x20); /* erase */
    put(EEPROM, 0, 1);
    g_assert_cmphex(eeprom_word(0x20), ==, 0xffff);
    eeprom_command(0x00);
    eeprom_write(0x20, 0x5678);
    g_assert_cmphex(eeprom_word(0x20), ==, 0xffff);
}

static void a_reset_keeps_the_eeprom_and_reads_the_address_from_it(void)
{
    start();
    eeprom_command(0x30);
    eeprom_write(2, 0x7766);
    device_cold_reset(DEVICE(t->dev));
    nic_test_enable(t, 1);
    g_assert_cmphex(eeprom_word(2), ==, 0x7766);
    start_receiving(4);
    arrive(60, (const uint8_t[]){ 2, 0x11, 0x22, 0x33, 0x66, 0x77 });
    g_assert_cmphex(word(RFA), ==, COMPLETE | 0x20);
}

/* --- MDI --- */

static void mdi_reaches_the_phy_at_address_1(void)
{
    start();
    g_assert_cmphex(mdi(2, 1, 2, 0), ==, 0x02a8);
    g_assert_cmphex(mdi(2, 1, 3, 0), ==, 0x0154);
    g_assert_cmphex(mdi(2, 0, 2, 0), ==, 0xffff);
    g_assert_cmphex(mdi(2, 17, 2, 0), ==, 0xffff);
    mdi(1, 1, 4, 0x0061);
    g_assert_cmphex(mdi(2, 1, 4, 0), ==, 0x0061);
    mdi(1, 1, 0, 0x8000);
    g_assert_cmphex(mdi(2, 1, 0, 0), ==, 0x3000);
    g_assert_cmphex(mdi(2, 1, 4, 0), ==, 0x05e1);
}

static void mdi_starts_with_its_highest_byte(void)
{
    start();
    put(MDI, 0, 2);
    put(MDI + 2, 1 << 5 | 2, 1); /* PHY 1, register 2 */
    g_assert_cmphex(get(MDI, 2), ==, 0);
    put(MDI + 3, 2 << 2, 1);
    g_assert_cmphex(get(MDI, 2), ==, 0x02a8);
}

static void mdi_interrupts_if_asked(void)
{
    start();
    mdi(2, 1, 2, 0);
    g_assert_cmphex(get(CAUSES, 1), ==, 0);
    put(MDI, 1u << 29 | 2 << 26 | 1 << 21 | 2 << 16, 4);
    g_assert_cmphex(get(CAUSES, 1), ==, MDI_DONE);
    g_assert_cmpint(t->irq, ==, 1);
}

static void the_link_follows_set_link(void)
{
    start();
    g_assert_cmphex(mdi(2, 1, 1, 0), ==, 0x782d);
    g_assert_cmphex(get(GENERAL_STATUS, 1), ==, 7);
    net_set_link(t->cable->name, false, &error_abort);
    g_assert_cmphex(mdi(2, 1, 1, 0), ==, 0x7809);
    g_assert_cmphex(get(GENERAL_STATUS, 1), ==, 0);
    net_set_link(t->cable->name, false, &error_abort);
    net_set_link(t->cable->name, true, &error_abort);
    net_set_link(t->cable->name, false, &error_abort);
    net_set_link(t->cable->name, true, &error_abort);
    g_assert_cmphex(mdi(2, 1, 1, 0) & 4, ==, 0); /* it was lost meanwhile */
    g_assert_cmphex(mdi(2, 1, 1, 0) & 4, ==, 4);
}

static void without_a_cable_there_is_no_link(void)
{
    start_with(TYPE_I82559ER, false);
    g_assert_cmphex(mdi(2, 1, 1, 0) & 4, ==, 0);
}

static void the_mode_is_negotiated(void)
{
    start();
    mdi(1, 1, 4, 0x0021 | 0x0080);
    g_assert_cmphex(get(GENERAL_STATUS, 1), ==, 3); /* 100 Mbps half duplex */
    mdi(1, 1, 0, 0x0100);
    g_assert_cmphex(get(GENERAL_STATUS, 1), ==, 5); /* forced: 10 Mbps full duplex */
    g_assert_cmphex(mdi(2, 1, 1, 0) & 0x20, ==, 0);
}

/* --- interrupts --- */

static void causes_are_cleared_by_ones(void)
{
    start();
    block(0, EL | I | NOP);
    command(CU_START, CBL);
    g_assert_cmpint(t->irq, ==, 1);
    put(CAUSES, CX, 1);
    g_assert_cmphex(get(CAUSES, 1), ==, CNA);
    g_assert_cmpint(t->irq, ==, 1);
    put(CAUSES, CNA, 1);
    g_assert_cmpint(t->irq, ==, 0);
}

static void masks_hold_the_line_back(void)
{
    start();
    put(MASKS, 0x01, 1);
    block(0, EL | NOP);
    command(CU_START, CBL);
    g_assert_cmphex(get(CAUSES, 1), ==, CNA);
    g_assert_cmpint(t->irq, ==, 0);
    put(MASKS, 0x20, 1);
    g_assert_cmpint(t->irq, ==, 0);
    put(MASKS, 0xdc, 1);
    g_assert_cmpint(t->irq, ==, 1);
    put(MASKS, 0, 1);
    g_assert_cmpint(t->irq, ==, 1);
}

static void the_82557_has_one_mask_only(void)
{
    start_with("i82557b", true);
    put(MASKS, 0xfc, 1);
    g_assert_cmphex(get(MASKS, 1), ==, 0);
    block(0, EL | NOP);
    command(CU_START, CBL);
    g_assert_cmpint(t->irq, ==, 1);
}

static void software_interrupts_itself(void)
{
    start();
    put(MASKS, 0x02, 1);
    g_assert_cmphex(get(CAUSES, 1), ==, SWI);
    g_assert_cmphex(get(MASKS, 1), ==, 0);
    g_assert_cmpint(t->irq, ==, 1);
    put(CAUSES, SWI, 1);
    put(MASKS, 0x03, 1);
    g_assert_cmpint(t->irq, ==, 0);
}

/* --- counters --- */

static void dumps_are_as_long_as_configured(void)
{
    static const struct { const char *type; uint8_t set, clear; unsigned counters; } cases[] = {
        { "i82557b", 0x04, 0x20, 16 }, { "i82558b", 0, 0, 16 }, { "i82558b", 0x04, 0x20, 19 },
        { "i82559er", 0, 0, 16 }, { "i82559er", 0, 0x20, 19 }, { "i82559er", 0x04, 0, 20 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        start_with(cases[i].type, true);
        configure(6, cases[i].set, cases[i].clear);
        memset(nic_memory(t, DUMP_AREA), 0xee, 100);
        command(CU_COUNTERS, DUMP_AREA);
        command(CU_DUMP, 0);
        g_assert_cmphex(lword(DUMP_AREA + 4 * cases[i].counters), ==, 0xa005);
        g_assert_cmphex(lword(DUMP_AREA + 4 * cases[i].counters + 4), ==, 0xeeeeeeee);
    }
}

static void dump_and_reset_starts_counting_anew(void)
{
    start();
    start_receiving(4);
    arrive(60, own);
    command(CU_COUNTERS, DUMP_AREA);
    command(CU_DUMP_RESET, 0);
    g_assert_cmpuint(lword(DUMP_AREA + 4 * RX_GOOD), ==, 1);
    g_assert_cmphex(lword(DUMP_AREA + 64), ==, 0xa007);
    g_assert_cmpuint(counter(RX_GOOD), ==, 0);
}

static void a_dump_into_the_csr_gives_no_commands(void)
{
    start();
    for (int i = 0; i < CU_DUMP; i++) {
        start_receiving(2);
        arrive(60, own);
        command(RU_ABORT, 0);
    }
    g_assert_cmpuint(counter(RX_GOOD), ==, CU_DUMP);
    /* That counter's lowest byte would be the command to dump again. */
    command(CU_COUNTERS, CSR + COMMAND - 4 * RX_GOOD);
    command(CU_DUMP, 0);
    g_assert_cmpuint(counter(RX_GOOD), ==, CU_DUMP);
}

/* --- PORT --- */

static void self_test_reports_success(void)
{
    start();
    set_lword(DUMP_AREA + 4, 0xffffffff);
    put(PORT, DUMP_AREA | 1, 4);
    g_assert_cmphex(lword(DUMP_AREA), !=, 0);
    g_assert_cmphex(lword(DUMP_AREA + 4), ==, 0);
}

static void a_software_reset_forgets_everything(void)
{
    start();
    configure(15, 0x01, 0);
    start_receiving(4);
    put(MASKS, 1, 1);
    put(PORT, 0, 4);
    g_assert_cmphex(get(0, 4), ==, 0);
    g_assert_cmphex(get(POINTER, 4), ==, 0);
    g_assert_cmphex(status_of(other), ==, 0);
}

static void a_selective_reset_keeps_the_configuration(void)
{
    start();
    configure(15, 0x01, 0);
    start_receiving(4);
    put(PORT, 2, 4);
    g_assert_cmphex(get(STATUS, 1), ==, 0);
    g_assert_cmphex(status_of(other), ==, COMPLETE | 0x26);
}

static void port_acts_on_its_highest_byte(void)
{
    start();
    put(PORT, (DUMP_AREA & 0xffff) | 1, 2);
    g_assert_cmphex(lword(DUMP_AREA), ==, 0);
    put(PORT + 2, DUMP_AREA >> 16, 2);
    g_assert_cmphex(lword(DUMP_AREA), !=, 0);
}

static void dumps_show_the_configuration(void)
{
    uint32_t at;

    start();
    configure(15, 0x01, 0);
    at = block(0, EL | DUMP);
    set_lword(at + 8, DUMP_AREA);
    command(CU_START, at);
    g_assert_cmphex(*nic_memory(t, DUMP_AREA + 15), ==, 0xc9);
    memset(nic_memory(t, DUMP_AREA), 0, 64);
    put(PORT, DUMP_AREA | 3, 4);
    g_assert_cmphex(*nic_memory(t, DUMP_AREA + 15), ==, 0xc9);
}

/* --- saved state --- */

static void a_copy_goes_on_where_the_original_was(void)
{
    NicTest *original;
    const VMStateDescription *vmsd;
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    VMStateReader reader;

    start();
    configure(15, 0x01, 0);
    start_receiving(4);
    arrive(60, own);
    eeprom_command(0x30);
    eeprom_write(0x20, 0x4321);
    block(0, NOP);
    set_lword(CBL + 4, CBL);
    command(CU_START, CBL);
    vmsd = DEVICE_GET_CLASS(t->dev)->vmsd;
    g_assert_cmpint(vmstate_save_state(bytes, vmsd, t->dev, &error_abort), ==, 0);

    original = t;
    start();
    memcpy(nic_memory(t, 0), nic_memory(original, 0), NIC_TEST_RAM);
    reader = (VMStateReader){ .data = bytes->data, .size = bytes->len };
    g_assert_cmpint(vmstate_load_state(&reader, vmsd, t->dev, &error_abort), ==, 0);
    g_assert_cmpuint(reader.pos, ==, reader.size);
    g_assert_cmphex(get(STATUS, 1), ==, CU_ACTIVE | RU_READY);
    arrive(60, other);
    g_assert_cmphex(word(RFA + 2048), ==, COMPLETE | 0x26);
    g_assert_cmphex(eeprom_word(0x20), ==, 0x4321);
    set_word(CBL + 2, EL);
    nic_test_turn();
    g_assert_cmphex(get(STATUS, 1), ==, CU_IDLE | RU_READY);
    g_assert_cmpuint(counter(RX_GOOD), ==, 2);
}

#define ROW(path, function) { "/i82557/" path, function }

static const NicTestCase tests[] = {
    ROW("pci/family", the_family_has_its_ids),
    ROW("pci/bars", bars_have_the_manuals_sizes),
    ROW("pci/csr-in-memory-and-io", the_csr_is_in_memory_and_in_io),
    ROW("pci/no-flash", no_flash_reads_as_ones),
    ROW("pci/no-wake-up", power_management_declares_no_wake_up),
    ROW("pci/asleep", asleep_it_answers_in_configuration_space_only),
    ROW("eeprom/address-and-sum", the_eeprom_holds_the_address_and_sums_up),
    ROW("eeprom/write", the_eeprom_is_written_when_enabled),
    ROW("eeprom/reset", a_reset_keeps_the_eeprom_and_reads_the_address_from_it),
    ROW("mdi/phy", mdi_reaches_the_phy_at_address_1),
    ROW("mdi/highest-byte", mdi_starts_with_its_highest_byte),
    ROW("mdi/interrupt", mdi_interrupts_if_asked),
    ROW("mdi/link", the_link_follows_set_link),
    ROW("mdi/no-cable", without_a_cable_there_is_no_link),
    ROW("mdi/mode", the_mode_is_negotiated),
    ROW("interrupt/acknowledge", causes_are_cleared_by_ones),
    ROW("interrupt/masks", masks_hold_the_line_back),
    ROW("interrupt/82557-mask", the_82557_has_one_mask_only),
    ROW("interrupt/software", software_interrupts_itself),
    ROW("counters/length", dumps_are_as_long_as_configured),
    ROW("counters/reset", dump_and_reset_starts_counting_anew),
    ROW("counters/dump-into-csr", a_dump_into_the_csr_gives_no_commands),
    ROW("port/self-test", self_test_reports_success),
    ROW("port/software-reset", a_software_reset_forgets_everything),
    ROW("port/selective-reset", a_selective_reset_keeps_the_configuration),
    ROW("port/highest-byte", port_acts_on_its_highest_byte),
    ROW("port/dump", dumps_show_the_configuration),
    ROW("state/copy", a_copy_goes_on_where_the_original_was),
};

int main(int argc, char **argv)
{
    return run_tests(&argc, &argv, tests, G_N_ELEMENTS(tests));
}
