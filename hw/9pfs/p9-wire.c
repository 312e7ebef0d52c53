/*
 * Numbers and strings of 9P messages: little-endian; strings have their length in front.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "p9-internal.h"

static uint64_t get(P9Reader *r, unsigned size)
{
    uint64_t value = 0;

    if (r->bad || (size_t)(r->end - r->at) < size) {
        r->bad = true;
        return 0;
    }
    for (unsigned i = 0; i < size; i++) {
        value |= (uint64_t)*r->at++ << 8 * i;
    }
    return value;
}

uint8_t p9_get8(P9Reader *r)
{
    return get(r, 1);
}

uint16_t p9_get16(P9Reader *r)
{
    return get(r, 2);
}

uint32_t p9_get32(P9Reader *r)
{
    return get(r, 4);
}

uint64_t p9_get64(P9Reader *r)
{
    return get(r, 8);
}

char *p9_get_string(P9Reader *r)
{
    size_t length = p9_get16(r);
    const uint8_t *text = r->at;

    if (r->bad || (size_t)(r->end - r->at) < length || memchr(text, 0, length)) {
        r->bad = true;
        return g_strdup("");
    }
    r->at += length;
    return g_strndup((const char *)text, length);
}

static void put(GByteArray *w, uint64_t value, unsigned size)
{
    uint8_t bytes[8];

    for (unsigned i = 0; i < size; i++) {
        bytes[i] = value >> 8 * i;
    }
    g_byte_array_append(w, bytes, size);
}

void p9_put8(GByteArray *w, uint8_t value)
{
    put(w, value, 1);
}

void p9_put16(GByteArray *w, uint16_t value)
{
    put(w, value, 2);
}

void p9_put32(GByteArray *w, uint32_t value)
{
    put(w, value, 4);
}

void p9_put64(GByteArray *w, uint64_t value)
{
    put(w, value, 8);
}

void p9_put_string(GByteArray *w, const char *text)
{
    size_t length = MIN(strlen(text), UINT16_MAX);

    put(w, length, 2);
    g_byte_array_append(w, (const uint8_t *)text, length);
}
