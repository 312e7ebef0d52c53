/*
 * Bump allocator for one translation: nothing is freed, everything is forgotten at once.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "tcg-internal.h"

#define CHUNK_SIZE (64 * KiB)

struct ArenaChunk {
    ArenaChunk *next;
    size_t size;
    uint8_t data[] QEMU_ALIGNED(16);
};

static ArenaChunk *chunk_new(size_t size)
{
    ArenaChunk *c = g_malloc(sizeof(*c) + size);

    c->next = NULL;
    c->size = size;
    return c;
}

/* Makes a chunk with room for `size` bytes current. */
static QEMU_COLD void arena_next_chunk(Arena *a, size_t size)
{
    ArenaChunk *next = a->current ? a->current->next : a->first;

    if (!next || next->size < size) {
        ArenaChunk *fresh = chunk_new(MAX(size, CHUNK_SIZE));

        fresh->next = next;
        if (a->current) {
            a->current->next = fresh;
        } else {
            a->first = fresh;
        }
        next = fresh;
    }
    a->current = next;
    a->used = 0;
}

void *arena_alloc(Arena *a, size_t size)
{
    void *p;

    size = ROUND_UP(size, 16);
    if (!a->current || a->current->size - a->used < size) {
        arena_next_chunk(a, size);
    }
    p = a->current->data + a->used;
    a->used += size;
    return memset(p, 0, size);
}

void arena_reset(Arena *a)
{
    a->current = a->first;
    a->used = 0;
}

void arena_free(Arena *a)
{
    while (a->first) {
        ArenaChunk *next = a->first->next;

        g_free(a->first);
        a->first = next;
    }
    a->current = NULL;
}
