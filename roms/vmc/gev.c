/*
 * The global environment in NVRAM: variables for operating systems, in the PReP partition.
 *
 * The header says where they are. Each is "NAME=VALUE" and a zero, an empty one is the end.
 *
 * Reference: PowerPC Reference Platform Specification 1.1, NVRAM; PPCBug Firmware Package User's
 * Manual, GEV.
 *
 * SPDX-License-Identifier: MIT
 */
#include "board.h"

#define PARTITION  0x1000
#define CRC1       0x04
#define LAST_OS    0x08
#define ENDIAN     0x09
#define GE_ADDRESS 0xc4
#define GE_LENGTH  0xc8
#define OS_AREA    0xe8
#define HEADER     0xf8
#define GE_SIZE    0xe08 /* of an environment that is made anew */

typedef struct area {
    u32 start, end;
} area;

static u32 nvram_long(u32 at)
{
    return (u32)nvram_byte(at) << 24 | nvram_byte(at + 1) << 16 | nvram_byte(at + 2) << 8 |
           nvram_byte(at + 3);
}

static void set_nvram_long(u32 at, u32 value)
{
    for (u32 i = 0; i < 4; i++) {
        set_nvram_byte(at + i, value >> (24 - 8 * i));
    }
}

/* 0 after a message: there is no environment. */
static int find_area(area *a)
{
    u32 length = nvram_long(GE_LENGTH);

    a->start = nvram_long(GE_ADDRESS);
    a->end = a->start + length;
    if (a->start < HEADER || a->start >= PARTITION || length < 2 || length > PARTITION - a->start) {
        print("there is no environment in NVRAM; gevinit makes one\n");
        return 0;
    }
    return 1;
}

/* Behind the variable, or the area's end. */
static u32 next_variable(const area *a, u32 at)
{
    while (at < a->end && nvram_byte(at)) {
        at++;
    }
    return at < a->end ? at + 1 : at;
}

static u32 end_of_variables(const area *a)
{
    u32 at = a->start;

    while (at < a->end && nvram_byte(at)) {
        at = next_variable(a, at);
    }
    return at;
}

static int is_named(u32 at, const char *name)
{
    while (*name && nvram_byte(at) == (u8)*name) {
        at++;
        name++;
    }
    return !*name && nvram_byte(at) == '=';
}

/* 0: there is none. */
static u32 find_variable(const area *a, const char *name)
{
    for (u32 at = a->start; at < a->end && nvram_byte(at); at = next_variable(a, at)) {
        if (is_named(at, name)) {
            return at;
        }
    }
    return 0;
}

static void remove_variable(const area *a, u32 at)
{
    u32 from = next_variable(a, at);

    for (; at < a->end; at++, from++) {
        set_nvram_byte(at, from < a->end ? nvram_byte(from) : 0);
    }
}

static u32 append(u32 at, const char *text)
{
    while (*text) {
        set_nvram_byte(at++, *text++);
    }
    return at;
}

/* CRC-CCITT of the partition up to the variables' end, but for the checksums themselves. */
static void update_checksum(const area *a)
{
    u32 crc = 0xffff;

    for (u32 at = 0; at < a->end; at++) {
        if (at >= CRC1 && at < LAST_OS) {
            continue;
        }
        crc ^= (u32)nvram_byte(at) << 8;
        for (u32 bit = 0; bit < 8; bit++) {
            crc = (crc << 1 ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
        }
    }
    set_nvram_byte(CRC1, crc >> 8);
    set_nvram_byte(CRC1 + 1, crc);
}

void gev_show(const char *name)
{
    u32 count = 0;
    area a;

    if (!find_area(&a)) {
        return;
    }
    for (u32 at = a.start; at < a.end && nvram_byte(at); at = next_variable(&a, at)) {
        if (name && !is_named(at, name)) {
            continue;
        }
        for (u32 c = at; c < a.end && nvram_byte(c); c++) {
            put_char(nvram_byte(c));
        }
        print("\n");
        count++;
    }
    if (name && !count) {
        print("'%s' is not there\n", name);
    } else if (!name) {
        u32 used = end_of_variables(&a) - a.start;

        print("%u variables, %u bytes, %u free\n", count, used, a.end - a.start - used);
    }
}

void gev_edit(const char *name, const char *value)
{
    u32 old, at, needed = strlen(name) + strlen(value) + 3; /* with the empty one behind it */
    area a;

    if (!find_area(&a)) {
        return;
    }
    old = find_variable(&a, name);
    if (end_of_variables(&a) - (old ? next_variable(&a, old) - old : 0) + needed > a.end) {
        print("there is no room for it\n");
        return;
    }
    if (old) {
        remove_variable(&a, old);
    }
    at = append(append(append(end_of_variables(&a), name), "="), value);
    set_nvram_byte(at, 0);
    set_nvram_byte(at + 1, 0);
    update_checksum(&a);
}

void gev_delete(const char *name)
{
    area a;
    u32 at;

    if (!find_area(&a)) {
        return;
    }
    at = find_variable(&a, name);
    if (!at) {
        print("'%s' is not there\n", name);
        return;
    }
    remove_variable(&a, at);
    update_checksum(&a);
}

void gev_init(void)
{
    area a = { HEADER, HEADER + GE_SIZE };

    for (u32 at = 0; at < PARTITION; at++) {
        set_nvram_byte(at, 0);
    }
    set_nvram_byte(1, PARTITION / 1024);
    set_nvram_byte(2, 1);
    set_nvram_byte(LAST_OS, 1);
    set_nvram_byte(ENDIAN, 'B');
    set_nvram_long(GE_ADDRESS, a.start);
    set_nvram_long(GE_LENGTH, GE_SIZE);
    set_nvram_long(0xd4, PARTITION);
    set_nvram_long(OS_AREA, a.end);
    set_nvram_long(OS_AREA + 4, PARTITION - a.end);
    update_checksum(&a);
}
