/*
 * The telnet protocol as far as a serial line needs it (RFC 854, 856, 857, 858).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CHARDEV_CHAR_TELNET_H
#define CHARDEV_CHAR_TELNET_H

#include "qemu/osdep.h"

typedef struct TelnetState {
    uint8_t state; /* of the command parser */
} TelnetState;

/* Resets the parser and sends our offers: we echo, no go-ahead, binary both ways. */
void telnet_start(TelnetState *t, int fd);
/*
 * Takes commands out of buf in place, up to a break at most: the number of data bytes left at the
 * start of buf. *used: how much of buf that was; *got_break: a break follows these bytes.
 */
int telnet_input(TelnetState *t, uint8_t *buf, int len, int *used, bool *got_break);
/* Appends to `out` what the other side has to get for that data, for a break. */
void telnet_output(GByteArray *out, const uint8_t *buf, int len);
void telnet_output_break(GByteArray *out);

#endif
