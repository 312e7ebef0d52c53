/*
 * CL-GD5446 on the ISA bus: registers, banks, the blitter, the cursor, one rule each.
 *
 * SPDX-License-Identifier: MIT
 */
#include "isa-test.h"
#include "ui/console.h"

enum { SEQ = 0x3c4, GFX = 0x3ce, CRT = 0x3d4 };
enum { BACKWARDS = 1, FED = 4, KEYED = 8, PIXEL_16 = 0x10, PATTERN = 0x40, EXPAND = 0x80 };
enum { COPY = 0x0d, XOR = 0x59, NOT_SOURCE = 0xd0 };

static ISADevice *card;
static AddressSpace memory;

static void put(uint16_t port, uint8_t index, uint8_t value)
{
    out(port, index);
    out(port + 1, value);
}

static uint8_t get(uint16_t port, uint8_t index)
{
    out(port, index);
    return in(port + 1);
}

static void reset(void)
{
    device_cold_reset(DEVICE(card));
    out(0x3c2, 0x03);
    put(SEQ, 6, 0x12);
    put(SEQ, 7, 0x11);    /* 8 bits a pixel */
    put(GFX, 0x0b, 0x20); /* banks in units of 16 KiB */
}

static uint8_t byte(uint32_t at)
{
    put(GFX, 9, at >> 14);
    return rd(&memory, 0xa0000 + (at & 0x3fff), MO_8);
}

static void store(uint32_t at, uint8_t value)
{
    put(GFX, 9, at >> 14);
    wr(&memory, 0xa0000 + (at & 0x3fff), value, MO_8);
}

static void number(uint8_t reg, uint32_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        put(GFX, reg + i, value >> 8 * i);
    }
}

/* width in bytes */
static void blit(uint32_t to, uint32_t from, unsigned width, unsigned height, unsigned pitch,
                 uint8_t mode, uint8_t rop)
{
    number(0x20, width - 1, 2);
    number(0x22, height - 1, 2);
    number(0x24, pitch, 2);
    number(0x26, pitch, 2);
    number(0x28, to, 3);
    number(0x2c, from, 3);
    put(GFX, 0x30, mode);
    put(GFX, 0x32, rop);
    put(GFX, 0x31, 2);
}

static void the_chip_says_what_it_is(void)
{
    reset();
    g_assert_cmphex(get(CRT, 0x27), ==, 0xb8);
    g_assert_cmphex(get(SEQ, 6), ==, 0x12);
    put(SEQ, 6, 0x00);
    g_assert_cmphex(get(SEQ, 6), ==, 0x0f);
    g_assert_cmphex(get(SEQ, 0x0f) & 0x98, ==, 0x98); /* 4 MiB */
    put(SEQ, 0x0f, 0);
    g_assert_cmphex(get(SEQ, 0x0f) & 0x98, ==, 0x98);
}

static void the_hidden_register_is_behind_four_reads(void)
{
    reset();
    out(0x3c6, 0xff);
    for (int i = 0; i < 4; i++) {
        g_assert_cmphex(in(0x3c6), ==, 0xff);
    }
    out(0x3c6, 0xc5);
    g_assert_cmphex(in(0x3c6), ==, 0xff);
    for (int i = 0; i < 3; i++) {
        in(0x3c6);
    }
    g_assert_cmphex(in(0x3c6), ==, 0xc5);
    g_assert_cmphex(in(0x3c6), ==, 0xff);
}

static void banks_move_the_window(void)
{
    reset();
    store(0x23456, 0x5a);
    put(GFX, 0x0b, 0); /* in units of 4 KiB */
    put(GFX, 9, 0x23456 >> 12);
    g_assert_cmphex(rd(&memory, 0xa0000 + (0x23456 & 0xfff), MO_8), ==, 0x5a);
    put(GFX, 0x0b, 0x01); /* the upper half has its own */
    put(GFX, 9, 0);
    put(GFX, 0x0a, 0x23456 >> 12);
    g_assert_cmphex(rd(&memory, 0xa8000 + (0x23456 & 0xfff), MO_8), ==, 0x5a);
    g_assert_cmphex(rd(&memory, 0xa0000 + (0x23456 & 0xfff), MO_8), ==, 0);
}

static void rectangles_are_copied_and_combined(void)
{
    reset();
    for (int i = 0; i < 4; i++) {
        store(0x1000 + i, 0x10 + i);
        store(0x1100 + i, 0x20 + i);
    }
    blit(0x2000, 0x1000, 4, 2, 0x100, 0, COPY);
    g_assert_cmphex(get(GFX, 0x31) & 0x09, ==, 0);
    g_assert_cmphex(byte(0x2003), ==, 0x13);
    g_assert_cmphex(byte(0x2100), ==, 0x20);
    g_assert_cmphex(byte(0x2004), ==, 0);
    blit(0x2000, 0x1000, 4, 1, 0x100, 0, XOR);
    g_assert_cmphex(byte(0x2003), ==, 0);
    blit(0x2000, 0x1000, 4, 1, 0x100, 0, NOT_SOURCE);
    g_assert_cmphex(byte(0x2001), ==, 0xee);
}

/* All sixteen operations against what their names say of two bits. */
static void raster_operations_are_those_of_the_manual(void)
{
    static const struct {
        uint8_t code, result; /* of source f0, destination cc */
    } rops[] = {
        { 0x00, 0x00 }, { 0x05, 0xc0 }, { 0x06, 0xcc }, { 0x09, 0x30 }, { 0x0b, 0x33 },
        { 0x0d, 0xf0 }, { 0x0e, 0xff }, { 0x50, 0x0c }, { 0x59, 0x3c }, { 0x6d, 0xfc },
        { 0x90, 0x03 }, { 0x95, 0xc3 }, { 0xad, 0xf3 }, { 0xd0, 0x0f }, { 0xd6, 0xcf },
        { 0xda, 0x3f },
    };

    reset();
    store(0x1000, 0xf0);
    for (size_t i = 0; i < ARRAY_SIZE(rops); i++) {
        store(0x2000, 0xcc);
        blit(0x2000, 0x1000, 1, 1, 1, 0, rops[i].code);
        g_assert_cmphex(byte(0x2000), ==, rops[i].result);
    }
}

static void overlapping_rectangles_move_up_backwards(void)
{
    reset();
    for (int i = 0; i < 8; i++) {
        store(0x1000 + i, i + 1);
    }
    blit(0x1009, 0x1007, 8, 1, 8, BACKWARDS, COPY);
    for (int i = 0; i < 8; i++) {
        g_assert_cmphex(byte(0x1002 + i), ==, i + 1);
    }
}

static void bits_become_colours(void)
{
    reset();
    put(GFX, 0, 0x11);
    put(GFX, 1, 0x22);
    store(0x1000, 0xa0);
    blit(0x2000, 0x1000, 4, 1, 4, EXPAND, COPY);
    g_assert_cmphex(byte(0x2000), ==, 0x22);
    g_assert_cmphex(byte(0x2001), ==, 0x11);
    g_assert_cmphex(byte(0x2002), ==, 0x22);
    store(0x2001, 0x77);
    blit(0x2000, 0x1000, 4, 1, 4, EXPAND | KEYED, COPY); /* zeros are transparent */
    g_assert_cmphex(byte(0x2001), ==, 0x77);
    put(GFX, 0x33, 2); /* inverted */
    blit(0x2000, 0x1000, 4, 1, 4, EXPAND | KEYED, COPY);
    g_assert_cmphex(byte(0x2001), ==, 0x22);
}

static void a_key_leaves_pixels_out(void)
{
    reset();
    put(GFX, 0x34, 0x34);
    put(GFX, 0x35, 0x12);
    number(0, 0, 1);
    for (int i = 0; i < 2; i++) {
        store(0x1000 + i, i ? 0x12 : 0x34); /* the key */
        store(0x1002 + i, 0x34);
        store(0x2000 + i, 0xff);
    }
    blit(0x2000, 0x1000, 4, 1, 4, KEYED | PIXEL_16, COPY);
    g_assert_cmphex(byte(0x2000), ==, 0xff);
    g_assert_cmphex(byte(0x2001), ==, 0xff);
    g_assert_cmphex(byte(0x2002), ==, 0x34);
}

static void patterns_repeat(void)
{
    reset();
    for (int i = 0; i < 64; i++) {
        store(0x1000 + i, i);
    }
    blit(0x2000, 0x1000 | 1, 10, 9, 16, PATTERN, COPY); /* begins with the second line */
    g_assert_cmphex(byte(0x2000), ==, 8);
    g_assert_cmphex(byte(0x2009), ==, 9);
    g_assert_cmphex(byte(0x2000 + 7 * 16), ==, 0);
    put(GFX, 1, 0x66);
    put(GFX, 0x33, 4);
    blit(0x3000, 0, 3, 2, 16, PATTERN | EXPAND, COPY); /* solid */
    g_assert_cmphex(byte(0x3012), ==, 0x66);
    g_assert_cmphex(byte(0x3013), ==, 0);
}

static void the_processor_feeds_whole_double_words(void)
{
    reset();
    store(0x2005, 0);
    blit(0x2000, 0, 5, 2, 16, FED, COPY);
    g_assert_cmphex(get(GFX, 0x31) & 0x09, ==, 0x09);
    for (int i = 0; i < 16; i++) {
        wr(&memory, 0xa0000, i + 1, MO_8);
    }
    g_assert_cmphex(get(GFX, 0x31) & 0x09, ==, 0);
    g_assert_cmphex(byte(0x2004), ==, 5);
    g_assert_cmphex(byte(0x2005), ==, 0);
    g_assert_cmphex(byte(0x2010), ==, 9);
}

static void registers_are_in_memory_too(void)
{
    reset();
    store(0x1000, 0x77);
    put(SEQ, 0x17, 0x04);
    wr(&memory, 0xb8008, 0, MO_LE | MO_32); /* one byte */
    wr(&memory, 0xb8010, 0x2000, MO_LE | MO_32);
    wr(&memory, 0xb8014, 0x1000, MO_LE | MO_32);
    wr(&memory, 0xb8018, 0, MO_8);
    wr(&memory, 0xb801a, COPY, MO_8);
    wr(&memory, 0xb8040, 2, MO_8);
    g_assert_cmphex(byte(0x2000), ==, 0x77);
    g_assert_cmphex(get(GFX, 0x29), ==, 0x20);
}

static void colour(uint8_t index, uint8_t red)
{
    out(0x3c8, index);
    out(0x3c9, red);
    out(0x3c9, 0);
    out(0x3c9, 0);
}

/* 64 by 32 pixels; a cursor of 32 by 32 at (8, 4), whose first dots are of all four kinds. */
static void the_cursor_lies_over_the_picture(void)
{
    const uint32_t pattern = 4 * MiB - 16 * KiB;
    Console *con = console_of_device(OBJECT(card), 0);
    const uint32_t *line;

    reset();
    put(CRT, 0x11, 0);
    put(CRT, 1, 7);
    put(CRT, 0x12, 31);
    put(CRT, 0x13, 8);
    colour(1, 0x3f);
    put(SEQ, 0x12, 2);
    colour(0, 0x10);
    colour(15, 0x20);
    put(SEQ, 0x12, 1);
    put(SEQ, 0x10, 1); /* 8 */
    out(SEQ, 0x11 | 4 << 5);
    out(SEQ + 1, 0);
    for (int i = 0; i < 64; i++) {
        store(4 * 64 + i, 1);
    }
    for (int i = 0; i < 256; i++) {
        store(pattern + i, 0);
    }
    store(pattern, 0xc0);
    store(pattern + 128, 0x60);
    console_refresh(con);
    g_assert_cmpuint(console_surface(con)->width, ==, 64);
    g_assert_cmpuint(console_surface(con)->height, ==, 32);
    line = surface_line(console_surface(con), 4);
    g_assert_cmphex(line[7] & 0xffffff, ==, 0xff0000);
    g_assert_cmphex(line[8] & 0xffffff, ==, 0x400000);
    g_assert_cmphex(line[9] & 0xffffff, ==, 0x800000);
    g_assert_cmphex(line[10] & 0xffffff, ==, 0x00ffff);
    g_assert_cmphex(line[11] & 0xffffff, ==, 0xff0000);
    put(SEQ, 0x12, 0);
    console_refresh(con);
    line = surface_line(console_surface(con), 4);
    g_assert_cmphex(line[8] & 0xffffff, ==, 0xff0000);
}

/* Any bytes at any register, and blits of them, do no harm; sanitizers look. */
static void random_guests(void)
{
    static const uint16_t ports[] = { 0x3c0, 0x3c2, 0x3c4, 0x3c5, 0x3c6, 0x3c8, 0x3c9, 0x3ce, 0x3cf,
                                      0x3d4, 0x3d5, 0x3da };
    static const uint8_t likely[] = { 0x06, 0x07, 0x11, 0x12, 0x31, 0x30, 0x0d };

    reset();
    test_isa_random(ports, ARRAY_SIZE(ports), likely, ARRAY_SIZE(likely), NULL);
    console_refresh(console_of_device(OBJECT(card), 0));
}

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
    test_isa_init();
    address_space_init(&memory, &test_memory, "memory");
    card = isa_create_simple(test_bus, "isa-cirrus-vga");
#define TEST(name) g_test_add_func("/cirrus/" #name, name)
    TEST(the_chip_says_what_it_is);
    TEST(the_hidden_register_is_behind_four_reads);
    TEST(banks_move_the_window);
    TEST(rectangles_are_copied_and_combined);
    TEST(raster_operations_are_those_of_the_manual);
    TEST(overlapping_rectangles_move_up_backwards);
    TEST(bits_become_colours);
    TEST(a_key_leaves_pixels_out);
    TEST(patterns_repeat);
    TEST(the_processor_feeds_whole_double_words);
    TEST(registers_are_in_memory_too);
    TEST(the_cursor_lies_over_the_picture);
    TEST(random_guests);
    return g_test_run();
}
