/*
 * Memory access as devices do it: thin names over system/memory.h that order the access against
 * the CPUs' own.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SYSTEM_DMA_H
#define SYSTEM_DMA_H

#include "qemu/atomic.h"
#include "system/address-spaces.h"
#include "system/memory.h"

typedef uint64_t dma_addr_t;
#define DMA_ADDR_BITS 64
#define DMA_ADDR_FMT  "%" PRIx64

typedef enum DMADirection {
    DMA_DIRECTION_TO_DEVICE = 0,
    DMA_DIRECTION_FROM_DEVICE = 1, /* the device writes memory */
} DMADirection;

/* All accesses before are visible before all after. */
static inline void dma_barrier(void)
{
    smp_mb();
}

static inline MemTxResult dma_memory_rw(AddressSpace *as, dma_addr_t addr, void *buf,
                                        dma_addr_t len, DMADirection dir, MemTxAttrs attrs)
{
    dma_barrier();
    return address_space_rw(as, addr, attrs, buf, len, dir == DMA_DIRECTION_FROM_DEVICE);
}

static inline MemTxResult dma_memory_read(AddressSpace *as, dma_addr_t addr, void *buf,
                                          dma_addr_t len, MemTxAttrs attrs)
{
    return dma_memory_rw(as, addr, buf, len, DMA_DIRECTION_TO_DEVICE, attrs);
}

static inline MemTxResult dma_memory_write(AddressSpace *as, dma_addr_t addr, const void *buf,
                                           dma_addr_t len, MemTxAttrs attrs)
{
    return dma_memory_rw(as, addr, (void *)buf, len, DMA_DIRECTION_FROM_DEVICE, attrs);
}

static inline MemTxResult dma_memory_set(AddressSpace *as, dma_addr_t addr, uint8_t c,
                                         dma_addr_t len, MemTxAttrs attrs)
{
    dma_barrier();
    return address_space_set(as, addr, c, len, attrs);
}

static inline bool dma_memory_valid(AddressSpace *as, dma_addr_t addr, dma_addr_t len,
                                    DMADirection dir, MemTxAttrs attrs)
{
    return address_space_access_valid(as, addr, len, dir == DMA_DIRECTION_FROM_DEVICE, attrs);
}

static inline void *dma_memory_map(AddressSpace *as, dma_addr_t addr, dma_addr_t *len,
                                   DMADirection dir, MemTxAttrs attrs)
{
    return address_space_map(as, addr, len, dir == DMA_DIRECTION_FROM_DEVICE, attrs);
}

static inline void dma_memory_unmap(AddressSpace *as, void *buffer, dma_addr_t len,
                                    DMADirection dir, dma_addr_t access_len)
{
    address_space_unmap(as, buffer, len, dir == DMA_DIRECTION_FROM_DEVICE, access_len);
}

/* ldl_be_dma(as, addr, &val, attrs), stl_be_dma(as, addr, val, attrs), … */
#define DMA_LDST(name, type, suffix, op)                                                           \
    static inline MemTxResult ld##name##suffix##_dma(AddressSpace *as, dma_addr_t addr,            \
                                                     type *pval, MemTxAttrs attrs)                 \
    {                                                                                              \
        MemTxResult result;                                                                        \
        dma_barrier();                                                                             \
        *pval = (type)address_space_ld(as, addr, op, attrs, &result);                              \
        return result;                                                                             \
    }
#define DMA_ST(name, type, suffix, op)                                                             \
    static inline MemTxResult st##name##suffix##_dma(AddressSpace *as, dma_addr_t addr, type val,  \
                                                     MemTxAttrs attrs)                             \
    {                                                                                              \
        MemTxResult result;                                                                        \
        dma_barrier();                                                                             \
        address_space_st(as, addr, val, op, attrs, &result);                                       \
        return result;                                                                             \
    }

DMA_LDST(ub, uint8_t, , MO_8)
DMA_LDST(uw, uint16_t, _be, MO_BEUW)
DMA_LDST(uw, uint16_t, _le, MO_LEUW)
DMA_LDST(l, uint32_t, _be, MO_BEUL)
DMA_LDST(l, uint32_t, _le, MO_LEUL)
DMA_LDST(q, uint64_t, _be, MO_BEUQ)
DMA_LDST(q, uint64_t, _le, MO_LEUQ)
DMA_ST(b, uint8_t, , MO_8)
DMA_ST(w, uint16_t, _be, MO_BEUW)
DMA_ST(w, uint16_t, _le, MO_LEUW)
DMA_ST(l, uint32_t, _be, MO_BEUL)
DMA_ST(l, uint32_t, _le, MO_LEUL)
DMA_ST(q, uint64_t, _be, MO_BEUQ)
DMA_ST(q, uint64_t, _le, MO_LEUQ)

#undef DMA_LDST
#undef DMA_ST

/* Pieces of guest memory, in order. */
typedef struct ScatterGatherEntry {
    dma_addr_t base;
    dma_addr_t len;
} ScatterGatherEntry;

typedef struct QEMUSGList {
    ScatterGatherEntry *sg; /* nsg of them; they move when one is added */
    int nsg;
    dma_addr_t size; /* of all pieces, bytes */
    AddressSpace *as;
    DeviceState *dev;
    GArray *storage;
} QEMUSGList;

/* An empty list, for about alloc_hint pieces of `as`; dev (may be NULL) lives as long as it. */
void qemu_sglist_init(QEMUSGList *qsg, DeviceState *dev, int alloc_hint, AddressSpace *as);
void qemu_sglist_add(QEMUSGList *qsg, dma_addr_t base, dma_addr_t len);
void qemu_sglist_destroy(QEMUSGList *qsg);
/*
 * The guest reads (_read: its memory is written) or writes: copies at most `len` bytes between ptr
 * and the list, from its start. *residual (may be NULL): how much of the list is left.
 */
MemTxResult dma_buf_read(void *ptr, dma_addr_t len, dma_addr_t *residual, QEMUSGList *sg,
                         MemTxAttrs attrs);
MemTxResult dma_buf_write(void *ptr, dma_addr_t len, dma_addr_t *residual, QEMUSGList *sg,
                          MemTxAttrs attrs);

#endif
