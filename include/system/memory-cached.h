/*
 * Cached access: for a piece of an address space that is accessed often (descriptor rings), what
 * answers there is looked up once.
 *
 * A cache goes on accessing the memory it found, whatever is mapped there since: who caches
 * listens for changes of the map (or the IOMMU) and makes the cache again. A cache of something
 * that isn't RAM looks up each access.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SYSTEM_MEMORY_CACHED_H
#define SYSTEM_MEMORY_CACHED_H

#include "system/memory.h"

typedef struct MemoryRegionCache {
    void *ptr; /* NULL: not memory */
    MemoryRegion *mr;
    hwaddr xlat; /* of the cache's start, in mr */
    hwaddr addr, len;
    AddressSpace *as;
    bool is_write;
} MemoryRegionCache;

#define MEMORY_REGION_CACHE_INVALID ((MemoryRegionCache){ 0 })

/*
 * How much of [addr, addr + len) the cache covers from its start on: up to where something else
 * answers. is_write: it will be written, too. Undone by address_space_cache_destroy().
 */
int64_t address_space_cache_init(MemoryRegionCache *cache, AddressSpace *as, hwaddr addr,
                                 hwaddr len, bool is_write);
/* [addr, addr + access_len) of the cache was written by pointer. */
void address_space_cache_invalidate(MemoryRegionCache *cache, hwaddr addr, hwaddr access_len);
/* An invalid cache, or one that is all zeros, may be destroyed. */
void address_space_cache_destroy(MemoryRegionCache *cache);

/* `addr` is an offset in the cache; the access must lie in it. */
MemTxResult address_space_read_cached(MemoryRegionCache *cache, hwaddr addr, void *buf, hwaddr len);
MemTxResult address_space_write_cached(MemoryRegionCache *cache, hwaddr addr, const void *buf,
                                       hwaddr len);
uint64_t address_space_ld_cached(MemoryRegionCache *cache, hwaddr addr, MemOp op, MemTxAttrs attrs,
                                 MemTxResult *result);
void address_space_st_cached(MemoryRegionCache *cache, hwaddr addr, uint64_t val, MemOp op,
                             MemTxAttrs attrs, MemTxResult *result);

/* ldl_be_phys_cached(cache, addr), address_space_ldl_be_cached(cache, addr, attrs, &result), … */
#define ADDRESS_SPACE_LDST_CACHED(name, type, suffix, op)                                          \
    static inline type address_space_ld##name##suffix##_cached(                                    \
        MemoryRegionCache *cache, hwaddr addr, MemTxAttrs attrs, MemTxResult *result)              \
    {                                                                                              \
        return (type)address_space_ld_cached(cache, addr, op, attrs, result);                      \
    }                                                                                              \
    static inline void address_space_st##name##suffix##_cached(                                    \
        MemoryRegionCache *cache, hwaddr addr, type val, MemTxAttrs attrs, MemTxResult *result)    \
    {                                                                                              \
        address_space_st_cached(cache, addr, val, op, attrs, result);                              \
    }                                                                                              \
    static inline type ld##name##suffix##_phys_cached(MemoryRegionCache *cache, hwaddr addr)       \
    {                                                                                              \
        return (type)address_space_ld_cached(cache, addr, op, MEMTXATTRS_UNSPECIFIED, NULL);       \
    }                                                                                              \
    static inline void st##name##suffix##_phys_cached(MemoryRegionCache *cache, hwaddr addr,       \
                                                      type val)                                    \
    {                                                                                              \
        address_space_st_cached(cache, addr, val, op, MEMTXATTRS_UNSPECIFIED, NULL);               \
    }

ADDRESS_SPACE_LDST_CACHED(uw, uint16_t, _be, MO_BEUW)
ADDRESS_SPACE_LDST_CACHED(uw, uint16_t, _le, MO_LEUW)
ADDRESS_SPACE_LDST_CACHED(w, uint16_t, _be, MO_BEUW)
ADDRESS_SPACE_LDST_CACHED(w, uint16_t, _le, MO_LEUW)
ADDRESS_SPACE_LDST_CACHED(l, uint32_t, _be, MO_BEUL)
ADDRESS_SPACE_LDST_CACHED(l, uint32_t, _le, MO_LEUL)
ADDRESS_SPACE_LDST_CACHED(q, uint64_t, _be, MO_BEUQ)
ADDRESS_SPACE_LDST_CACHED(q, uint64_t, _le, MO_LEUQ)
ADDRESS_SPACE_LDST_CACHED(ub, uint8_t, , MO_8)
ADDRESS_SPACE_LDST_CACHED(b, uint8_t, , MO_8)

#undef ADDRESS_SPACE_LDST_CACHED

#endif
