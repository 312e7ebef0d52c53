/*
 * Cached access: see system/memory-cached.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "internal.h"
#include "system/ram-access.h"
#include "system/memory-cached.h"

#define ATTRS MEMTXATTRS_UNSPECIFIED

/* An IOMMU translates page by page: those that lie one behind the other are one piece. */
static void join_pages(MemoryRegionCache *cache, hwaddr wanted)
{
    while (cache->len < wanted) {
        hwaddr xlat, len = wanted - cache->len;
        MemoryRegion *mr = address_space_translate(cache->as, cache->addr + cache->len, &xlat, &len,
                                                   cache->is_write, ATTRS);

        if (mr != cache->mr || xlat != cache->xlat + cache->len) {
            break;
        }
        cache->len += len;
    }
}

int64_t address_space_cache_init(MemoryRegionCache *cache, AddressSpace *as, hwaddr addr,
                                 hwaddr len, bool is_write)
{
    RCU_READ_LOCK_GUARD();

    assert(len && "a cache of nothing");
    *cache = (MemoryRegionCache){ .as = as, .addr = addr, .len = len, .is_write = is_write };
    cache->mr = address_space_translate(as, addr, &cache->xlat, &cache->len, is_write, ATTRS);
    if (memory_access_is_direct(cache->mr, is_write)) {
        join_pages(cache, len);
        memory_region_ref(cache->mr);
        cache->ptr = cache->mr->ram_block->host + cache->xlat;
    }
    return cache->len;
}

void address_space_cache_invalidate(MemoryRegionCache *cache, hwaddr addr, hwaddr access_len)
{
    assert(cache->is_write && "a cache for reading was written");
    if (cache->ptr) {
        memory_region_set_dirty(cache->mr, cache->xlat + addr, access_len);
    }
}

void address_space_cache_destroy(MemoryRegionCache *cache)
{
    if (cache->ptr) {
        memory_region_unref(cache->mr);
    }
    *cache = MEMORY_REGION_CACHE_INVALID;
}

static void check_bounds(const MemoryRegionCache *cache, hwaddr addr, hwaddr len)
{
    assert(addr <= cache->len && len <= cache->len - addr && "an access beyond its cache");
}

MemTxResult address_space_read_cached(MemoryRegionCache *cache, hwaddr addr, void *buf, hwaddr len)
{
    check_bounds(cache, addr, len);
    if (cache->ptr) {
        ram_read(buf, (uint8_t *)cache->ptr + addr, len);
        return MEMTX_OK;
    }
    return address_space_read(cache->as, cache->addr + addr, ATTRS, buf, len);
}

MemTxResult address_space_write_cached(MemoryRegionCache *cache, hwaddr addr, const void *buf,
                                       hwaddr len)
{
    check_bounds(cache, addr, len);
    assert(cache->is_write && "a cache for reading is written");
    if (cache->ptr) {
        ram_write((uint8_t *)cache->ptr + addr, buf, len);
        memory_region_set_dirty(cache->mr, cache->xlat + addr, len);
        return MEMTX_OK;
    }
    return address_space_write(cache->as, cache->addr + addr, ATTRS, buf, len);
}

static void set_result(MemTxResult *result, MemTxResult r)
{
    if (result) {
        *result = r;
    }
}

uint64_t address_space_ld_cached(MemoryRegionCache *cache, hwaddr addr, MemOp op, MemTxAttrs attrs,
                                 MemTxResult *result)
{
    uint64_t val;

    check_bounds(cache, addr, memop_size(op));
    if (!cache->ptr) {
        return address_space_ld(cache->as, cache->addr + addr, op, attrs, result);
    }
    set_result(result, memory_region_dispatch_read(cache->mr, cache->xlat + addr, &val, op, attrs));
    return val;
}

void address_space_st_cached(MemoryRegionCache *cache, hwaddr addr, uint64_t val, MemOp op,
                             MemTxAttrs attrs, MemTxResult *result)
{
    check_bounds(cache, addr, memop_size(op));
    assert(cache->is_write && "a cache for reading is written");
    if (!cache->ptr) {
        address_space_st(cache->as, cache->addr + addr, val, op, attrs, result);
        return;
    }
    set_result(result, memory_region_dispatch_write(cache->mr, cache->xlat + addr, val, op, attrs));
}
