/*
 * GDB's remote serial protocol: packets out of bytes, and bytes out of packets.
 *
 * A packet is $DATA#XX, XX the sum of DATA's bytes in hex. In DATA, } means: the next byte xor
 * 0x20. Between packets stand + and - (got it, send again) and the byte 3 (stop the program).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef GDBSTUB_PACKET_H
#define GDBSTUB_PACKET_H

#include "qemu/osdep.h"

/*
 * The longest packet, in bytes of data as they are sent: the debugger is told this number, packets
 * up to it are taken, and answers are no longer.
 */
#define GDB_MAX_PACKET 0x4000

typedef enum GdbInput {
    GDB_INPUT_NONE,     /* nothing to do yet */
    GDB_INPUT_PACKET,   /* a whole packet: parser->data, escapes resolved */
    GDB_INPUT_BAD,      /* a packet whose sum is wrong */
    GDB_INPUT_TOO_LONG, /* a packet that was dropped because of its size */
    GDB_INPUT_ACK,
    GDB_INPUT_NACK,
    GDB_INPUT_INTERRUPT,
} GdbInput;

typedef struct GdbParser {
    int state;
    GString *data; /* ends with a NUL that isn't counted */
    size_t length; /* bytes so far, escapes counted */
    uint8_t sum;
    int digit;     /* the first of the sum's two digits, -1 if it was none */
} GdbParser;

void gdb_parser_init(GdbParser *p);
void gdb_parser_clear(GdbParser *p);
/* Forgets a packet that has begun. */
void gdb_parser_reset(GdbParser *p);
GdbInput gdb_parse_byte(GdbParser *p, uint8_t byte);

/* Appends data with the bytes escaped that mean something in a packet. */
void gdb_append_escaped(GString *out, const char *data, size_t len);
/* Appends the packet with this data (which has been escaped where it must be). */
void gdb_append_packet(GString *out, const char *data, size_t len);

void gdb_append_hex(GString *out, const void *data, size_t len);
/* Decodes 2 * len digits; false if there are fewer or one is no digit. */
bool gdb_parse_hex(const char *text, void *data, size_t len);
/*
 * A number of hex digits at *text, which moves behind it; false if there is none or it is too big.
 */
bool gdb_parse_number(const char **text, uint64_t *value);
/* The character `c` at *text, which moves behind it. */
bool gdb_parse_char(const char **text, char c);

#endif
