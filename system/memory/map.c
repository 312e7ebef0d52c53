/*
 * Mapping guest memory for DMA: direct pointers where there is RAM, bounce buffers elsewhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "internal.h"

/*
 * Bounce buffers in use at once, and the size of one: a limit to what a guest can make us
 * allocate.
 */
#define MAX_BOUNCE_BUFFERS 16
#define BOUNCE_BUFFER_SIZE TARGET_PAGE_SIZE

typedef struct BounceBuffer {
    void *buffer; /* NULL: free */
    hwaddr addr;
    MemTxAttrs attrs;
} BounceBuffer;

static BounceBuffer bounce[MAX_BOUNCE_BUFFERS];
static GMutex bounce_lock;

/* The slot whose buffer this is (NULL: a free one), or NULL. Lock held. */
static BounceBuffer *find_bounce(const void *buffer)
{
    for (BounceBuffer *b = bounce; b < bounce + MAX_BOUNCE_BUFFERS; b++) {
        if (b->buffer == buffer) {
            return b;
        }
    }
    return NULL;
}

static void *map_bounce(AddressSpace *as, hwaddr addr, hwaddr *plen, bool is_write,
                        MemTxAttrs attrs)
{
    void *buffer = g_malloc0(BOUNCE_BUFFER_SIZE);
    BounceBuffer *b;

    g_mutex_lock(&bounce_lock);
    b = find_bounce(NULL);
    if (b) {
        *b = (BounceBuffer){ buffer, addr, attrs };
    }
    g_mutex_unlock(&bounce_lock);
    if (!b) {
        g_free(buffer);
        *plen = 0;
        return NULL;
    }
    *plen = MIN(*plen, BOUNCE_BUFFER_SIZE);
    if (!is_write) {
        address_space_read(as, addr, attrs, buffer, *plen);
    }
    return buffer;
}

void *address_space_map(AddressSpace *as, hwaddr addr, hwaddr *plen, bool is_write,
                        MemTxAttrs attrs)
{
    MemoryRegion *mr;
    hwaddr offset, len = *plen;

    if (!len) {
        return NULL;
    }
    WITH_RCU_READ_LOCK_GUARD()
    {
        mr = address_space_translate(as, addr, &offset, &len, is_write, attrs);
        if (memory_access_is_direct(mr, is_write)) {
            memory_region_ref(mr);
            *plen = len;
            return mr->ram_block->host + offset;
        }
    }
    return map_bounce(as, addr, plen, is_write, attrs);
}

/* Ends the use of a bounce buffer: true if it was one. */
static bool unmap_bounce(AddressSpace *as, void *buffer, bool is_write, hwaddr access_len)
{
    BounceBuffer *slot, b;

    g_mutex_lock(&bounce_lock);
    slot = find_bounce(buffer);
    if (slot) {
        b = *slot;
        slot->buffer = NULL;
    }
    g_mutex_unlock(&bounce_lock);
    if (!slot) {
        return false;
    }
    if (is_write) {
        address_space_write(as, b.addr, b.attrs, buffer, access_len);
    }
    g_free(buffer);
    return true;
}

void address_space_unmap(AddressSpace *as, void *buffer, hwaddr len, bool is_write,
                         hwaddr access_len)
{
    ram_addr_t offset;
    MemoryRegion *mr;

    if (!buffer || unmap_bounce(as, buffer, is_write, access_len)) {
        return;
    }
    mr = memory_region_from_host(buffer, &offset);
    assert(mr && "address_space_unmap() of what was not mapped");
    if (is_write) {
        memory_region_set_dirty(mr, offset, access_len);
    }
    memory_region_unref(mr);
}
