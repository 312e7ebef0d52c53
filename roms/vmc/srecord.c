/*
 * Motorola S-records from the console.
 *
 * SPDX-License-Identifier: MIT
 */
#include "board.h"

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10
         : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The next byte from the console, -1 if that is no hexadecimal number. */
static int get_byte(u8 *sum)
{
    int high = hex_digit(get_char()), low = high < 0 ? -1 : hex_digit(get_char());

    if (low < 0) {
        return -1;
    }
    *sum += high << 4 | low;
    return high << 4 | low;
}

typedef struct record {
    char type;
    u32 address, size;
    u8 data[256];
} record;

/* A record behind its S; 0 if it is damaged. */
static int get_record(record *rec)
{
    static const u8 address_bytes[] = { 2, 2, 3, 4, 0, 2, 0, 4, 3, 2 };
    u8 sum = 0;
    int count, byte, width;

    rec->type = get_char();
    count = get_byte(&sum);
    width = rec->type >= '0' && rec->type <= '9' ? address_bytes[rec->type - '0'] : 0;
    if (!width || count < width + 1) {
        return 0;
    }
    rec->address = 0;
    rec->size = 0;
    for (int i = 0; i < count; i++) {
        byte = get_byte(&sum);
        if (byte < 0) {
            return 0;
        }
        if (i < width) {
            rec->address = rec->address << 8 | byte;
        } else if (i < count - 1) {
            rec->data[rec->size++] = byte;
        }
    }
    return sum == 0xff;
}

/* Until an end record; control-C gives up. */
void load_records(u32 offset)
{
    record rec;
    u32 bytes = 0;

    print("send S-records\n");
    for (;;) {
        char c = get_char();

        if (c == 3) {
            print("given up\n");
            return;
        }
        if (c != 'S') {
            continue;
        }
        if (!get_record(&rec)) {
            print("a record is damaged\n");
            return;
        }
        if (rec.type >= '1' && rec.type <= '3') {
            u32 at = rec.address + offset;

            if (at >= free_memory() || rec.size > free_memory() - at) {
                print("%08x is not memory for programs\n", at);
                return;
            }
            memcpy((void *)at, rec.data, rec.size);
            bytes += rec.size;
        } else if (rec.type >= '7') {
            print("%x bytes, entry %08x\n", bytes, rec.address + offset);
            return;
        }
    }
}
