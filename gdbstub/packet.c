/*
 * GDB's remote serial protocol: packets out of bytes, and bytes out of packets.
 *
 * Reference: the GDB manual, appendix "GDB Remote Serial Protocol", "Overview".
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "packet.h"

enum { IDLE, DATA, ESCAPED, SUM_1, SUM_2 };

#define ESCAPE      '}'
#define ESCAPE_XOR  0x20
#define INTERRUPT   0x03

void gdb_parser_init(GdbParser *p)
{
    p->data = g_string_new(NULL);
    gdb_parser_reset(p);
}

void gdb_parser_clear(GdbParser *p)
{
    g_string_free(p->data, TRUE);
    p->data = NULL;
}

static void begin(GdbParser *p)
{
    g_string_truncate(p->data, 0);
    p->length = 0;
    p->sum = 0;
    p->state = DATA;
}

void gdb_parser_reset(GdbParser *p)
{
    begin(p);
    p->state = IDLE;
}

static GdbInput idle_byte(GdbParser *p, uint8_t byte)
{
    switch (byte) {
    case '$':
        begin(p);
        return GDB_INPUT_NONE;
    case '+':
        return GDB_INPUT_ACK;
    case '-':
        return GDB_INPUT_NACK;
    case INTERRUPT:
        return GDB_INPUT_INTERRUPT;
    default:
        return GDB_INPUT_NONE;
    }
}

static void data_byte(GdbParser *p, uint8_t byte)
{
    if (byte == '$' && p->state == DATA) { /* the end of the packet before got lost */
        begin(p);
        return;
    }
    if (byte == '#' && p->state == DATA) {
        p->state = SUM_1;
        return;
    }
    p->sum += byte;
    p->length++;
    if (p->state == DATA && byte == ESCAPE) {
        p->state = ESCAPED;
        return;
    }
    if (p->length <= GDB_MAX_PACKET) {
        g_string_append_c(p->data, p->state == ESCAPED ? byte ^ ESCAPE_XOR : byte);
    }
    p->state = DATA;
}

static GdbInput end_of_packet(GdbParser *p, uint8_t byte)
{
    int low = g_ascii_xdigit_value(byte);

    p->state = IDLE;
    if (p->digit < 0 || low < 0 || p->sum != p->digit * 16 + low) {
        return GDB_INPUT_BAD;
    }
    return p->length > GDB_MAX_PACKET ? GDB_INPUT_TOO_LONG : GDB_INPUT_PACKET;
}

GdbInput gdb_parse_byte(GdbParser *p, uint8_t byte)
{
    switch (p->state) {
    case IDLE:
        return idle_byte(p, byte);
    case SUM_1:
    case SUM_2:
        if (byte == '$') { /* cut off */
            begin(p);
            return GDB_INPUT_NONE;
        }
        if (p->state == SUM_2) {
            return end_of_packet(p, byte);
        }
        p->digit = g_ascii_xdigit_value(byte);
        p->state = SUM_2;
        return GDB_INPUT_NONE;
    default:
        data_byte(p, byte);
        return GDB_INPUT_NONE;
    }
}

/* ---- Output ---- */

void gdb_append_escaped(GString *out, const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = data[i];

        if (c == '$' || c == '#' || c == ESCAPE || c == '*') {
            g_string_append_c(out, ESCAPE);
            c ^= ESCAPE_XOR;
        }
        g_string_append_c(out, c);
    }
}

void gdb_append_packet(GString *out, const char *data, size_t len)
{
    uint8_t sum = 0;

    for (size_t i = 0; i < len; i++) {
        sum += (uint8_t)data[i];
    }
    g_string_append_c(out, '$');
    g_string_append_len(out, data, len);
    g_string_append_printf(out, "#%02x", sum);
}

/* ---- Numbers ---- */

void gdb_append_hex(GString *out, const void *data, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *p = data;

    for (size_t i = 0; i < len; i++) {
        g_string_append_c(out, digits[p[i] >> 4]);
        g_string_append_c(out, digits[p[i] & 15]);
    }
}

bool gdb_parse_hex(const char *text, void *data, size_t len)
{
    uint8_t *p = data;

    for (size_t i = 0; i < len; i++) {
        int high = g_ascii_xdigit_value(text[2 * i]);
        int low = high < 0 ? -1 : g_ascii_xdigit_value(text[2 * i + 1]);

        if (low < 0) {
            return false;
        }
        p[i] = high << 4 | low;
    }
    return true;
}

bool gdb_parse_number(const char **text, uint64_t *value)
{
    const char *p = *text;
    int digit;

    *value = 0;
    while ((digit = g_ascii_xdigit_value(*p)) >= 0) {
        if (*value >> 60) {
            return false;
        }
        *value = *value << 4 | digit;
        p++;
    }
    if (p == *text) {
        return false;
    }
    *text = p;
    return true;
}

bool gdb_parse_char(const char **text, char c)
{
    if (**text != c) {
        return false;
    }
    (*text)++;
    return true;
}
