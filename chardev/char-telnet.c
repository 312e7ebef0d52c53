/*
 * The telnet protocol as far as a serial line needs it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <sys/socket.h>
#include "char-telnet.h"

enum {
    OPT_BINARY = 0,
    OPT_ECHO = 1,
    OPT_SUPPRESS_GO_AHEAD = 3,
    IAC_SE = 240,
    IAC_BREAK = 243,
    IAC_SB = 250,
    IAC_WILL = 251,
    IAC_DO = 253,
    IAC_DONT = 254,
    IAC = 255,
};

enum { IN_DATA, IN_IAC, IN_OPTION, IN_SUBNEGOTIATION, IN_SUB_IAC };

void telnet_start(TelnetState *t, int fd)
{
    static const uint8_t offers[] = {
        IAC, IAC_WILL, OPT_ECHO,   IAC, IAC_WILL, OPT_SUPPRESS_GO_AHEAD,
        IAC, IAC_WILL, OPT_BINARY, IAC, IAC_DO,   OPT_BINARY,
    };

    t->state = IN_DATA;
    if (send(fd, offers, sizeof(offers), MSG_NOSIGNAL) < 0) {
        return; /* the reader will find out that the other side has gone */
    }
}

/* The state after `ch` behind an IAC; *data: it is data after all. */
static int after_iac(uint8_t ch, bool *data, bool *got_break)
{
    switch (ch) {
    case IAC:
        *data = true;
        return IN_DATA;
    case IAC_BREAK:
        *got_break = true;
        return IN_DATA;
    case IAC_SB:
        return IN_SUBNEGOTIATION;
    default:
        return ch >= IAC_WILL && ch <= IAC_DONT ? IN_OPTION : IN_DATA;
    }
}

int telnet_input(TelnetState *t, uint8_t *buf, int len, int *used, bool *got_break)
{
    int out = 0, i;

    *got_break = false;
    for (i = 0; i < len && !*got_break; i++) {
        uint8_t ch = buf[i];
        bool data = false;

        switch (t->state) {
        case IN_DATA:
            data = ch != IAC;
            t->state = data ? IN_DATA : IN_IAC;
            break;
        case IN_IAC:
            t->state = after_iac(ch, &data, got_break);
            break;
        case IN_OPTION:
            t->state = IN_DATA;
            break;
        case IN_SUBNEGOTIATION:
            t->state = ch == IAC ? IN_SUB_IAC : IN_SUBNEGOTIATION;
            break;
        case IN_SUB_IAC:
            t->state = ch == IAC_SE ? IN_DATA : IN_SUBNEGOTIATION;
            break;
        }
        if (data) {
            buf[out++] = ch;
        }
    }
    *used = i;
    return out;
}

/* 0xff as data is sent twice. */
void telnet_output(GByteArray *out, const uint8_t *buf, int len)
{
    static const uint8_t twin = IAC;

    while (len > 0) {
        const uint8_t *iac = memchr(buf, IAC, len);
        int n = iac ? iac - buf + 1 : len;

        g_byte_array_append(out, buf, n);
        if (iac) {
            g_byte_array_append(out, &twin, 1);
        }
        buf += n;
        len -= n;
    }
}

void telnet_output_break(GByteArray *out)
{
    static const uint8_t command[] = { IAC, IAC_BREAK };

    g_byte_array_append(out, command, sizeof(command));
}
