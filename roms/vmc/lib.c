/*
 * The handful of library functions that the firmware uses.
 *
 * SPDX-License-Identifier: MIT
 */
#include "board.h"

unsigned long strlen(const char *s)
{
    unsigned long n = 0;

    while (s[n]) {
        n++;
    }
    return n;
}

int strcmp(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return (u8)*a - (u8)*b;
}

/* Words where both sides allow it: images are megabytes long. */
void *memcpy(void *d, const void *s, unsigned long n)
{
    u8 *to = d;
    const u8 *from = s;

    if (!(((u32)to | (u32)from) & 3)) {
        for (; n >= 4; n -= 4, to += 4, from += 4) {
            *(u32 *)to = *(const u32 *)from;
        }
    }
    while (n--) {
        *to++ = *from++;
    }
    return d;
}

void *memset(void *d, int c, unsigned long n)
{
    u8 *to = d;

    while (n--) {
        *to++ = c;
    }
    return d;
}

int memcmp(const void *a, const void *b, unsigned long n)
{
    const u8 *x = a, *y = b;

    for (; n; n--, x++, y++) {
        if (*x != *y) {
            return *x - *y;
        }
    }
    return 0;
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Hexadecimal, with or without 0x. 0 if `text` isn't a number of at most 32 bits. */
int parse_number(const char *text, u32 *value)
{
    u32 v = 0;

    if (text[0] == '0' && (text[1] | 0x20) == 'x') {
        text += 2;
    }
    if (!*text || strlen(text) > 8) {
        return 0;
    }
    for (; *text; text++) {
        int d = digit_value(*text);

        if (d < 0) {
            return 0;
        }
        v = v << 4 | d;
    }
    *value = v;
    return 1;
}

/* IEEE 802.3, as in image headers; start with crc = 0. */
u32 crc32(u32 crc, const void *data, u32 len)
{
    static const u32 nibble[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    const u8 *p = data;

    crc = ~crc;
    while (len--) {
        crc ^= *p++;
        crc = crc >> 4 ^ nibble[crc & 15];
        crc = crc >> 4 ^ nibble[crc & 15];
    }
    return ~crc;
}
